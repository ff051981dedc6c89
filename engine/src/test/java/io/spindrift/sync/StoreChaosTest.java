package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Durability;
import io.spindrift.RestoreRequest;
import io.spindrift.SyncEvent;
import io.spindrift.jdbc.SpindriftConnection;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.testing.TcpFault;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One request in five to the store fails, in every way there is, while connections break, lose answers and hang: nothing
 * acknowledged is lost, nobody is stuck, and once it is over the lag goes and a restored copy is identical.
 */
class StoreChaosTest {
    private static final double SHARE = 0.2;
    private static final Duration RECOVERY = Duration.ofSeconds(90);
    private static final Duration BETWEEN_BREAKS = Duration.ofMillis(700);

    /** What a writer may be told: outcome unknown, or no room and no gate while the lag is too long. */
    private static final Set<String> SQL_STATES = Set.of("08007", "HYT00", "57P01", "53100");

    @TempDir
    Path folder;

    private final RecordedEvents events = new RecordedEvents();
    private final Map<String, LongAdder> faultsByKind = new ConcurrentHashMap<>();
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private final Map<String, LongAdder> refusals = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();

    @Test
    void tenSeconds() throws Exception {
        chaos(Duration.ofSeconds(10), false);
    }

    @Test
    @Tag("long")
    void tenMinutes() throws Exception {
        chaos(Duration.ofMinutes(10), true);
    }

    private void chaos(Duration duration, boolean blackHoles) throws Exception {
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        System.out.println("StoreChaosTest: -Dspindrift.seed=" + seed);
        Random random = new Random(seed);
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("chaos").asDefaultCredentials();
                TcpFault network = new TcpFault(s3.port())) {
            URI replica = S3Endpoint.replicaUrl("chaos", "", network.port());
            DatabaseConfig config = DatabaseConfig.builder()
                    .name("chaos")
                    .path(folder.resolve("chaos.db"))
                    .replica(replica)
                    .syncInterval(Duration.ofMillis(50))
                    .durabilityTimeout(Duration.ofSeconds(5))
                    .snapshotMinBytes(512 * 1024)
                    .walMaxBytes(16 * 256 * 1024)
                    .build();
            try (Database database = Database.open(config, DatabaseEnvironment.standalone(events))) {
                TestSql.run(database, "CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)");
                AtomicBoolean over = new AtomicBoolean();
                List<Thread> writers = startWriters(database, over);
                s3.faults().chaos(() -> draw(random));

                disturb(network, random, duration, blackHoles);

                s3.faults().clear();
                network.pass();
                network.breakConnections();
                over.set(true);
                for (Thread writer : writers) {
                    writer.join(RECOVERY.toMillis());
                    assertThat(writer.isAlive()).as("a writer is stuck").isFalse();
                }
                assertThat(database.status().state())
                        .as(() -> database.status().problem().orElse("no problem"))
                        .isEqualTo(State.OPEN);
                await().atMost(RECOVERY)
                        .untilAsserted(() -> assertThat(database.status().lag())
                                .as(() -> database.status().toString())
                                .isZero());
                assertThat(database.status().problem()).isEmpty();
                database.flush();
            }
            assertNothingIsMissing(replica);
            int requests = Operation.values().length;
            System.out.println("StoreChaosTest: " + duration.toSeconds() + " s, faults " + faultsByKind + ", "
                    + acknowledged.size() + " rows acknowledged of " + ids + ", refusals " + refusals);
            assertThat(faultsByKind).hasSizeGreaterThan(requests);
        }
    }

    private void assertNothingIsMissing(URI replica) throws Exception {
        Path copy = folder.resolve("copy.db");
        Database.restore(RestoreRequest.builder()
                .replica(replica)
                .name("chaos")
                .output(copy)
                .build());
        PlainSqlite.checkpoint(folder.resolve("chaos.db"));
        assertThat(Files.mismatch(folder.resolve("chaos.db"), copy))
                .as("first differing byte")
                .isEqualTo(-1);
        assertThat(idsIn(copy)).containsAll(acknowledged);
        assertThat(acknowledged).isNotEmpty();
        assertThat(SQL_STATES).containsAll(refusals.keySet());
        assertThat(events.of(SyncEvent.OwnershipLost.class)).isEmpty();
        assertThat(events.of(SyncEvent.CommitsSetAside.class)).isEmpty();
        assertThat(events.of(SyncEvent.GapRepaired.class)).isEmpty();
    }

    private static Set<Long> idsIn(Path file) throws SQLException {
        Set<Long> found = ConcurrentHashMap.newKeySet();
        try (Connection connection = java.sql.DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id FROM row")) {
            while (rows.next()) {
                found.add(rows.getLong(1));
            }
        }
        return found;
    }

    // ---- what goes wrong

    private synchronized Optional<Fault> draw(Random random) {
        if (random.nextDouble() >= SHARE) {
            return Optional.empty();
        }
        Fault fault =
                switch (random.nextInt(9)) {
                    case 0 -> new Fault.Refuse(500, "InternalError");
                    case 1 -> new Fault.Refuse(502, "BadGateway");
                    case 2 -> Fault.slowDown();
                    case 3 -> new Fault.Refuse(504, "GatewayTimeout");
                    case 4 -> Fault.conflict();
                    case 5 -> Fault.errorAfterApply();
                    case 6 -> Fault.clockSkew();
                    case 7 -> Fault.truncate(40_000);
                    default -> Fault.delay(Duration.ofMillis(random.nextInt(1_500)));
                };
        count(faultsByKind, fault.getClass().getSimpleName() + (fault instanceof Fault.Refuse r ? r.status() : ""));
        return Optional.of(fault);
    }

    private void disturb(TcpFault network, Random random, Duration duration, boolean blackHoles) throws Exception {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < end) {
            int kind = random.nextInt(blackHoles ? 8 : 7);
            count(faultsByKind, "network " + kind);
            switch (kind) {
                case 0 -> network.loseNextAnswer();
                case 1 -> network.resetRequestsAfter(random.nextInt(20_000));
                case 2 -> network.resetAnswersAfter(random.nextInt(2_000));
                case 3 -> network.endAnswersAfter(random.nextInt(2_000));
                case 7 -> network.silence();
                default -> network.pass();
            }
            await().pollDelay(BETWEEN_BREAKS).until(() -> true);
        }
    }

    // ---- who writes

    private List<Thread> startWriters(Database database, AtomicBoolean over) {
        List<Thread> writers = new ArrayList<>();
        for (Durability durability : List.of(Durability.ASYNC, Durability.REPLICA, Durability.REPLICA)) {
            Thread writer = new Thread(() -> write(database, durability, over));
            writer.start();
            writers.add(writer);
        }
        return writers;
    }

    private void write(Database database, Durability durability, AtomicBoolean over) {
        while (!over.get()) {
            try (Connection connection = database.dataSource().getConnection();
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO row VALUES (?, randomblob(?))")) {
                connection.unwrap(SpindriftConnection.class).setDurability(durability);
                while (!over.get()) {
                    long id = ids.incrementAndGet();
                    insert.setLong(1, id);
                    insert.setInt(2, id % 50 == 0 ? 30_000 : 200);
                    insert.executeUpdate();
                    acknowledged.add(id);
                    java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
                }
            } catch (SQLException e) {
                count(refusals, e.getSQLState());
            }
        }
    }

    private static void count(Map<String, LongAdder> counts, String kind) {
        counts.computeIfAbsent(kind, k -> new LongAdder()).increment();
    }
}
