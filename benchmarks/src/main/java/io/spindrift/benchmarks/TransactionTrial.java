package io.spindrift.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Threads that each read a number, work on it and write it back plus one, in a transaction on a connection of their own,
 * again until it commits; then the next. In the end the numbers are exactly as many as transactions committed, or the run
 * fails.
 *
 * <p>Parameters beside those of {@link Subject}: {@code threads}, {@code rows}; {@code own_rows}, each thread has one row
 * for itself; {@code work_ms} between reading and writing; {@code unfair_lock} around every transaction; {@code seconds},
 * {@code warmup}.
 */
public final class TransactionTrial implements Trial {
    private static final int SQLITE_BUSY = 5;

    private final LongAdder committed = new LongAdder();
    private final LongAdder conflicts = new LongAdder();
    private final LongAdder busy = new LongAdder();
    private final Lock unfair = new ReentrantLock(false);
    private final Phases phases = new Phases();
    private int rows;
    private boolean ownRows;
    private boolean locking;
    private long workNanos;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        int threads = parameters.number("threads", 1);
        rows = parameters.number("rows", threads);
        ownRows = parameters.flag("own_rows");
        locking = parameters.flag("unfair_lock");
        workNanos = TimeUnit.MILLISECONDS.toNanos(parameters.number("work_ms", 0));
        Subject subject = Subject.open(parameters);
        fill(subject);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        List<Future<Latencies>> working = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int number = i;
            working.add(executor.submit(() -> work(subject, number)));
        }
        Phases.Measured measured = phases.pass(parameters, () -> {});
        List<Latencies> latencies = new ArrayList<>();
        for (Future<Latencies> thread : working) {
            latencies.add(thread.get());
        }
        executor.shutdown();
        requireExactSum(subject);
        int transactions = latencies.stream().mapToInt(Latencies::count).sum();
        return new Measurements()
                .put("transactions", transactions)
                .put("tx_per_s", transactions / measured.seconds())
                .putAll(Latencies.summary("tx", latencies))
                .put("conflicts", conflicts.sum())
                .put("busy", busy.sum())
                .put("cpu_s", measured.cpuSeconds())
                .putAll(subject.closeAndCompare(false));
    }

    private void fill(Subject subject) throws SQLException {
        try (Connection connection = subject.connections().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)");
            statement.execute("INSERT INTO counter WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
                    + " WHERE i < " + (rows - 1) + ") SELECT i, 0 FROM n");
        }
    }

    private void requireExactSum(Subject subject) throws SQLException {
        try (Connection connection = subject.connections().getConnection();
                Statement statement = connection.createStatement();
                ResultSet sum = statement.executeQuery("SELECT sum(value) FROM counter")) {
            sum.next();
            if (sum.getLong(1) != committed.sum()) {
                throw new IllegalStateException(
                        committed.sum() + " transactions committed, but the sum is " + sum.getLong(1));
            }
        }
    }

    private Latencies work(Subject subject, int number) throws SQLException {
        Latencies latencies = new Latencies();
        Random random = new Random(number);
        try (Connection connection = subject.connections().getConnection();
                Transaction transaction = Transaction.on(connection, subject)) {
            try (PreparedStatement select = connection.prepareStatement("SELECT value FROM counter WHERE id = ?");
                    PreparedStatement update =
                            connection.prepareStatement("UPDATE counter SET value = ? WHERE id = ?")) {
                while (!phases.isOver()) {
                    int row = ownRows ? number : random.nextInt(rows);
                    boolean measured = phases.isMeasured();
                    long started = System.nanoTime();
                    while (!committed(transaction, select, update, row)) {
                        Thread.onSpinWait(); // at once again, as a retry without a delay does
                    }
                    if (measured && phases.isMeasured()) {
                        latencies.add(System.nanoTime() - started);
                    }
                }
            }
        }
        return latencies;
    }

    private boolean committed(Transaction transaction, PreparedStatement select, PreparedStatement update, int row)
            throws SQLException {
        if (locking) {
            unfair.lock();
        }
        try {
            transaction.begin();
            select.setInt(1, row);
            long value;
            try (ResultSet found = select.executeQuery()) {
                found.next();
                value = found.getLong(1);
            }
            if (workNanos > 0) {
                LockSupport.parkNanos(workNanos);
            }
            update.setLong(1, value + 1);
            update.setInt(2, row);
            update.executeUpdate();
            transaction.commit();
            committed.increment();
            return true;
        } catch (SQLException e) {
            transaction.rollBack(e);
            count(e);
            return false;
        } finally {
            if (locking) {
                unfair.unlock();
            }
        }
    }

    private void count(SQLException e) throws SQLException {
        if ("40001".equals(e.getSQLState())) {
            conflicts.increment();
        } else if ((e.getErrorCode() & 0xff) == SQLITE_BUSY) {
            busy.increment();
        } else {
            throw e;
        }
    }

    /** Of JDBC on the engine's connections; of SQL on the bare driver's, which begins none of its own when told to. */
    private record Transaction(Connection connection, Statement sql, boolean bare) implements AutoCloseable {
        static Transaction on(Connection connection, Subject subject) throws SQLException {
            boolean bare = subject.database().isEmpty();
            connection.setAutoCommit(bare);
            return new Transaction(connection, connection.createStatement(), bare);
        }

        void begin() throws SQLException {
            if (bare) {
                sql.execute("BEGIN IMMEDIATE");
            }
        }

        void commit() throws SQLException {
            if (bare) {
                sql.execute("COMMIT");
            } else {
                connection.commit();
            }
        }

        void rollBack(SQLException failure) {
            try {
                if (bare) {
                    sql.execute("ROLLBACK");
                } else {
                    connection.rollback();
                }
            } catch (SQLException nothingHadBegun) {
                failure.addSuppressed(nothingHadBegun);
            }
        }

        @Override
        public void close() throws SQLException {
            sql.close();
        }
    }
}
