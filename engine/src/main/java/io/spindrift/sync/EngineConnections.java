package io.spindrift.sync;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.sqlite.SQLiteConnection;

/**
 * The engine's own connections to a database: a read-only holder that is opened before and closed after all others, so
 * that SQLite never deletes the write-ahead log; one that checkpoints; one that pins a position for a checkpoint and
 * one for a snapshot. Each of the last three is used by one thread at a time.
 */
final class EngineConnections implements AutoCloseable {
    /** A checkpoint that meets a reader gives up soon and is tried again later. */
    private static final Duration CHECKPOINT_BUSY_TIMEOUT = Duration.ofMillis(50);

    private final SQLiteConnection holder;
    private final SQLiteConnection checkpointer;
    private final Pin checkpointPin;
    private final Pin snapshotPin;

    private EngineConnections(
            SQLiteConnection checkpointer,
            SQLiteConnection holder,
            SQLiteConnection checkpointPin,
            SQLiteConnection snapshotPin) {
        this.checkpointer = checkpointer;
        this.holder = holder;
        this.checkpointPin = new Pin(checkpointPin);
        this.snapshotPin = new Pin(snapshotPin);
    }

    /** Opens all of them, or none. */
    static EngineConnections open(LocalSqlite sqlite) throws SQLException {
        List<SQLiteConnection> opened = new ArrayList<>();
        try {
            opened.add(sqlite.open(false, CHECKPOINT_BUSY_TIMEOUT));
            SQLiteConnection holder = sqlite.open(true, CHECKPOINT_BUSY_TIMEOUT);
            opened.add(holder);
            read(holder);
            opened.add(sqlite.open(true, CHECKPOINT_BUSY_TIMEOUT));
            opened.add(sqlite.open(true, CHECKPOINT_BUSY_TIMEOUT));
            return new EngineConnections(opened.get(0), holder, opened.get(2), opened.get(3));
        } catch (SQLException | RuntimeException e) {
            for (SQLiteConnection connection : opened) {
                try {
                    connection.close();
                } catch (SQLException alsoNot) {
                    e.addSuppressed(alsoNot);
                }
            }
            throw e;
        }
    }

    /**
     * What SQLite says of the write-ahead log.
     *
     * @param busy whether a checkpoint could not finish
     * @param frames committed frames in the log
     * @param copied how many of them are in the database file
     */
    record WalState(boolean busy, long frames, long copied) {
        long uncopied() {
            return frames - copied;
        }
    }

    /** A read transaction that keeps the log from being started over, if it was begun while frames were not copied. */
    static final class Pin {
        private final SQLiteConnection connection;

        private Pin(SQLiteConnection connection) {
            this.connection = connection;
        }

        void hold() throws SQLException {
            execute(connection, "BEGIN");
            try {
                read(connection);
            } catch (SQLException e) {
                release();
                throw e;
            }
        }

        void release() throws SQLException {
            execute(connection, "ROLLBACK");
        }
    }

    Pin checkpointPin() {
        return checkpointPin;
    }

    Pin snapshotPin() {
        return snapshotPin;
    }

    /** Looks without doing anything. */
    WalState walState() throws SQLException {
        return checkpoint("NOOP");
    }

    /** Copies as much as readers allow; writers go on. */
    WalState passive() throws SQLException {
        return checkpoint("PASSIVE");
    }

    /** Copies everything and empties the log; the caller holds the writer gate. */
    WalState truncate() throws SQLException {
        return checkpoint("TRUNCATE");
    }

    /** Copies everything, so that the next commit starts the log over; the caller holds the writer gate. */
    WalState restart() throws SQLException {
        return checkpoint("RESTART");
    }

    private WalState checkpoint(String mode) throws SQLException {
        try (Statement statement = checkpointer.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
            row.next();
            return new WalState(row.getInt(1) != 0, Math.max(0, row.getLong(2)), Math.max(0, row.getLong(3)));
        }
    }

    private static void read(SQLiteConnection connection) throws SQLException {
        execute(connection, "SELECT count(*) FROM sqlite_schema");
    }

    private static void execute(SQLiteConnection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        try (SQLiteConnection last = holder;
                SQLiteConnection c = checkpointer;
                SQLiteConnection p = checkpointPin.connection;
                SQLiteConnection s = snapshotPin.connection) {
            // Closed in reverse order: the holder last.
        }
    }
}
