package io.spindrift.sync;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import java.net.URI;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes rows with ascending ids until it is killed; arguments are the database, the replica URL and the file of marks.
 * Prints {@code open <last id>}, then {@code durable <id>} after each flush.
 */
public final class CrashingWriter {
    /** What the process was doing, as the marks file tells after its death. */
    enum Phase {
        COMMIT,
        STAGE,
        SHIP,
        CHECKPOINT
    }

    static final int PHASE_AT = 0;
    static final int COMMITTED_AT = 8;
    static final int MARKS_BYTES = 16;
    private static final int COMMITS_PER_FLUSH = 25;
    private static final Set<Thread> ENGINE = ConcurrentHashMap.newKeySet();

    private CrashingWriter() {}

    public static void main(String[] arguments) throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("crash")
                .path(Path.of(arguments[0]))
                .replica(URI.create(arguments[1]))
                .walMaxBytes(16 * 32 * 1024) // a checkpoint every 32 KiB of log
                .syncInterval(Duration.ofMillis(5))
                .leaseTtl(Duration.ofSeconds(1)) // a killed owner whose disk is gone, too, is waited for
                .snapshotMinBytes(256 * 1024)
                .build();
        try (FileChannel file =
                        FileChannel.open(Path.of(arguments[2]), StandardOpenOption.READ, StandardOpenOption.WRITE);
                Database database = Database.open(
                        config,
                        new DatabaseEnvironment(CrashingWriter::execute, DatabaseListener.NONE, Clock.systemUTC()));
                Connection connection = database.dataSource().getConnection()) {
            MappedByteBuffer marks = file.map(FileChannel.MapMode.READ_WRITE, 0, MARKS_BYTES);
            startMarkingPhases(marks);
            write(database, connection, marks);
        }
    }

    private static void write(Database database, Connection connection, MappedByteBuffer marks) throws Exception {
        long id;
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, body BLOB)");
            statement.execute("CREATE TABLE IF NOT EXISTS latest (id INTEGER)");
            try (ResultSet rows = statement.executeQuery("SELECT coalesce(max(id), 0) FROM row")) {
                rows.next();
                id = rows.getLong(1);
            }
        }
        System.out.println("open " + id);
        connection.setAutoCommit(false);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO row VALUES (?, randomblob(?))");
                PreparedStatement latest = connection.prepareStatement("UPDATE latest SET id = ?")) {
            while (true) {
                for (int i = 0; i < COMMITS_PER_FLUSH; i++) {
                    id++;
                    insert.setLong(1, id);
                    insert.setInt(2, id % 10 == 0 ? 20_000 : 200);
                    insert.executeUpdate();
                    latest.setLong(1, id);
                    latest.executeUpdate();
                    connection.commit();
                    marks.putLong(COMMITTED_AT, id);
                }
                database.flush();
                System.out.println("durable " + id);
            }
        }
    }

    /** Runs a task of the engine on a thread of its own, whose stack is looked at while it runs. */
    private static void execute(Runnable task) {
        Thread thread = new Thread(
                () -> {
                    ENGINE.add(Thread.currentThread());
                    try {
                        task.run();
                    } finally {
                        ENGINE.remove(Thread.currentThread());
                    }
                },
                "engine");
        thread.setDaemon(true);
        thread.start();
    }

    /** Looks at the stacks of the engine's threads all the time, so that the marks file tells where a kill struck. */
    private static void startMarkingPhases(MappedByteBuffer marks) {
        Thread marker = new Thread(() -> {
            while (true) {
                Phase phase = ENGINE.stream()
                        .map(thread -> phaseOf(thread.getStackTrace()))
                        .max(Comparator.naturalOrder())
                        .orElse(Phase.COMMIT);
                marks.put(PHASE_AT, (byte) phase.ordinal());
            }
        });
        marker.setDaemon(true);
        marker.start();
    }

    private static Phase phaseOf(StackTraceElement[] stack) {
        return Arrays.stream(stack)
                .filter(frame -> frame.getClassName().equals(Replicator.class.getName()))
                .map(frame -> switch (frame.getMethodName()) {
                    case "checkpoint" -> Optional.of(Phase.CHECKPOINT);
                    case "cutOrFail" -> Optional.of(Phase.STAGE);
                    case "ship" -> Optional.of(Phase.SHIP);
                    default -> Optional.<Phase>empty();
                })
                .flatMap(Optional::stream)
                .reduce((inner, outer) -> outer) // a cut within a checkpoint counts as the checkpoint
                .orElse(Phase.COMMIT);
    }
}
