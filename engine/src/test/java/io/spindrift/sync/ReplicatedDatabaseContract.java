package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds for a replicated database wherever its replica is. */
abstract class ReplicatedDatabaseContract {
    protected static final String NAME = "ledger";
    protected static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    protected Path folder;

    protected final RecordedEvents events = new RecordedEvents();

    /** A replica URL of this test's own, nothing there yet. */
    protected abstract URI replica();

    @Test
    void whatWasFlushedIsRestoredByteForByte() throws Exception {
        Position flushed;
        try (Database database = open()) {
            createNotes(database);
            for (int i = 0; i < 20; i++) {
                addNote(database, "note " + i);
                flushed = database.flush();
                assertThat(database.status().durable()).isGreaterThanOrEqualTo(flushed);
            }
        }
        assertRestoresIdentically();
    }

    @Test
    void everyTxidHasItsObjectAndThePositionOfAFlushRestoresExactlyWhatWasCommittedThen() throws Exception {
        Position first;
        Position second;
        try (Database database = open()) {
            createNotes(database);
            addNote(database, "one");
            first = database.flush();
            addNote(database, "two");
            second = database.flush();
            addNote(database, "three");
        }

        assertThat(restore("first.db", first).position()).isEqualTo(first);
        assertThat(PlainSqlite.run(folder.resolve("first.db"), "SELECT group_concat(body) FROM note"))
                .isEqualTo("one");
        restore("second.db", second);
        assertThat(PlainSqlite.run(folder.resolve("second.db"), "SELECT group_concat(body) FROM note"))
                .isEqualTo("one,two");
        assertNoGap();
    }

    @Test
    void aServerThatLostItsDiskGoesOnWhereTheReplicaEnds() throws Exception {
        Position before;
        try (Database database = open()) {
            createNotes(database);
            addNote(database, "survivor");
            before = database.flush();
        }
        deleteLocalFiles();

        try (Database database = open()) {
            assertThat(TestSql.value(database, "SELECT body FROM note")).isEqualTo("survivor");
            assertThat(database.status().restoredAt()).isPresent();
            assertThat(database.status().durable()).isEqualTo(new Position(before.txid() + 1)); // the claim
            assertThat(events.of(SyncEvent.Restored.class))
                    .extracting(SyncEvent.Restored::position)
                    .containsExactly(before);
            assertThat(events.of(SyncEvent.OwnershipClaimed.class))
                    .extracting(SyncEvent.OwnershipClaimed::epoch)
                    .containsExactly(1L, 2L);
            addNote(database, "another");
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void snapshotsDuringWritesRestoreToAConsistentPointInTime() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Position snapshot = Position.NONE;
        try (Database database = open()) {
            TestSql.run(
                    database,
                    "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER, pad BLOB)",
                    "INSERT INTO account SELECT value, 100, randomblob(900) FROM " + numbersTo(500));
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> transferUntil(database, stop));
            for (int i = 0; i < 3; i++) {
                snapshot = database.snapshot();
            }
            stop.set(true);
            writer.join();
        }

        RestoreResult restored = restore("snapshot.db", snapshot);

        assertThat(restored.objects()).isEqualTo(1);
        assertThat(restored.proven()).isTrue();
        assertThat(PlainSqlite.run(folder.resolve("snapshot.db"), "SELECT sum(balance) FROM account"))
                .isEqualTo("50000");
        assertThat(PlainSqlite.run(folder.resolve("snapshot.db"), "PRAGMA integrity_check"))
                .isEqualTo("ok");
        assertThat(events.of(SyncEvent.SnapshotDurable.class)).hasSize(3);
        assertRestoresIdentically();
        assertNoGap();
    }

    /** Moves money between accounts; every transaction touches two rows, so that half of one shows in the sum. */
    private static void transferUntil(Database database, AtomicBoolean stop) {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; !stop.get(); i++) {
                statement.execute(
                        "UPDATE account SET balance = balance - 1, pad = randomblob(900) WHERE id = " + (i % 500 + 1));
                statement.execute("UPDATE account SET balance = balance + 1 WHERE id = " + (i * 7 % 500 + 1));
                connection.commit();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aSnapshotThatIsThereAlreadyIsLeftAsItIs() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            addNote(database, "one");
            Position first = database.snapshot();
            List<Segment> before = segments();

            Position again = database.snapshot();

            assertThat(again).isEqualTo(first);
            assertThat(segments()).isEqualTo(before);
            assertThat(database.status().lastSnapshotAt()).isPresent();
        }
        assertRestoresIdentically();
    }

    @Test
    void whileSyncIsStoppedCommitsCollectAndAFlushSaysSo() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            Position before = database.status().durable();
            database.stopSync();

            addNote(database, "waits");

            assertThatThrownBy(database::flush)
                    .isInstanceOf(SpindriftException.class)
                    .hasMessageContaining("stopSync() was called")
                    .hasMessageContaining("startSync()");
            assertThat(database.status().running()).isFalse();
            assertThat(database.status().pendingBytes()).isPositive();
            assertThat(database.status().durable()).isEqualTo(before);

            database.startSync();
            assertThat(database.flush()).isGreaterThan(before);
            assertThat(database.status().pendingBytes()).isZero();
        }
        assertRestoresIdentically();
    }

    @Test
    void anotherProgramsCheckpointIsRepairedByShippingEveryPage() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            database.stopSync();
            addNote(database, "checkpointed by a stranger");
            PlainSqlite.checkpoint(file());
            addNote(database, "after it");
            database.startSync();
            database.flush();

            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.GapRepaired.class))
                    .hasSize(1));
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    @Test
    void aRepairThatFailsHalfwayIsDoneAgainInsteadOfContinuingAHistoryNobodyHas() throws Exception {
        Path inTheWay = file().resolveSibling("ledger.db-spindrift").resolve("claim.tmp");
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            Files.createDirectories(inTheWay.resolve("not-empty"));
            database.stopSync();
            addNote(database, "checkpointed by a stranger");
            PlainSqlite.checkpoint(file());
            addNote(database, "after it");
            database.startSync();
            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.SyncFailed.class))
                    .isNotEmpty());
            addNote(database, "while the repair fails");

            Files.delete(inTheWay.resolve("not-empty"));
            Files.delete(inTheWay);
            database.flush();

            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.GapRepaired.class))
                    .hasSize(1));
        }
        assertRestoresIdentically();
        assertNoGap();
    }

    // ---- for the tests of a kind of store

    protected DatabaseConfig.Builder config() {
        return DatabaseConfig.builder()
                .name(NAME)
                .path(file())
                .replica(replica())
                .syncInterval(Duration.ofMillis(50));
    }

    /** Reads the replica as {@link #config()} says. */
    protected Replica openReplica() throws Exception {
        return Replica.open(replica(), Optional.of(NAME), config().build().encryptionKeyset());
    }

    private RestoreRequest.Builder restoreTo(String output) {
        RestoreRequest.Builder request =
                RestoreRequest.builder().replica(replica()).name(NAME).output(folder.resolve(output));
        config().build().encryptionKeyset().ifPresent(request::encryptionKeyset);
        return request;
    }

    protected Database open() {
        return open(config().build());
    }

    protected Database open(DatabaseConfig config) {
        return Database.open(config, DatabaseEnvironment.standalone(events));
    }

    protected Path file() {
        return folder.resolve("local").resolve("ledger.db");
    }

    protected static void createNotes(Database database) throws SQLException {
        TestSql.run(database, "CREATE TABLE note (id INTEGER PRIMARY KEY, body)");
    }

    /** A table with the column value. */
    protected static String numbersTo(int last) {
        return "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < " + last
                + ") SELECT value FROM n)";
    }

    protected static void addNote(Database database, String body) throws SQLException {
        TestSql.run(database, "INSERT INTO note (body) VALUES ('" + body + "')");
    }

    protected static void awaitState(Database database, State state) {
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(database.status().state()).isEqualTo(state));
    }

    protected RestoreResult restore(String output, Position position) {
        return Database.restore(restoreTo(output).position(position).build());
    }

    /** The database is closed: its file, with the log copied into it, is what the replica's latest position gives. */
    protected void assertRestoresIdentically() throws Exception {
        Path copy = folder.resolve("copy.db");
        Database.restore(restoreTo("copy.db").build());
        PlainSqlite.checkpoint(file());
        assertThat(Files.mismatch(file(), copy)).as("first differing byte").isEqualTo(-1);
        assertThat(PlainSqlite.run(copy, "PRAGMA integrity_check")).isEqualTo("ok");
    }

    protected List<Segment> segments() throws Exception {
        try (Replica replica = openReplica()) {
            return replica.list();
        }
    }

    /** Level 0 has every TXID from 1 to the latest, each in an object of its own. */
    protected void assertNoGap() throws Exception {
        List<Long> txids = segments().stream()
                .filter(s -> s.name().level() == 0)
                .map(s -> s.name().maxTxid())
                .toList();
        assertThat(txids)
                .isEqualTo(LongStream.rangeClosed(1, txids.size()).boxed().toList());
    }

    protected void deleteLocalFiles() throws Exception {
        try (Stream<Path> files = Files.walk(file().getParent())) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
