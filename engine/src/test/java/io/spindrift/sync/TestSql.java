package io.spindrift.sync;

import io.spindrift.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** SQL through a database's own connections. */
final class TestSql {
    private TestSql() {}

    /** Runs statements, each in auto-commit, on a connection of their own. */
    static void run(Database database, String... statements) throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            run(connection, statements);
        }
    }

    /** Runs statements on a connection. */
    static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The first column of the first row, as text. */
    static String value(Database database, String query) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }
}
