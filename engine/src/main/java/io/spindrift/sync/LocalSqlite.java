package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.jdbc.ConnectionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteOpenMode;

/** Opens driver connections with the engine's pragmas. Thread-safe. */
public final class LocalSqlite {
    /** Connections that share {@code cache-size}: a usual pool. */
    private static final int CACHE_SHARES = 8;

    /** Older versions can lose the log when two connections write and checkpoint at the same instant. */
    private static final int OLDEST_SQLITE = 3_051_003;

    private final DatabaseConfig config;

    public LocalSqlite(DatabaseConfig config) {
        this.config = config;
    }

    /** Opens a connection for an application. */
    public SQLiteConnection open(ConnectionOptions options) throws SQLException {
        return open(options.readOnly(), options.busyTimeout());
    }

    /** Opens a connection; the database is in WAL mode already. A file that is missing is an error, not a new database. */
    SQLiteConnection open(boolean readOnly, Duration busyTimeout) throws SQLException {
        return open(readOnly, busyTimeout, false);
    }

    private SQLiteConnection open(boolean readOnly, Duration busyTimeout, boolean create) throws SQLException {
        SQLiteConfig sqlite = new SQLiteConfig();
        sqlite.setReadOnly(readOnly); // allows to create
        if (!create) {
            sqlite.resetOpenMode(SQLiteOpenMode.CREATE);
        }
        sqlite.setBusyTimeout((int) Math.min(Integer.MAX_VALUE, busyTimeout.toMillis()));
        sqlite.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
        sqlite.enforceForeignKeys(true);
        sqlite.setTempStore(SQLiteConfig.TempStore.MEMORY);
        sqlite.setCacheSize((int) -Math.max(1, config.cacheSize() / CACHE_SHARES / 1024));
        SQLiteConnection connection = (SQLiteConnection) sqlite.createConnection(url(config.path()));
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_autocheckpoint=0");
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    /**
     * Makes sure there is a database in WAL mode at the path. Nothing else may have it open.
     *
     * @throws SpindriftException if the file cannot be created or is not a database
     */
    void createOrConvert(Path path) throws IOException {
        try (SQLiteConnection connection = open(false, config.busyTimeout(), true);
                Statement statement = connection.createStatement()) {
            requireVersion(connection.libversion());
            String mode = answer(statement, "PRAGMA journal_mode=WAL");
            if (!"wal".equals(mode)) {
                throw new SpindriftException("The database " + path + " cannot be put into WAL mode (it stays in mode "
                        + mode + "); network file systems cannot, use a local disk");
            }
        } catch (SQLException e) {
            throw new SpindriftException("The database " + path + " cannot be opened or created: " + e.getMessage(), e);
        }
        // SQLite does not: a journal whose removal is lost with the power would be rolled back over what comes next.
        DurableFiles.forceFolder(path.toAbsolutePath().getParent());
    }

    /** Lets SQLite roll back a journal that lies beside the file, which nothing has open: it would at its next read. */
    void rollBackJournal(Path path) throws IOException {
        Path journal = path.resolveSibling(path.getFileName() + "-journal");
        if (Files.exists(path) && Files.exists(journal)) {
            try (SQLiteConnection connection = open(false, config.busyTimeout());
                    Statement statement = connection.createStatement()) {
                answer(statement, "SELECT count(*) FROM sqlite_schema");
            } catch (SQLException e) {
                throw new SpindriftException(
                        "The journal " + journal + " cannot be rolled back: " + e.getMessage()
                                + "; move the file and its journal away together to restore from the replica",
                        e);
            }
            DurableFiles.forceFolder(path.toAbsolutePath().getParent());
        }
    }

    private static void requireVersion(String version) {
        String[] parts = version.split("\\.");
        int number = Integer.parseInt(parts[0]) * 1_000_000
                + Integer.parseInt(parts[1]) * 1_000
                + Integer.parseInt(parts[2]);
        if (number < OLDEST_SQLITE) {
            throw new SpindriftException(
                    "SQLite " + version + " can lose committed data in WAL mode; use sqlite-jdbc" + " 3.51.3 or later");
        }
    }

    /**
     * Runs quick_check on a database that nothing else has open.
     *
     * @param closeChannel closes the engine's own channel to the file, before SQLite opens it
     */
    boolean isSound(Path path, IoAction closeChannel) throws IOException {
        closeChannel.run();
        try (SQLiteConnection connection = open(false, config.busyTimeout());
                Statement statement = connection.createStatement()) {
            return "ok".equals(answer(statement, "PRAGMA quick_check(1)"));
        } catch (SQLException e) {
            return false;
        }
    }

    /** Like {@link #isSound}, but refuses a database that is not. */
    void requireSound(Path path, IoAction closeChannel) throws IOException {
        if (!isSound(path, closeChannel)) {
            throw new SpindriftException("The database " + path + " fails quick_check and is not shipped; repair it, or"
                    + " move it away to restore from the replica");
        }
    }

    /** Something that may fail with an {@link IOException}. */
    @FunctionalInterface
    interface IoAction {
        void run() throws IOException;
    }

    private static String url(Path path) {
        if (path.toString().contains("?")) {
            throw new SpindriftException(
                    "The database path " + path + " contains a question mark, which the driver cannot open; rename it");
        }
        return "jdbc:sqlite:" + path;
    }

    private static String answer(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }
}
