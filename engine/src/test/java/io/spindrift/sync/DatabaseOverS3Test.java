package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.Segment;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore;
import io.spindrift.testing.FaultStore.Injection;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.testing.TcpFault;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A database whose replica is behind the S3 protocol, with signatures checked, and what happens when it fails. */
class DatabaseOverS3Test extends ReplicatedDatabaseContract {
    private static final AtomicInteger FOLDERS = new AtomicInteger();
    private static S3Endpoint endpoint;

    private String prefix;
    private final List<Injection> denials = new ArrayList<>();
    private FaultStore faults;

    @BeforeAll
    static void startEndpoint() {
        endpoint = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials();
    }

    @AfterAll
    static void stopEndpoint() {
        endpoint.close();
    }

    @BeforeEach
    void choosePrefix() {
        prefix = "database-" + FOLDERS.incrementAndGet();
        faults = endpoint.faults();
    }

    @AfterEach
    void endFaults() {
        faults.clear();
    }

    @Override
    protected URI replica() {
        return endpoint.replicaUrl("bucket", prefix);
    }

    private URI replicaThrough(TcpFault network) {
        return S3Endpoint.replicaUrl("bucket", prefix, network.port());
    }

    // ---- faults of single requests while commits are shipped

    record RequestFault(String what, Fault fault, int times) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<RequestFault> passingFaults() {
        return List.of(
                new RequestFault("503 twice", Fault.slowDown(), 2),
                new RequestFault("409 ConditionalRequestConflict twice", Fault.conflict(), 2),
                new RequestFault("500 although applied", Fault.errorAfterApply(), 1),
                new RequestFault("500 although applied, twice", Fault.errorAfterApply(), 2),
                new RequestFault("a clock too far off", Fault.clockSkew(), 1),
                new RequestFault("a delay", Fault.delay(Duration.ofMillis(500)), 1));
    }

    @ParameterizedTest
    @MethodSource("passingFaults")
    void aFaultThatPassesIsNotNoticed(RequestFault fault) throws Exception {
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            for (int i = 0; i < 3; i++) {
                Injection injection = faults.inject(Operation.PUT, levelZero(), fault.times(), fault.fault());
                addNote(database, fault.what());
                database.flush();
                assertThat(injection.hits()).isEqualTo(fault.times());
            }

            DatabaseStatus status = database.status();
            assertThat(status.syncErrors()).isZero();
            assertThat(status.problem()).isEmpty();
            assertThat(status.committed()).isEqualTo(status.durable());
            assertThat(events.of(SyncEvent.SyncFailed.class)).isEmpty();
            assertThat(events.of(SyncEvent.OwnershipLost.class)).isEmpty();
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void aLostAnswerIsNotTakenForAnotherOwner() throws Exception {
        try (TcpFault network = new TcpFault(endpoint.port())) {
            DatabaseConfig config = config().replica(replicaThrough(network)).build();
            try (Database database = open(config)) {
                createNotes(database);
                database.flush();
                for (int i = 0; i < 3; i++) {
                    long puts = faults.requests(Operation.PUT);
                    network.loseNextAnswer();
                    addNote(database, "lost answer");
                    database.flush();
                    assertThat(faults.requests(Operation.PUT) - puts).isGreaterThanOrEqualTo(2);
                }
                assertThat(database.status().state()).isEqualTo(State.OPEN);
            }
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void aClaimWhoseAnswerIsLostForGoodIsFoundAgain() throws Exception {
        try (Database database = open()) {
            createNotes(database);
        }
        // Applied, but the answer is an error until the tries are used up: open() meets its own object afterwards.
        Injection lost = faults.inject(Operation.PUT, levelZero(), 8, Fault.errorAfterApply());
        try (Database database = Database.start(config().build(), DatabaseEnvironment.standalone(events))) {
            awaitState(database, State.OPEN);
            assertThat(lost.hits()).isPositive();
            addNote(database, "after");
            database.flush();
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void aFailureThatLastsIsReportedOnceAndItsEnd() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            Injection denied = faults.inject(Operation.PUT, levelZero(), Integer.MAX_VALUE, Fault.accessDenied());
            addNote(database, "one");
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(database.status().syncErrors()).isGreaterThanOrEqualTo(3));
            addNote(database, "two");

            DatabaseStatus status = database.status();
            assertThat(status.state()).isEqualTo(State.OPEN);
            assertThat(status.problem().orElseThrow())
                    .startsWith("Access was denied to the PUT of 0000/")
                    .contains("s3:PutObject");
            assertThat(status.lag()).isPositive();
            assertThat(status.pendingBytes()).isPositive();
            assertThat(status.committed()).isGreaterThan(status.durable());
            assertThat(events.of(SyncEvent.SyncFailed.class)).hasSize(1);
            assertThat(events.of(SyncEvent.SyncRecovered.class)).isEmpty();

            denied.close();
            database.flush();

            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.SyncRecovered.class))
                    .hasSize(1));
            assertThat(database.status().problem()).isEmpty();
            assertThat(database.status().lag()).isZero();
            assertThat(database.status().pendingBytes()).isZero();
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void aFlushThatCannotBeDoneSaysSoAndLosesNothing() throws Exception {
        DatabaseConfig config =
                config().durabilityTimeout(Duration.ofMillis(300)).build();
        try (Database database = open(config)) {
            createNotes(database);
            Injection denied = faults.inject(Operation.PUT, levelZero(), Integer.MAX_VALUE, Fault.accessDenied());
            addNote(database, "one");

            assertThatThrownBy(database::flush)
                    .isInstanceOf(SpindriftException.class)
                    .hasMessageContaining("durability-timeout")
                    .hasMessageContaining("it is kept");

            denied.close();
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(database.status().pendingBytes()).isZero());
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void whileTheStoreIsAwayCommitsAndCheckpointsGoOnAndEverythingShipsAfterwards() throws Exception {
        DatabaseConfig config = config().walMaxBytes(16 * 64 * 1024).build(); // checkpoints from 64 KiB of log on
        try (Database database = open(config)) {
            TestSql.run(database, "CREATE TABLE blobs (id INTEGER PRIMARY KEY, content)");
            database.flush();
            denyEverything();
            for (int i = 0; i < 200; i++) {
                TestSql.run(database, "INSERT INTO blobs (content) VALUES (randomblob(20000))");
            }

            await().atMost(SOON).untilAsserted(() -> {
                DatabaseStatus status = database.status();
                assertThat(status.databaseBytes()).as("checkpointed").isGreaterThan(3_000_000);
                assertThat(status.walBytes()).as("emptied").isLessThan(3_000_000);
                assertThat(status.problem().orElse("")).contains("Access was denied");
            });
            assertThat(database.status().lag()).isPositive();
            assertThat(database.status().pendingBytes()).isGreaterThan(3_000_000);
            assertThat(database.status().state()).isEqualTo(State.OPEN);

            faults.clear();
            database.flush();
            assertThat(database.status().pendingBytes()).isZero();
            assertThat(TestSql.value(database, "SELECT count(*) FROM blobs")).isEqualTo("200");
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void closingWhileTheStoreIsAwayKeepsWhatWasStagedForTheNextStart() throws Exception {
        Database database = open();
        createNotes(database);
        database.flush();
        denyEverything();
        addNote(database, "not shipped");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(database.status().problem()).isPresent());
        database.close();
        faults.clear();

        try (Database again = open()) {
            assertThat(TestSql.value(again, "SELECT body FROM note")).isEqualTo("not shipped");
            assertThat(events.of(SyncEvent.CommitsSetAside.class)).isEmpty();
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void aCloseDoesNotWaitForAStoreThatHangsAndLeavesNobodyBehind() throws Exception {
        try (TcpFault network = new TcpFault(endpoint.port())) {
            Database database = open(config().replica(replicaThrough(network)).build());
            createNotes(database);
            database.flush();
            network.silence();
            addNote(database, "on the way");
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(database.status().committed())
                            .isGreaterThan(database.status().durable()));
            long started = System.nanoTime();

            database.close();

            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(40));
            // The thread itself ends a moment after the work it was released from.
            await().atMost(SOON).untilAsserted(() -> assertThat(shippers()).isEmpty());
        }
        try (Database again = open()) {
            assertThat(TestSql.value(again, "SELECT body FROM note")).isEqualTo("on the way");
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void aCloseDuringASnapshotLeavesNoneOfItBehind() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        Database database = open();
        createNotes(database);
        Injection slow = faults.inject(Operation.PUT, prefix + "/databases/ledger/0009", 1, Fault.holdUntil(held));
        CompletableFuture<Position> snapshot = CompletableFuture.supplyAsync(database::snapshot);
        await().atMost(SOON).until(() -> slow.hits() == 1);

        database.close();

        try (Stream<Path> left = Files.list(file().resolveSibling("ledger.db-spindrift"))) {
            assertThat(left.map(path -> path.getFileName().toString())).doesNotContain("snapshot.tmp");
        }
        held.countDown();
        assertThat(snapshot).failsWithin(SOON);
    }

    // ---- restore

    @Test
    void aRestoreGoesOnWhereConnectionsBreak() throws Exception {
        try (Database database = open()) {
            TestSql.run(
                    database,
                    "CREATE TABLE blobs (content)",
                    "INSERT INTO blobs SELECT randomblob(3000) FROM " + numbersTo(200));
            database.flush();
        }
        Injection cut = faults.inject(Operation.GET, prefix, 3, Fault.truncate(100_000));

        assertRestoresIdentically();

        assertThat(cut.hits()).isEqualTo(3);
    }

    @Test
    void aRestoreRightAfterASnapshotIsOneGetOfTheManifestAndOneListOfLevel0() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            for (int i = 0; i < 30; i++) {
                addNote(database, "note " + i);
                database.flush();
            }
            Position snapshot = database.snapshot();
            assertThat(endpoint.keys("bucket", prefix))
                    .contains(prefix + "/databases/ledger/manifest.json")
                    .contains(prefix + "/databases/ledger/0009/0000000000000001-" + snapshot + ".ltx");
            addNote(database, "after the snapshot");
            database.flush();
        }
        long gets = faults.requests(Operation.GET);
        long lists = faults.requests(Operation.LIST);
        long heads = faults.requests(Operation.HEAD);
        Injection listsOfLevelZero = faults.inject(Operation.LIST, levelZero(), 9, Fault.delay(Duration.ZERO));

        RestoreResult restored = Database.restore(RestoreRequest.builder()
                .replica(replica())
                .name(NAME)
                .output(folder.resolve("counted.db"))
                .build());

        assertThat(restored.objects()).as("the snapshot and what came after it").isLessThanOrEqualTo(3);
        assertThat(faults.requests(Operation.GET) - gets).isEqualTo(1 + restored.objects());
        assertThat(faults.requests(Operation.LIST) - lists).isEqualTo(1);
        assertThat(listsOfLevelZero.hits()).isEqualTo(1);
        assertThat(faults.requests(Operation.HEAD) - heads).isZero();
        assertRestoresIdentically();
    }

    @Test
    void aSnapshotWhoseAnswerIsLostIsNotAnError() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            Injection lost =
                    faults.inject(Operation.PUT, prefix + "/databases/ledger/0009", 1, Fault.errorAfterApply());

            Position snapshot = database.snapshot();

            assertThat(lost.hits()).isEqualTo(1);
            assertThat(segments()).extracting(Segment::name).anySatisfy(name -> {
                assertThat(name.level()).isEqualTo(9);
                assertThat(name.maxTxid()).isEqualTo(snapshot.txid());
            });
        }
        assertRestoresIdentically();
    }

    // ---- a store that cannot be used at the start

    @Test
    void wrongCredentialsAreOneSentenceAndNothingIsCreated() throws Exception {
        try (S3Endpoint other = S3Endpoint.onDisk(folder.resolve("other"), 0, "someone-else", "another-secret")
                .withBucket("bucket")) {
            DatabaseConfig config =
                    config().replica(other.replicaUrl("bucket", "")).build();

            assertThatThrownBy(() -> open(config))
                    .isInstanceOf(SpindriftException.class)
                    .hasMessageMatching("The credentials for s3://bucket/databases/ledger at http://127.0.0.1:\\d+ were"
                            + " refused \\(403 InvalidAccessKeyId\\); correct AWS_ACCESS_KEY_ID and"
                            + " AWS_SECRET_ACCESS_KEY, the profile or the role")
                    .hasMessageNotContaining(S3Endpoint.SECRET_KEY);

            assertThat(file()).doesNotExist();
            assertThat(other.keys("bucket", "")).isEmpty();
        }
    }

    @Test
    void aMissingBucketFailsWithItsSentenceAndOpensOnceItExists() throws Exception {
        try (S3Endpoint empty = S3Endpoint.inMemory()) {
            DatabaseConfig config =
                    config().replica(empty.replicaUrl("later", "")).build();
            String sentence = "The bucket later of s3://later/databases/ledger at http://127.0.0.1:" + empty.port()
                    + " does not exist on http://127.0.0.1:" + empty.port()
                    + "; create it or correct the replica URL";
            assertThatThrownBy(() -> open(config))
                    .isInstanceOf(SpindriftException.class)
                    .hasMessage(sentence);

            try (Database database = Database.start(config, DatabaseEnvironment.standalone(events))) {
                assertThat(database.status().state()).isEqualTo(State.FAILED);
                assertThat(database.status().problem()).contains(sentence);
                assertThatThrownBy(() -> database.dataSource().getConnection())
                        .isInstanceOf(SQLException.class)
                        .hasMessage(sentence);
                assertThat(file()).doesNotExist();

                empty.withBucket("later");

                awaitState(database, State.OPEN);
                createNotes(database);
                database.flush();
                assertThat(database.status().problem()).isEmpty();
                assertThat(events.of(SyncEvent.SyncRecovered.class)).hasSize(1);
            }
        }
    }

    @Test
    void withTheStoreAwayAtTheStartAKnownFileIsReadAndWrittenOnceTheStoreIsBack() throws Exception {
        try (TcpFault network = new TcpFault(endpoint.port())) {
            DatabaseConfig config = config().replica(replicaThrough(network)).build();
            try (Database database = open(config)) {
                createNotes(database);
                addNote(database, "one");
            }
            network.resetRequestsAfter(0);
            try (Database database = open(config)) {
                assertThat(database.status().state()).isEqualTo(State.READ_ONLY);
                assertThat(database.status().writable()).isFalse();
                assertThat(database.status().problem().orElseThrow())
                        .startsWith("No answer from http://127.0.0.1:" + network.port());
                assertThat(TestSql.value(database, "SELECT body FROM note")).isEqualTo("one");
                assertThatThrownBy(() -> addNote(database, "refused"))
                        .isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                                .isEqualTo("57P01"))
                        .hasMessageContaining("does not accept writes")
                        .hasMessageContaining("No answer from");
                assertThatThrownBy(database::flush).hasMessageContaining("No answer from");

                network.pass();

                awaitState(database, State.OPEN);
                addNote(database, "two");
                database.flush();
                assertThat(TestSql.value(database, "SELECT group_concat(body) FROM note"))
                        .isEqualTo("one,two");
            }
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void noConnectionIsOpenedWhileAReadOnlyDatabaseIsBroughtUpToDate() throws Exception {
        try (Database database = open()) {
            createNotes(database);
        }
        denyEverything();
        try (Database database = open()) {
            assertThat(database.status().state()).isEqualTo(State.READ_ONLY);
            Connection reader = database.dataSource().getConnection();
            // From now on the store answers, but reading the replica takes until the latch opens.
            CountDownLatch held = new CountDownLatch(1);
            faults.inject(Operation.GET, levelZero() + "0000000000000002", 1, Fault.holdUntil(held));
            faultsOtherThanHoldsEnd();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(database.status().state()).isEqualTo(State.OPENING));

            assertThatThrownBy(() -> database.dataSource().getConnection()).isInstanceOf(SQLException.class);
            assertThat(reader.isClosed()).isTrue();

            held.countDown();
            awaitState(database, State.OPEN);
            addNote(database, "after");
        }
        assertRestoresIdentically();
    }

    private void faultsOtherThanHoldsEnd() {
        denials.forEach(Injection::close);
    }

    @Test
    void readersKeepTheirConnectionsWhileTheStoreStaysAway() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            addNote(database, "one");
        }
        // The lease can be taken, everything else fails.
        faults.inject(Operation.PUT, levelZero(), Integer.MAX_VALUE, Fault.accessDenied());
        faults.inject(Operation.GET, prefix, Integer.MAX_VALUE, Fault.accessDenied());
        try (Database database = open()) {
            denyEverything();
            awaitFailedTries(3);
            assertThat(database.status().state()).isEqualTo(State.READ_ONLY);
            try (Connection reader = database.dataSource().getConnection();
                    Statement statement = reader.createStatement()) {
                awaitFailedTries(3);
                ResultSet rows = statement.executeQuery("SELECT body FROM note");
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo("one");
            }
        }
    }

    private void awaitFailedTries(int tries) {
        int before = denied();
        await().atMost(SOON).until(() -> denied() >= before + tries);
    }

    private int denied() {
        return denials.stream().mapToInt(Injection::hits).sum();
    }

    // ---- ownership

    @Test
    void anotherOwnersObjectStopsWritesAndSetsUnshippedCommitsAside() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            stealTheNextTxid(database);
            addNote(database, "lost");

            awaitState(database, State.READ_ONLY);
            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.OwnershipLost.class))
                    .hasSize(1));
            assertThat(events.of(SyncEvent.OwnershipLost.class).get(0).lostCommits())
                    .isEqualTo(1);
            assertThatThrownBy(() -> addNote(database, "refused"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P01"));
        }
    }

    private void stealTheNextTxid(Database database) throws Exception {
        String next = new Position(database.status().durable().txid() + 1).toString();
        try (var store = ReplicaStores.open(replica(), NAME)) {
            store.create(
                    "0000/" + next + "-" + next + ".ltx",
                    "somebody else's".getBytes(StandardCharsets.US_ASCII),
                    "another-writer",
                    ReplicaStore.SendGuard.ALWAYS);
        }
    }

    // ---- a shipper that waits does not burn a processor

    @Test
    void aShipperThatIsStoppedAfterAFailureSleeps() throws Exception {
        try (Database database = open(config().build())) {
            createNotes(database);
            database.flush();
            denyEverything();
            addNote(database, "one");
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(database.status().problem()).isPresent());

            database.stopSync();

            assertShipperSleeps();
            faults.clear();
            database.startSync();
            database.flush();
        }
        assertRestoresIdentically();
    }

    @Test
    void aShipperThatLostOwnershipAfterAFailureSleeps() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            stealTheNextTxid(database);
            denyEverything();
            addNote(database, "one");
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(database.status().problem()).isPresent());
            faults.clear();
            awaitState(database, State.READ_ONLY);
            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.OwnershipLost.class))
                    .hasSize(1));

            assertShipperSleeps();
        }
    }

    /** The thread that ships uses next to no time of a processor during a second. */
    private static void assertShipperSleeps() {
        long before = cpuNanosOfShippers();
        await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
        assertThat(Duration.ofNanos(cpuNanosOfShippers() - before)).isLessThan(Duration.ofMillis(300));
    }

    private static long cpuNanosOfShippers() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return shippers().stream()
                .mapToLong(info -> Math.max(0, threads.getThreadCpuTime(info.getThreadId())))
                .sum();
    }

    private static List<ThreadInfo> shippers() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().equals("spindrift"))
                .toList();
    }

    // ----

    private void denyEverything() {
        for (Operation operation : Operation.values()) {
            denials.add(faults.inject(operation, Fault.accessDenied()));
        }
    }

    private String levelZero() {
        return prefix + "/databases/ledger/0000/";
    }
}
