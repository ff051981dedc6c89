package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.OnLimit;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Durability;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore.Injection;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.wal.WalFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** What happens when the replica falls behind, or a reader keeps the log from shrinking: bounded, told, and undone. */
class LimitsTest {
    private static final String NAME = "ledger";
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long MIB = 1 << 20;
    private static S3Endpoint s3;

    @TempDir
    Path folder;

    private final RecordedEvents events = new RecordedEvents();
    private String prefix;

    @BeforeAll
    static void startEndpoint() {
        s3 = S3Endpoint.inMemory().withBucket("limits").asDefaultCredentials();
    }

    @AfterAll
    static void stopEndpoint() {
        s3.close();
    }

    @AfterEach
    void endFaults() {
        s3.faults().clear();
    }

    @Test
    void writersWaitWhileTheReplicaIsTooFarBehindAndGoOnWhenItIsNot(TestInfo test) throws Exception {
        try (Database database = open(config(test).maxLag(Duration.ofMillis(300)))) {
            TestSql.run(database, "CREATE TABLE note (body TEXT)");
            database.flush();
            Injection away = s3.faults().inject(Operation.PUT, Fault.accessDenied());
            TestSql.run(database, "INSERT INTO note VALUES ('not durable')");
            await().atMost(SOON).until(() -> database.status().limited());

            assertState(() -> TestSql.run(database, "INSERT INTO note VALUES ('held up')"), "HYT00")
                    .isInstanceOf(SQLTimeoutException.class)
                    .hasMessageContaining("Writes to database ledger are held up")
                    .hasMessageContaining("more than max-lag (PT0.3S)")
                    .hasMessageContaining("Access was denied");
            assertThat(TestSql.value(database, "SELECT count(*) FROM note")).isEqualTo("1");
            assertThat(events.of(SyncEvent.WritesLimited.class)).hasSize(1);

            away.close();
            database.flush();
            TestSql.run(database, "INSERT INTO note VALUES ('goes on')");
            await().atMost(SOON)
                    .until(() -> !events.of(SyncEvent.WritesResumed.class).isEmpty());
            database.flush();
        }
    }

    @Test
    void aWriterThatIsHeldUpCanBeCancelled(TestInfo test) throws Exception {
        try (Database database =
                        open(config(test).maxLag(Duration.ofMillis(100)).gateTimeout(Duration.ofMinutes(10)));
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            TestSql.run(database, "CREATE TABLE note (body TEXT)");
            database.flush();
            s3.faults().inject(Operation.PUT, Fault.accessDenied());
            TestSql.run(database, "INSERT INTO note VALUES ('not durable')");
            await().atMost(SOON).until(() -> database.status().limited());

            CompletableFuture<SQLException> outcome = CompletableFuture.supplyAsync(() ->
                    catchThrowableOfType(SQLException.class, () -> statement.execute("INSERT INTO note VALUES (1)")));
            await().atMost(SOON).until(() -> {
                statement.cancel();
                return outcome.isDone();
            });
            assertState(
                            () -> {
                                throw outcome.join();
                            },
                            "57014")
                    .isInstanceOf(SQLTimeoutException.class)
                    .hasMessageContaining("was cancelled");
            assertThat(database.status().gate().holder()).isEmpty();
            s3.faults().clear();
            database.flush();
            statement.execute("INSERT INTO note VALUES ('goes on')");
        }
    }

    @Test
    void writersAreRefusedAtOnceIfThatIsWanted(TestInfo test) throws Exception {
        try (Database database =
                open(config(test).maxLag(Duration.ofMillis(100)).onLimit(OnLimit.FAIL))) {
            TestSql.run(database, "CREATE TABLE note (body TEXT)");
            database.flush();
            s3.faults().inject(Operation.PUT, Fault.accessDenied());
            try (Connection transaction = database.dataSource().getConnection()) {
                transaction.setAutoCommit(false);
                TestSql.run(transaction, "INSERT INTO note VALUES ('not durable')");
                transaction.commit();
                await().atMost(SOON).until(() -> database.status().limited());
            }
            assertState(() -> TestSql.run(database, "INSERT INTO note VALUES ('refused')"), "53400")
                    .isInstanceOf(SQLTransientException.class)
                    .hasMessageContaining("are refused");
            s3.faults().clear();
            database.flush();
            TestSql.run(database, "INSERT INTO note VALUES ('goes on')");
        }
    }

    @Test
    void historyIsGivenUpButNoCommitIfWritersShallContinue(TestInfo test) throws Exception {
        DatabaseConfig.Builder config = config(test)
                .onLimit(OnLimit.CONTINUE)
                .maxLag(Duration.ofMillis(100))
                .maxStagedBytes(MIB)
                .walMaxBytes(4 * MIB);
        try (Database database = open(config)) {
            TestSql.run(database, "CREATE TABLE note (body BLOB)");
            database.flush();
            Injection away = s3.faults().inject(Operation.PUT, Fault.accessDenied());
            int rows = 0;
            while (events.of(SyncEvent.HistoryGivenUp.class).isEmpty()) {
                TestSql.run(database, "INSERT INTO note VALUES (randomblob(20000))");
                rows++;
            }
            for (int i = 0; i < 300; i++, rows++) {
                TestSql.run(database, "INSERT INTO note VALUES (randomblob(20000))");
            }
            assertThat(bytesIn(sidecar().resolve("staged"))).isLessThan(3 * MIB);
            await().atMost(SOON).until(() -> database.status().walBytes() <= 4 * MIB); // of 8 that were written
            away.close();
            database.flush();
            assertThat(events.of(SyncEvent.GapRepaired.class))
                    .extracting(SyncEvent.GapRepaired::reason)
                    .singleElement()
                    .asString()
                    .contains("on-limit=continue gave up the history");
            assertThat(restoredNotes(config, "restored.db")).isEqualTo(rows);
        }
    }

    @Test
    void aProcessThatEndsInTheGapLosesNothing(TestInfo test) throws Exception {
        DatabaseConfig.Builder config =
                config(test).onLimit(OnLimit.CONTINUE).maxStagedBytes(MIB).walMaxBytes(4 * MIB);
        Path crashed;
        int rows = 0;
        try (Database database = open(config)) {
            TestSql.run(database, "CREATE TABLE note (body BLOB)");
            database.flush();
            Injection away = s3.faults().inject(Operation.PUT, prefix, Integer.MAX_VALUE, Fault.accessDenied());
            while (events.of(SyncEvent.HistoryGivenUp.class).isEmpty()) {
                TestSql.run(database, "INSERT INTO note VALUES (randomblob(20000))");
                rows++;
            }
            for (int i = 0; i < 300; i++, rows++) {
                TestSql.run(database, "INSERT INTO note VALUES (randomblob(20000))");
            }
            await().atMost(SOON).until(this::checkpointsRest); // nothing touches the files any more
            crashed = copyAsACrashWouldLeaveIt("crashed.db");
            database.stopSync();
            away.close();
            RecordedEvents afterwards = new RecordedEvents();
            try (OpenDatabase other =
                    new OpenDatabase(config.path(crashed).build(), DatabaseEnvironment.standalone(afterwards))) {
                other.start();
                other.flush();
                assertThat(afterwards.of(SyncEvent.GapRepaired.class)).hasSize(1);
                assertThat(restoredNotes(config, "restored.db")).isEqualTo(rows);
            }
        }
    }

    @Test
    void aStartWithoutTheStoreAcceptsWritesIfTheyShallContinueAndShipsThemLater(TestInfo test) throws Exception {
        DatabaseConfig.Builder config = config(test).onLimit(OnLimit.CONTINUE).walMaxBytes(4 * MIB);
        try (Database database = open(config)) {
            TestSql.run(database, "CREATE TABLE note (body BLOB)");
        }
        Injection away = s3.faults().inject(Operation.LIST, prefix, Integer.MAX_VALUE, Fault.accessDenied());
        Injection silent = s3.faults().inject(Operation.GET, prefix, Integer.MAX_VALUE, Fault.accessDenied());
        try (Database database = open(config)) {
            assertThat(database.status().state()).isEqualTo(State.OPEN);
            assertThat(database.status().problem()).get().asString().contains("Access was denied");
            assertThat(database.status().epoch()).isZero();
            for (int i = 0; i < 400; i++) {
                TestSql.run(database, "INSERT INTO note VALUES (randomblob(20000))");
            }
            await().atMost(SOON).until(() -> database.status().walBytes() <= 4 * MIB); // of 8 that were written
            assertThatThrownBy(database::flush).isInstanceOf(SpindriftException.class);

            away.close();
            silent.close();
            await().atMost(SOON).until(() -> database.status().running());
            TestSql.run(database, "INSERT INTO note VALUES ('owned again')");
            database.flush();
        }
        assertThat(restoredNotes(config, "restored.db")).isEqualTo(401);
    }

    @Test
    void groupsAreCutAndCheckpointedWhileARequestHangsAndTheWatchdogTells(TestInfo test) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (Database database =
                open(config(test).stallAfter(Duration.ofMillis(200)).walMaxBytes(4 * MIB))) {
            TestSql.run(database, "CREATE TABLE note (body BLOB)");
            database.flush();
            s3.faults().inject(Operation.PUT, 1, Fault.holdUntil(end));
            for (int i = 0; i < 300; i++) {
                TestSql.run(database, "INSERT INTO note VALUES (randomblob(20000))");
            }
            await().atMost(SOON).until(() -> bytesIn(sidecar().resolve("staged")) > 4 * MIB);
            await().atMost(SOON).until(() -> database.status().walBytes() <= 4 * MIB); // of 8 that were written
            await().atMost(SOON)
                    .until(() -> !events.of(SyncEvent.SyncStalled.class).isEmpty()
                            && database.status().stalled());
            assertThat(database.status().hung()).isFalse();
            database.awaitDurable(Durability.LOCAL, SOON);

            end.countDown();
            database.flush();
            assertThat(database.status().stalled()).isFalse();
        }
    }

    @Test
    void aReadThatKeepsTheLogFromShrinkingIsEndedAndSaysWhy(TestInfo test) throws Exception {
        try (Database database =
                        open(config(test).maxReadAge(Duration.ofMillis(200)).walMaxBytes(4 * MIB));
                Connection inTransaction = database.dataSource().getConnection();
                Connection withCursor = database.dataSource().getConnection();
                Statement query = withCursor.createStatement()) {
            TestSql.run(database, "CREATE TABLE note (body BLOB)", "INSERT INTO note VALUES (1), (2), (3)");
            inTransaction.setAutoCommit(false);
            TestSql.run(inTransaction, "SELECT count(*) FROM note");
            ResultSet rows = query.executeQuery("SELECT body FROM note");
            assertThat(rows.next()).isTrue();

            await().atMost(SOON).until(() -> {
                TestSql.run(database, "INSERT INTO note VALUES (randomblob(500000))");
                return inTransaction.isClosed() && withCursor.isClosed();
            });
            assertThatThrownBy(() -> TestSql.run(inTransaction, "SELECT count(*) FROM note"))
                    .isInstanceOf(SQLNonTransientConnectionException.class)
                    .hasMessageContaining("max-read-age");
            assertThatThrownBy(rows::next).isInstanceOf(SQLException.class);
            await().atMost(SOON).until(() -> {
                TestSql.run(database, "INSERT INTO note VALUES (4)");
                return database.status().walBytes() < MIB;
            });
        }
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ?> assertState(ThrowingCallable call, String state) {
        return assertThatThrownBy(call)
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo(state));
    }

    private Database open(DatabaseConfig.Builder config) {
        DatabaseEnvironment standalone = DatabaseEnvironment.standalone(events);
        return Database.open(config.build(), standalone);
    }

    private DatabaseConfig.Builder config(TestInfo test) {
        prefix = test.getTestMethod().orElseThrow().getName();
        return DatabaseConfig.builder()
                .name(NAME)
                .path(folder.resolve("ledger.db"))
                .replica(s3.replicaUrl("limits", prefix))
                .syncInterval(Duration.ofMillis(20))
                .gateTimeout(Duration.ofMillis(500));
    }

    private Path sidecar() {
        return folder.resolve("ledger.db-spindrift");
    }

    @Test
    void aReaderInTheWayOfCheckpointsDoesNotMakeMoreGroups(TestInfo test) throws Exception {
        DatabaseConfig.Builder config =
                config(test).walMaxBytes(MIB).syncInterval(Duration.ofHours(1)).durability(Durability.LOCAL);
        try (Database database = open(config)) {
            TestSql.run(database, "CREATE TABLE note (body BLOB)");
            try (Connection reader = database.dataSource().getConnection();
                    Statement statement = reader.createStatement()) {
                reader.setAutoCommit(false);
                statement.executeQuery("SELECT * FROM note").close();
                long before = segments();
                for (int i = 0; i < 300; i++) {
                    TestSql.run(database, "INSERT INTO note VALUES (randomblob(1000))");
                }

                assertThat(database.status().walBytes()).isGreaterThan(MIB);
                assertThat(segments() - before).isLessThan(10);
            }
        }
    }

    private long segments() {
        return s3.faults().requests(Operation.PUT);
    }

    /** Everything was copied, or what is left is shorter than what a checkpoint begins with. */
    private boolean checkpointsRest() throws SQLException {
        int[] frames = PlainSqlite.framesNotCopied(folder.resolve("ledger.db"));
        return frames[0] == 0 || WalFile.frameBytes(frames[1], 4096) < MIB / 4;
    }

    private Path copyAsACrashWouldLeaveIt(String name) throws IOException {
        for (String suffix : new String[] {"", "-wal"}) {
            Files.copy(folder.resolve("ledger.db" + suffix), folder.resolve(name + suffix));
        }
        Path copy = folder.resolve(name + "-spindrift");
        Files.createDirectories(copy.resolve("staged"));
        for (String part : new String[] {"", "staged"}) {
            try (Stream<Path> files = Files.list(sidecar().resolve(part))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.copy(file, copy.resolve(part).resolve(file.getFileName()));
                }
            }
        }
        return folder.resolve(name);
    }

    private long restoredNotes(DatabaseConfig.Builder config, String file) throws SQLException {
        Path output = folder.resolve(file);
        Database.restore(RestoreRequest.builder()
                .replica(config.build().replica().orElseThrow())
                .name(NAME)
                .output(output)
                .build());
        return Long.parseLong(PlainSqlite.run(output, "SELECT count(*) FROM note"));
    }

    private static long bytesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            long sum = 0;
            for (Path file : files.toList()) {
                sum += Files.exists(file) ? Files.size(file) : 0;
            }
            return sum;
        }
    }
}
