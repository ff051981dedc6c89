package io.spindrift.restore;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * Reads the replica that {@code LITESTREAM_REPLICA_URL} names through the Litestream VFS, whose file is the argument. A
 * process of its own, because the extension reads its environment when it is loaded and brings a Go runtime.
 */
public final class LitestreamReader {
    private LitestreamReader() {}

    public static void main(String[] arguments) throws Exception {
        SQLiteConfig loading = new SQLiteConfig();
        loading.enableLoadExtension(true);
        try (Connection connection = loading.createConnection("jdbc:sqlite::memory:");
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT load_extension('" + arguments[0].replace("'", "''") + "')");
        }
        SQLiteConfig reading = new SQLiteConfig();
        reading.setOpenMode(SQLiteOpenMode.OPEN_URI);
        try (Connection connection = reading.createConnection("jdbc:sqlite:file:replica.db?vfs=litestream");
                Statement statement = connection.createStatement()) {
            System.out.println("content " + ContentHash.of(connection));
            System.out.println("txid " + value(statement, "SELECT litestream_txid()"));
        }
        System.exit(0); // the Go runtime's threads would keep the process
    }

    private static String value(Statement statement, String query) throws Exception {
        try (ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
