package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.RestorePolicy;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every line of the table that says what a local file and a replica mean together. */
class StartUpTableTest {
    @TempDir
    Path folder;

    private final List<SyncEvent> events = Collections.synchronizedList(new ArrayList<>());
    private Duration syncInterval = Duration.ofHours(1);
    private RestorePolicy policy = RestorePolicy.IF_MISSING;

    @Test
    void nothingAnywhereMakesANewDatabase() throws Exception {
        try (Database database = open()) {
            assertThat(database.status().durable().txid()).isEqualTo(1);
            assertThat(rows(database)).isEmpty();
        }
        assertThat(events).noneMatch(SyncEvent.Restored.class::isInstance);
    }

    @Test
    void aLeftOverLogIsNotReplayedIntoANewDatabase() throws Exception {
        Files.createDirectories(data());
        Files.writeString(data().resolve("ledger.db-wal"), "somebody's log");

        open().close();

        assertThat(lostFiles()).contains("ledger.db-wal");
    }

    @Test
    void aMissingFileIsRestored() throws Exception {
        writeAndClose("a", "b");
        TestFolders.delete(data());

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a", "b");
        }
        assertThat(events).anyMatch(SyncEvent.Restored.class::isInstance);
        assertNothingSetAside();
    }

    @Test
    void aMissingFileIsRestoredBesideTheLogItLeft() throws Exception {
        writeAndClose("a");
        Files.delete(data().resolve("ledger.db"));
        assertThat(data().resolve("ledger.db-wal")).exists();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a");
            assertThat(database.status().restoredAt()).isPresent();
        }
        assertThat(events).noneMatch(SyncEvent.SyncFailed.class::isInstance);
        assertThat(lostFiles()).contains("ledger.db-wal");
    }

    @Test
    void aMissingFileIsNotRestoredWhenThatIsForbidden() throws Exception {
        writeAndClose("a");
        TestFolders.delete(data());
        policy = RestorePolicy.NEVER;

        assertThatThrownBy(this::open)
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("restore=never")
                .hasMessageContaining("restore=if-missing");
        assertThat(data().resolve("ledger.db")).doesNotExist();
    }

    @Test
    void aFileAtTheReplicasEndGoesOn() throws Exception {
        writeAndClose("a");

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a");
        }
        assertThat(events).noneMatch(SyncEvent.Restored.class::isInstance);
        assertNothingSetAside();
        assertReplicaHolds("a");
    }

    @Test
    void commitsLeftInTheLogByACrashAreShipped() throws Exception {
        try (Database database = open()) {
            write(database, "a");
            database.flush();
            write(database, "b");
            TestFolders.copy(data(), crashed());
        }
        forgetLastGroups(1);
        becomeCrashed();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a", "b");
            assertReplicaHolds("a", "b");
        }
        assertNothingSetAside();
    }

    /**
     * Copies what a crash would leave, and ships the staged segment then, which the copy does not know. Something is
     * shipped before, so that one commit, not that of the table and another, is staged.
     */
    private void crashWithSomethingStaged(String shippedRow, String stagedRow) throws Exception {
        syncInterval = Duration.ofMillis(1);
        try (Database database = open()) {
            write(database, shippedRow);
            database.flush();
            blockStore();
            write(database, stagedRow);
            Awaitility.await().until(() -> !staged().isEmpty());
            TestFolders.copy(data(), crashed());
            unblockStore();
        }
    }

    @Test
    void segmentsStagedBeforeACrashAreShipped() throws Exception {
        crashWithSomethingStaged("a", "b");
        forgetLastGroups(1);
        becomeCrashed();
        assertThat(staged()).isNotEmpty();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a", "b");
        }
        assertThat(staged()).isEmpty();
        assertNothingSetAside();
        assertReplicaHolds("a", "b");
    }

    @Test
    void aSegmentWhoseAnswerWasLostIsRecognisedAsOurs() throws Exception {
        crashWithSomethingStaged("before", "a");
        becomeCrashed();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("before", "a");
        }
        assertNothingSetAside();
        assertReplicaHolds("before", "a");
    }

    @Test
    void aStagedSegmentWhoseObjectRetentionHasDeletedIsSetAside() throws Exception {
        crashWithSomethingStaged("before", "a");
        try (Database database = open()) {
            write(database, "b");
            database.snapshot();
        }
        String txid =
                names(crashed().resolve("ledger.db-spindrift/staged")).get(0).substring(0, 16);
        Files.delete(level0().resolve(txid + "-" + txid + ".ltx"));
        becomeCrashed();
        events.clear();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("before", "a", "b");
        }
        assertReplicaHolds("before", "a", "b");
    }

    @Test
    void anExactEarlierPointCatchesUp() throws Exception {
        writeAndClose("a");
        TestFolders.copy(data(), crashed());
        writeAndClose("b", "c");
        becomeCrashed();
        events.clear();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a", "b", "c");
        }
        assertThat(events).noneMatch(SyncEvent.Restored.class::isInstance);
        assertNothingSetAside();
        assertReplicaHolds("a", "b", "c");
    }

    @Test
    void anEarlierPointWithCommitsOfItsOwnIsSetAsideAndRestored() throws Exception {
        writeAndClose("a");
        try (Database database = open()) {
            write(database, "mine");
            TestFolders.copy(data(), crashed());
        }
        forgetLastGroups(1);
        TestFolders.delete(data());
        writeAndClose("theirs");
        becomeCrashed();
        events.clear();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a", "theirs");
        }
        SyncEvent.CommitsSetAside setAside = only(SyncEvent.CommitsSetAside.class);
        assertThat(setAside.commits()).isEqualTo(1);
        assertThat(lostFiles()).contains("ledger.db").anyMatch(name -> name.endsWith("-1.ltx"));
        assertReplicaHolds("a", "theirs");
    }

    @Test
    void aFileOfAnotherHistoryIsSetAsideAndRestored() throws Exception {
        writeAndClose("a");
        TestFolders.copy(replica(), folder.resolve("other-replica"));
        TestFolders.copy(data(), crashed());
        writeAndClose("here");
        TestFolders.copy(data(), folder.resolve("here"));
        TestFolders.delete(replica());
        Files.move(folder.resolve("other-replica"), replica());
        becomeCrashed();
        writeAndClose("there");
        TestFolders.delete(data());
        Files.move(folder.resolve("here"), data());

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a", "there");
        }
        assertThat(lostFiles()).contains("ledger.db");
    }

    @Test
    void aFileWithoutASidecarThatIsTheReplicasEndIsTaken() throws Exception {
        writeAndClose("a");
        TestFolders.delete(data());
        restoreTo(data().resolve("ledger.db"));

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a");
        }
        assertNothingSetAside();
    }

    @Test
    void anUnknownFileIsRefusedWithTheChoices() throws Exception {
        writeAndClose("a");
        unknownFile();
        byte[] before = Files.readAllBytes(data().resolve("ledger.db"));

        assertThatThrownBy(this::open)
                .hasMessageContaining("ledger.db")
                .hasMessageContaining("0000000000000002")
                .hasMessageContaining("restore=replace")
                .hasMessageContaining("restore=adopt-local");
        assertThat(data().resolve("ledger.db")).hasBinaryContent(before);
    }

    @Test
    void anUnknownFileIsReplacedOnDemand() throws Exception {
        writeAndClose("a");
        unknownFile();
        policy = RestorePolicy.REPLACE;

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a");
        }
        assertThat(lostFiles()).contains("ledger.db");
    }

    @Test
    void anUnknownFileIsAdoptedOnDemand() throws Exception {
        writeAndClose("a");
        unknownFile();
        policy = RestorePolicy.ADOPT_LOCAL;

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("unknown");
            write(database, "after");
        }
        assertReplicaHolds("unknown", "after");
        only(SyncEvent.GapRepaired.class);
    }

    @Test
    void aFileWithoutAReplicaIsAdoptedAndPutIntoWalMode() throws Exception {
        unknownFile();

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("unknown");
        }
        assertReplicaHolds("unknown");
        assertThat(PlainSqlite.run(data().resolve("ledger.db"), "PRAGMA journal_mode"))
                .isEqualTo("wal");
    }

    @Test
    void aReplicaThatLostEverythingIsBegunAnewWithAWarning() throws Exception {
        writeAndClose("a");
        TestFolders.delete(replica());

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a");
        }
        assertThat(only(SyncEvent.GapRepaired.class).reason()).contains("is empty although position 0000000000000002");
        assertReplicaHolds("a");
    }

    @Test
    void anEditByAnotherProgramWhileStoppedIsShippedWhole() throws Exception {
        writeAndClose("a");
        PlainSqlite.run(data().resolve("ledger.db"), "INSERT INTO entry (body) VALUES ('by hand')");

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a", "by hand");
        }
        assertThat(only(SyncEvent.GapRepaired.class).reason()).contains("another program");
        assertNothingSetAside();
        assertReplicaHolds("a", "by hand");
    }

    @Test
    void aFileThatIsNotADatabaseIsRefusedAndLeftAlone() throws Exception {
        Files.createDirectories(data());
        Files.writeString(data().resolve("ledger.db"), "this is a letter to my aunt, not a database ".repeat(20));

        assertThatThrownBy(this::open).hasMessageContaining("is not a SQLite database");
        assertThat(data().resolve("ledger.db")).content().startsWith("this is a letter");
    }

    @Test
    void aCheckpointedLogIsRecognisedByItsChecksum() throws Exception {
        writeAndClose("a");
        PlainSqlite.checkpoint(data().resolve("ledger.db"));

        open().close();

        assertThat(events).noneMatch(SyncEvent.GapRepaired.class::isInstance);
        assertNothingSetAside();
    }

    @Test
    void aByteTheDiskChangedInAClosedFileIsNotTakenForAnEdit() throws Exception {
        writeAndClose("a");
        Path file = data().resolve("ledger.db");
        FileStamp before = FileStamp.of(file).orElseThrow();
        flipOneLetter(file, "a");
        // What a failing disk does leaves no trace in the file system, other than this test's write.
        Files.write(
                data().resolve("ledger.db-spindrift/closed"),
                FileStamp.of(file).orElseThrow().encode());
        assertThat(FileStamp.of(file)).isNotEqualTo(before);

        try (Database database = open()) {
            assertThat(rows(database)).containsExactly("a");
        }
        assertThat(only(SyncEvent.CommitsSetAside.class).reason()).contains("nothing has written to it");
        assertThat(events).noneMatch(SyncEvent.GapRepaired.class::isInstance);
        assertReplicaHolds("a");
    }

    // ---- what the tests do

    /** Changes the body of the only row, which quick_check does not notice. */
    private static void flipOneLetter(Path file, String body) throws IOException {
        byte[] content = Files.readAllBytes(file);
        int at = content.length - body.length();
        assertThat((char) content[at]).isEqualTo(body.charAt(0));
        content[at] ^= 1;
        Files.write(file, content);
    }

    private Database open() {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(data().resolve("ledger.db"))
                .replica(replica().toUri())
                .restore(policy)
                .syncInterval(syncInterval)
                .build();
        return Database.open(config, DatabaseEnvironment.standalone(events::add));
    }

    private void writeAndClose(String... bodies) throws SQLException {
        try (Database database = open()) {
            for (String body : bodies) {
                write(database, body);
            }
            database.flush();
        }
    }

    private static void write(Database database, String body) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body TEXT)");
            statement.execute("INSERT INTO entry (body) VALUES ('" + body + "')");
        }
    }

    private static List<String> rows(Database database) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            return rows(statement);
        }
    }

    private static List<String> rows(Statement statement) throws SQLException {
        List<String> bodies = new ArrayList<>();
        try (ResultSet tables = statement.executeQuery("SELECT count(*) FROM sqlite_schema WHERE name = 'entry'")) {
            if (tables.next() && tables.getInt(1) == 0) {
                return bodies;
            }
        }
        try (ResultSet rows = statement.executeQuery("SELECT body FROM entry ORDER BY id")) {
            while (rows.next()) {
                bodies.add(rows.getString(1));
            }
        }
        return bodies;
    }

    private void assertReplicaHolds(String... bodies) throws Exception {
        Path copy = folder.resolve("copy-of-replica.db");
        restoreTo(copy);
        String joined =
                PlainSqlite.run(copy, "SELECT group_concat(body, ',') FROM (SELECT body FROM entry ORDER BY id)");
        assertThat(joined.split(",")).containsExactly(bodies);
    }

    private void restoreTo(Path output) {
        Database.restore(RestoreRequest.builder()
                .replica(replica().toUri())
                .name("ledger")
                .output(output)
                .build());
    }

    private void unknownFile() throws Exception {
        TestFolders.delete(data());
        Files.createDirectories(data());
        Path file = data().resolve("ledger.db");
        PlainSqlite.run(file, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT)");
        PlainSqlite.run(file, "INSERT INTO entry (body) VALUES ('unknown')");
    }

    private void assertNothingSetAside() throws IOException {
        assertThat(data().resolve("ledger.db-spindrift/lost")).doesNotExist();
        assertThat(events).noneMatch(SyncEvent.CommitsSetAside.class::isInstance);
    }

    private <E extends SyncEvent> E only(Class<E> type) {
        List<E> found = events.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    /** Removes the newest level-0 objects: the crash came before they were shipped. */
    private void forgetLastGroups(int count) throws IOException {
        try (Stream<Path> files = Files.list(level0())) {
            for (Path file :
                    files.sorted(Comparator.reverseOrder()).limit(count).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Puts a file where the store's folder was, so that nothing can be stored. */
    private void blockStore() throws IOException {
        Files.move(level0(), folder.resolve("level-0"));
        Files.writeString(level0(), "in the way");
    }

    private void unblockStore() throws IOException {
        Files.delete(level0());
        Files.move(folder.resolve("level-0"), level0());
    }

    private Path level0() {
        return replica().resolve("databases/ledger/ltx/0");
    }

    private void becomeCrashed() throws IOException {
        TestFolders.delete(data());
        Files.move(crashed(), data());
    }

    private List<String> staged() throws IOException {
        return names(data().resolve("ledger.db-spindrift/staged"));
    }

    private List<String> lostFiles() throws IOException {
        return names(data().resolve("ledger.db-spindrift/lost"));
    }

    private static List<String> names(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .toList();
        }
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path crashed() {
        return folder.resolve("crashed");
    }

    private Path replica() {
        return folder.resolve("replica");
    }
}
