package io.spindrift.restore;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * Reads the replica that {@code LITESTREAM_REPLICA_URL} names through the Litestream VFS, whose file is the first
 * argument: its latest state or, with an instant as second argument, an earlier one. Where the extension restores a file
 * beside its reading ({@code LITESTREAM_HYDRATION_PATH}) that is waited for. A process of its own, because the extension
 * reads its environment when it is loaded and brings a Go runtime.
 */
public final class LitestreamReader {
    private static final Duration HYDRATION = Duration.ofSeconds(30);

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
            if (arguments.length > 1) {
                statement.execute("PRAGMA litestream_time = '" + Instant.parse(arguments[1]) + "'");
            }
            System.out.println("content " + ContentHash.of(connection));
            System.out.println("txid " + value(statement, "SELECT litestream_txid()"));
            if (System.getenv("LITESTREAM_HYDRATION_PATH") != null) {
                await().atMost(HYDRATION)
                        .until(() -> value(statement, "PRAGMA litestream_hydration_progress"), "100.0"::equals);
            }
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
