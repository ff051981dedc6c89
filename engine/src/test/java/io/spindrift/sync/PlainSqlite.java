package io.spindrift.sync;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** SQLite without the engine, for tests to look at files or to interfere with them. */
public final class PlainSqlite {
    private PlainSqlite() {}

    /** Runs one statement on a connection of its own and answers its first column, if it has one. */
    public static String run(Path file, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            if (statement.execute(sql)) {
                try (ResultSet rows = statement.getResultSet()) {
                    return rows.next() ? rows.getString(1) : null;
                }
            }
            return null;
        }
    }

    /** How many committed frames of the write-ahead log are not in the file, and how many there are. */
    static int[] framesNotCopied(Path file) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(NOOP)")) {
            row.next();
            return new int[] {row.getInt(2) - row.getInt(3), row.getInt(2)};
        }
    }

    /** Copies the write-ahead log into the file, so that the file alone is the database. */
    public static void checkpoint(Path file) throws SQLException {
        run(file, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
}
