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
import java.util.concurrent.locks.LockSupport;

/**
 * Writers that each commit one row of 512 random bytes at a time, warmed up first, then measured.
 *
 * <p>Parameters beside those of {@link Subject}: {@code writers}, {@code rate} (commits a second of all writers, 0 for
 * flat out), {@code seconds}, {@code warmup}; {@code snapshots} writes snapshots all the time; {@code readers}, how many
 * transactions stay open for reading; {@code restore} compares a restored copy.
 */
public final class WriteTrial implements Trial {
    static final int ROW_BYTES = 512;
    private static final long WAL_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long READER_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Phases phases = new Phases();
    private volatile long walHighWaterBytes;
    private volatile int snapshotsWritten;
    private volatile int readersInterrupted;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        Subject subject = Subject.open(parameters);
        execute(subject, "CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, body BLOB NOT NULL)");
        int writers = parameters.number("writers", 1);
        int rate = parameters.number("rate", 0);
        long pauseNanos = rate == 0 ? 0 : TimeUnit.SECONDS.toNanos(writers) / rate;
        int readers = parameters.number("readers", 0);
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Future<Latencies>> writing = new ArrayList<>();
        List<Future<?>> others = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            int seed = i;
            writing.add(threads.submit(() -> write(subject, seed, pauseNanos)));
        }
        for (int i = 0; i < readers; i++) {
            others.add(threads.submit(() -> read(subject)));
        }
        others.add(threads.submit(() -> watchWal(subject)));

        Phases.Measured time = phases.pass(parameters, () -> {
            if (parameters.flag("snapshots")) {
                others.add(threads.submit(() -> writeSnapshots(subject)));
            }
            S3Meter.reset();
        });
        List<Latencies> latencies = new ArrayList<>();
        for (Future<Latencies> writer : writing) {
            latencies.add(writer.get());
        }
        Measurements measured = measured(latencies, time);
        for (Future<?> other : others) {
            other.get();
        }
        threads.shutdown();
        return measured.put("wal_high_mb", walHighWaterBytes / 1e6)
                .put("snapshots", snapshotsWritten)
                .put("readers_interrupted", readersInterrupted)
                .putAll(subject.closeAndCompare(parameters.flag("restore")));
    }

    private static Measurements measured(List<Latencies> latencies, Phases.Measured time) {
        long commits = latencies.stream().mapToLong(Latencies::count).sum();
        Measurements measured = new Measurements()
                .put("commits", commits)
                .put("commits_per_s", commits / time.seconds())
                .putAll(Latencies.summary("commit", latencies))
                .put("cpu_s", time.cpuSeconds());
        int puts = S3Meter.requests("s3:PUT:0000");
        if (puts > 0) {
            measured.put("commits_per_put", commits / (double) puts).putAll(S3Meter.latencies("put", "s3:PUT:0000"));
        }
        return measured.putAll(S3Meter.counted());
    }

    private Latencies write(Subject subject, int seed, long pauseNanos) throws SQLException {
        Latencies latencies = new Latencies();
        byte[] row = new byte[ROW_BYTES];
        Random random = new Random(seed);
        try (RowWriter rows = new RowWriter(subject)) {
            long next = System.nanoTime();
            while (!phases.isOver()) {
                random.nextBytes(row);
                boolean measured = phases.isMeasured();
                long started = System.nanoTime();
                rows.insert(row);
                if (measured && phases.isMeasured()) {
                    latencies.add(System.nanoTime() - started);
                }
                next += pauseNanos;
                if (pauseNanos > 0) {
                    LockSupport.parkNanos(next - System.nanoTime());
                }
            }
        }
        return latencies;
    }

    /** Holds one transaction open for reading until the end, or until the engine ends it; then the next. */
    private Void read(Subject subject) {
        while (!phases.isOver()) {
            try (Connection connection = subject.connections().getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                while (!phases.isOver()) {
                    try (ResultSet rows = statement.executeQuery("SELECT max(id) FROM row")) {
                        rows.next();
                    }
                    LockSupport.parkNanos(READER_LOOK_NANOS);
                }
                connection.rollback();
            } catch (SQLException interrupted) {
                readersInterrupted++;
            }
        }
        return null;
    }

    private Void watchWal(Subject subject) {
        while (!phases.isOver()) {
            walHighWaterBytes = Math.max(walHighWaterBytes, subject.walBytes());
            LockSupport.parkNanos(WAL_LOOK_NANOS);
        }
        return null;
    }

    private Void writeSnapshots(Subject subject) {
        while (!phases.isOver()) {
            subject.database().orElseThrow().snapshot();
            snapshotsWritten++;
        }
        return null;
    }

    private static void execute(Subject subject, String sql) throws SQLException {
        try (Connection connection = subject.connections().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Inserts on one connection, or, as an application does, on a new one from the pool for every commit. */
    private static final class RowWriter implements AutoCloseable {
        private static final String INSERT = "INSERT INTO row (body) VALUES (?)";

        private final Subject subject;
        private Connection kept;
        private PreparedStatement prepared;

        RowWriter(Subject subject) throws SQLException {
            this.subject = subject;
            if (subject.pool().isEmpty()) {
                kept = subject.connections().getConnection();
                prepared = kept.prepareStatement(INSERT);
            }
        }

        void insert(byte[] row) throws SQLException {
            if (kept != null) {
                insert(prepared, row);
                return;
            }
            try (Connection pooled = subject.connections().getConnection();
                    PreparedStatement insert = pooled.prepareStatement(INSERT)) {
                insert(insert, row);
            }
        }

        private static void insert(PreparedStatement insert, byte[] row) throws SQLException {
            insert.setBytes(1, row);
            insert.executeUpdate();
        }

        @Override
        public void close() throws SQLException {
            if (kept != null) {
                prepared.close();
                kept.close();
            }
        }
    }
}
