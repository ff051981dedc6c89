package io.spindrift.jdbc;

import io.spindrift.DatabaseConfig.ConflictDetection;
import io.spindrift.DatabaseConfig.TransactionMode;
import io.spindrift.Durability;
import io.spindrift.Position;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;

/** A database file with the engine's pragmas, and nothing of the engine behind it. */
final class TestDatabase implements ConnectionHost, AutoCloseable {
    static final ConnectionOptions OPTIMISTIC = new ConnectionOptions(
            false,
            TransactionMode.OPTIMISTIC,
            ConflictDetection.VALUES,
            Duration.ofSeconds(20),
            Duration.ofSeconds(5),
            Durability.ASYNC,
            Optional.empty());
    static final ConnectionOptions SNAPSHOT = OPTIMISTIC.withConflictDetection(ConflictDetection.SNAPSHOT);
    static final ConnectionOptions IMMEDIATE = OPTIMISTIC.withTransactionMode(TransactionMode.IMMEDIATE);
    static final ConnectionOptions READ_ONLY = OPTIMISTIC.withReadOnly(true);

    final WriterGate gate = new WriterGate("test");
    final AtomicInteger commits = new AtomicInteger();
    final Set<PhysicalConnection> open = ConcurrentHashMap.newKeySet();
    volatile Duration gateTimeout = Duration.ofSeconds(20);
    volatile SQLException notWritable;
    volatile boolean replicated = true;
    volatile Runnable onCommitted = () -> {};
    final Room room = new Room();
    final List<String> awaited = new CopyOnWriteArrayList<>();
    volatile SQLException notDurable;
    private final Path file;

    TestDatabase(Path file) throws SQLException {
        this.file = file;
        openSqlite(OPTIMISTIC).close();
    }

    SpindriftConnection connect() throws SQLException {
        return connect(OPTIMISTIC);
    }

    SpindriftConnection connect(ConnectionOptions options) throws SQLException {
        return SpindriftConnection.standalone(physical(options));
    }

    PhysicalConnection physical(ConnectionOptions options) throws SQLException {
        PhysicalConnection physical = new PhysicalConnection(this, options);
        open.add(physical);
        return physical;
    }

    static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    void run(String... statements) throws SQLException {
        try (Connection connection = connect()) {
            run(connection, statements);
        }
    }

    static Object value(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getObject(1) : null;
        }
    }

    Object value(String query) throws SQLException {
        try (Connection connection = connect()) {
            return value(connection, query);
        }
    }

    /** A connection past the gate, as another process would have one. */
    Connection foreign() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file);
    }

    @Override
    public String name() {
        return "test";
    }

    @Override
    public boolean replicated() {
        return replicated;
    }

    @Override
    public SQLiteConnection openSqlite(ConnectionOptions options) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
        config.enforceForeignKeys(true);
        config.setBusyTimeout((int) options.busyTimeout().toMillis());
        config.setPragma(SQLiteConfig.Pragma.WAL_AUTOCHECKPOINT, "0");
        return (SQLiteConnection) config.createConnection("jdbc:sqlite:" + file);
    }

    @Override
    public WriterGate gate() {
        return gate;
    }

    @Override
    public Duration gateTimeout() {
        return gateTimeout;
    }

    @Override
    public void requireWritable() throws SQLException {
        if (notWritable != null) {
            throw notWritable;
        }
    }

    @Override
    public void awaitRoom(Duration timeout, BooleanSupplier givesUp) throws SQLException {
        room.await(timeout, givesUp);
    }

    @Override
    public void wakeHeldUp() {
        room.lookAgain();
    }

    /** Holds writers up while it is full. */
    static final class Room {
        private boolean full;
        private int heldUp;

        synchronized void full(boolean value) {
            full = value;
            notifyAll();
        }

        synchronized int heldUp() {
            return heldUp;
        }

        synchronized void lookAgain() {
            notifyAll();
        }

        private synchronized void await(Duration timeout, BooleanSupplier givesUp) throws SQLException {
            long deadline = System.nanoTime() + timeout.toNanos();
            heldUp++;
            try {
                while (full) {
                    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                    if (left <= 0 || givesUp.getAsBoolean()) {
                        throw new SQLTimeoutException("no room", left <= 0 ? "HYT00" : "57014");
                    }
                    wait(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLTimeoutException("interrupted", "57014", e);
            } finally {
                heldUp--;
            }
        }
    }

    @Override
    public long committed() {
        long number = commits.incrementAndGet();
        onCommitted.run();
        return number;
    }

    @Override
    public long commits() {
        return commits.get();
    }

    @Override
    public void awaitDurable(Durability level, long commit) throws SQLException {
        awaited.add(level + " " + commit + (gate.isTaken() ? " under the gate" : ""));
        if (notDurable != null) {
            throw notDurable;
        }
    }

    @Override
    public Position positionOf(long commit) {
        return new Position(commit);
    }

    @Override
    public void closed(PhysicalConnection connection) {
        open.remove(connection);
    }

    @Override
    public void close() throws SQLException {
        for (PhysicalConnection connection : open) {
            connection.close();
        }
    }
}
