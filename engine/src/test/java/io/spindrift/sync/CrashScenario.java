package io.spindrift.sync;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import io.spindrift.SyncEvent;
import io.spindrift.jdbc.SpindriftConnection;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that is going to be killed, or whose disk fails. Writers, each with a durability, commit rows and
 * acknowledge each in the file {@code acks} once its commit returned, as {@code <writer> <number>}; a writer's name
 * begins with its durability.
 *
 * <p>Arguments: the folder, the replica URL, how many rows each writes, how many writers have the durability replica,
 * and {@code ships}; or {@code keeps}, to leave everything unshipped and die; or {@code endures}, to print every failure
 * as {@code failed <SQLSTATE> <message>} and every event that says one, and to try again.
 */
public final class CrashScenario {
    static final String TABLE = "CREATE TABLE IF NOT EXISTS row (writer TEXT, number INTEGER, body BLOB,"
            + " PRIMARY KEY (writer, number)) WITHOUT ROWID";

    private static final int MOST_TRIES = 400;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Database database;
    private final int rows;
    private final boolean endures;
    private final OutputStream acks;

    private CrashScenario(Database database, int rows, boolean endures, OutputStream acks) {
        this.database = database;
        this.rows = rows;
        this.endures = endures;
        this.acks = acks;
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        int rows = Integer.parseInt(arguments[2]);
        int replicaWriters = Integer.parseInt(arguments[3]);
        boolean ships = !arguments[4].equals("keeps");
        boolean endures = arguments[4].equals("endures");
        try (OutputStream acks = new FileOutputStream(folder.resolve("acks").toFile());
                Database database =
                        start(config(folder, URI.create(arguments[1])).build(), endures)) {
            createTable(database, endures);
            if (!ships) {
                database.stopSync();
            }
            List<Thread> writers = new CrashScenario(database, rows, endures, acks).start(ships ? replicaWriters : 0);
            if (ships && !endures) {
                database.snapshot();
            }
            for (Thread writer : writers) {
                writer.join();
            }
            if (!ships) {
                Runtime.getRuntime().halt(0);
            }
            if (endures) {
                awaitHealth(database);
            }
        }
        System.out.println("done");
    }

    private static Database start(DatabaseConfig config, boolean endures) {
        return endures
                ? Database.start(config, withThreadsThatStay())
                : Database.open(config, DatabaseEnvironment.standalone(CrashScenario::report));
    }

    /** strace counts the calls of each thread: with new ones for every try, a disk that fails twice would never end. */
    private static DatabaseEnvironment withThreadsThatStay() {
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        });
        return new DatabaseEnvironment(threads, CrashScenario::report, Clock.systemUTC());
    }

    private static void createTable(Database database, boolean endures) throws SQLException {
        for (int failures = 0; ; failures++) {
            try {
                TestSql.run(database, TABLE);
                return;
            } catch (SQLException e) {
                if (!endures || failures > MOST_TRIES) {
                    throw e;
                }
                System.out.println("failed " + e.getSQLState() + " " + e.getMessage());
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    static DatabaseConfig.Builder config(Path folder, URI replica) {
        DatabaseConfig.Builder config = DatabaseConfig.builder()
                .name("crash")
                .path(folder.resolve("data").resolve("crash.db"))
                .replica(replica)
                .walMaxBytes(16 * 48 * 1024) // a checkpoint every 48 KiB of log
                .syncInterval(Duration.ofMillis(5))
                .leaseTtl(Duration.ofSeconds(1)) // a killed owner whose disk is gone, too, is waited for
                .snapshotMinBytes(128 * 1024);
        keyset(folder).ifPresent(config::encryptionKeyset);
        return config;
    }

    /** A keyset in the folder encrypts the replica. */
    static Optional<Path> keyset(Path folder) {
        return Optional.of(folder.resolve("keys.json")).filter(Files::exists);
    }

    private static void report(SyncEvent event) {
        if (event instanceof SyncEvent.SyncFailed failed) {
            System.out.println("event " + failed.problem());
        } else if (event instanceof SyncEvent.CommitsSetAside || event instanceof SyncEvent.OwnershipLost) {
            System.out.println("lost " + event);
        }
    }

    private static void awaitHealth(Database database) throws IOException {
        for (int i = 0; i < MOST_TRIES; i++) {
            try {
                database.flush();
                return;
            } catch (io.spindrift.SpindriftException e) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        throw new IOException("The database did not recover");
    }

    private List<Thread> start(int replicaWriters) {
        List<Thread> writers = new ArrayList<>();
        writers.add(writer(Durability.ASYNC, 0));
        writers.add(writer(Durability.LOCAL, 0));
        for (int i = 0; i < replicaWriters; i++) {
            writers.add(writer(Durability.REPLICA, i));
        }
        writers.forEach(Thread::start);
        return writers;
    }

    private Thread writer(Durability durability, int index) {
        return new Thread(() -> {
            try {
                write(durability, durability + "-" + index);
            } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        });
    }

    private void write(Durability durability, String name) throws Exception {
        long first = 1
                + Long.parseLong(TestSql.value(
                        database, "SELECT coalesce(max(number), 0) FROM row WHERE writer = '" + name + "'"));
        long number = first;
        for (int failures = 0; number - first < rows; ) {
            try (Connection connection = database.dataSource().getConnection();
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO row VALUES (?, ?, randomblob(?))")) {
                connection.unwrap(SpindriftConnection.class).setDurability(durability);
                for (; number - first < rows; number++) {
                    insert.setString(1, name);
                    insert.setLong(2, number);
                    insert.setInt(3, number % 5 == 0 ? 9_000 : 300);
                    insert.executeUpdate();
                    acks.write((name + " " + number + "\n").getBytes(StandardCharsets.US_ASCII));
                }
            } catch (SQLException e) {
                if (!endures || ++failures > MOST_TRIES) {
                    throw e;
                }
                System.out.println("failed " + e.getSQLState() + " " + e.getMessage());
                if (DurabilityUnknownException.SQL_STATE.equals(e.getSQLState()) || wasCommitted(name, number)) {
                    number++;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private boolean wasCommitted(String name, long number) {
        try {
            return !"0"
                    .equals(TestSql.value(
                            database, "SELECT count(*) FROM row WHERE writer = '" + name + "' AND number = " + number));
        } catch (SQLException e) {
            return false;
        }
    }
}
