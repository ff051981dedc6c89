package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.testing.ChildJvm;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Another program meddles with the files, while the database is open or while it is not: nothing durable is undone. */
class InterferenceTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private final RecordedEvents events = new RecordedEvents();

    /** What a program may do to the files of an open database. */
    enum Meddling {
        DELETE_DATABASE {
            @Override
            void with(Path database) throws IOException {
                Files.delete(database);
            }
        },
        REPLACE_DATABASE {
            @Override
            void with(Path database) throws Exception {
                Path other = database.resolveSibling("other.db");
                PlainSqlite.run(other, "CREATE TABLE stranger AS SELECT randomblob(20000)");
                Files.move(other, database, StandardCopyOption.ATOMIC_MOVE);
            }
        },
        CUT_DATABASE_SHORT {
            @Override
            void with(Path database) throws Exception {
                truncateElsewhere(database, 4096);
            }
        },
        EMPTY_DATABASE {
            @Override
            void with(Path database) throws Exception {
                truncateElsewhere(database, 0);
            }
        },
        DELETE_LOG {
            @Override
            void with(Path database) throws IOException {
                Files.delete(log(database));
            }
        },
        EMPTY_LOG {
            @Override
            void with(Path database) throws Exception {
                truncateElsewhere(log(database), 0);
            }
        },
        REPLACE_LOG {
            @Override
            void with(Path database) throws IOException {
                Files.delete(log(database));
                Files.writeString(log(database), "somebody's log");
            }
        };

        abstract void with(Path database) throws Exception;

        private static Path log(Path database) {
            return database.resolveSibling(database.getFileName() + "-wal");
        }

        /** From another process, for closing the file here would drop SQLite's locks. */
        private static void truncateElsewhere(Path file, long bytes) throws Exception {
            try (ChildJvm child = ChildJvm.start(Truncate.class, file.toString(), Long.toString(bytes))) {
                assertThat(child.awaitExit(SOON)).isZero();
            }
        }
    }

    static final class Truncate {
        public static void main(String[] arguments) throws IOException {
            try (FileChannel file = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
                file.truncate(Long.parseLong(arguments[1]));
            }
        }
    }

    @BeforeEach
    void makeFolder() throws IOException {
        Files.createDirectory(folder.resolve("data"));
    }

    // ---- while it is open

    @ParameterizedTest
    @EnumSource
    void aFileThatIsTakenAwayIsNoticedAndWhatWasDurableIsThereAgain(Meddling meddling) throws Exception {
        try (Database database = open()) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
            fill(database, "checkpointed", 60);
            database.flush();
            PlainSqlite.checkpoint(file());
            fill(database, "in the log", 20);
            database.flush();

            meddling.with(file());

            await().atMost(SOON).untilAsserted(() -> assertThat(problems()).anySatisfy(problem -> assertThat(problem)
                    .contains("by another program while it was open", file().toString())));
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(database.status().state()).isEqualTo(State.OPEN));
            assertThat(count(database, "checkpointed")).isEqualTo(60);
            assertThat(count(database, "in the log")).isEqualTo(20);
            fill(database, "afterwards", 5);
            database.flush();
            assertThat(database.status().problem()).isEmpty();
        }
        assertRestoresIdentically();
        assertThat(PlainSqlite.run(file(), "SELECT count(*) FROM entry")).isEqualTo("85");
    }

    @Test
    void commitsIntoADeletedFileAreShippedAllTheSame() throws Exception {
        // As long as the news of the segment is not taken, the engine has nothing to do and does not look at the file.
        CountDownLatch newsTaken = new CountDownLatch(1);
        try (Database database = open(event -> {
            if (event instanceof SyncEvent.SegmentDurable) {
                await().atMost(SOON).until(() -> newsTaken.getCount() == 0);
            }
            events.onEvent(event);
        })) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
            database.flush();
            try (Connection connection = database.dataSource().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.executeQuery("SELECT * FROM entry").close();
                Files.delete(file());
                assertThatThrownBy(() -> fill(database, "a new connection", 1))
                        .hasMessageContaining("CANTOPEN")
                        .isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                                .isEqualTo("58030"));

                statement.execute("INSERT INTO entry (body) VALUES ('into nowhere')");
            }
            newsTaken.countDown();

            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.Restored.class))
                    .isNotEmpty());
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(database.status().state()).isEqualTo(State.OPEN));
            assertThat(count(database, "into nowhere")).isEqualTo(1);
        }
        assertRestoresIdentically();
    }

    /** Commits rows, and checkpoints in every way, until its input ends. */
    static final class Stranger {
        public static void main(String[] arguments) throws Exception {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + arguments[0]);
                    Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout=20000");
                int rows = 0;
                for (String mode : arguments[1].split(",")) {
                    for (int i = 0; i < 10; i++, rows++) {
                        statement.execute("INSERT INTO entry (body) VALUES ('stranger')");
                    }
                    if (!mode.isEmpty()) {
                        statement.execute("PRAGMA wal_checkpoint(" + mode + ")");
                    }
                }
                System.out.println("wrote " + rows);
                System.in.read();
            }
        }
    }

    @Test
    void whatAnotherProcessCommitsIsShippedWithoutACommitOfOurs() throws Exception {
        try (Database database = open()) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
            database.flush();
            stranger("");

            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(PlainSqlite.run(restored(), "SELECT count(*) FROM entry"))
                            .isEqualTo("10"));
        }
        assertRestoresIdentically();
    }

    @Test
    void anotherProcessThatWritesAndCheckpointsInEveryWayIsShippedWhole() throws Exception {
        int ours = 0;
        try (Database database = open()) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
            try (ChildJvm child = ChildJvm.start(
                    Stranger.class, file().toString(), "PASSIVE,FULL,RESTART,TRUNCATE,PASSIVE,TRUNCATE")) {
                while (child.lines().stream().noneMatch(line -> line.startsWith("wrote"))) {
                    fill(database, "ours", 1);
                    ours++;
                    if (ours % 10 == 0) {
                        database.flush();
                    }
                }
                child.closeInput();
                assertThat(child.awaitExit(SOON)).isZero();
            }
            fill(database, "ours", 1);
            ours++;
            database.flush();
            assertThat(count(database, "stranger")).isEqualTo(60);
        }
        assertRestoresIdentically();
        assertThat(PlainSqlite.run(file(), "SELECT count(*) FROM entry WHERE body = 'ours'"))
                .isEqualTo(Integer.toString(ours));
    }

    @Test
    void anotherProcessCannotTakeTheDatabaseOutOfWalMode() throws Exception {
        try (Database database = open()) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");

            assertThatThrownBy(() -> PlainSqlite.run(file(), "PRAGMA journal_mode=DELETE"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("locked");

            fill(database, "goes on", 3);
            database.flush();
        }
        assertRestoresIdentically();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PRAGMA page_size=8192", "PRAGMA main.page_size = 8192", "PRAGMA journal_mode=DELETE"})
    void aConnectionOfOursCannotChangeThePageSizeOrTheMode(String sql) throws Exception {
        try (Database database = open()) {
            assertThatThrownBy(() -> TestSql.run(database, sql))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining(sql.contains("page_size") ? "page_size" : "journal_mode");
        }
    }

    // ---- while it is closed

    @Test
    void aPageSizeThatWasChangedWhileClosedIsRefused() throws Exception {
        try (Database database = open()) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=DELETE");
            statement.execute("PRAGMA page_size=8192");
            statement.execute("VACUUM");
        }

        assertThatThrownBy(this::open)
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("has pages of 8192 bytes")
                .hasMessageContaining("a page size cannot change within a replica");
    }

    @Test
    void aDatabaseThatLostItsLogAfterACrashIsRestoredAndNotRolledBack() throws Exception {
        crashWithEverythingInTheLog();
        Files.delete(folder.resolve("data/ledger.db-wal"));

        try (Database database = open()) {
            assertThat(count(database, "durable")).isEqualTo(30);
        }
        assertRestoresIdentically();
    }

    @Test
    void aDatabaseThatWasReplacedByItsOwnBackupAfterACrashIsRestored() throws Exception {
        Path backup = folder.resolve("backup.db");
        crashWithEverythingInTheLog();
        Files.copy(file(), backup);
        PlainSqlite.run(backup, "VACUUM"); // sound, and with the pages of another time
        Files.copy(backup, file(), StandardCopyOption.REPLACE_EXISTING);

        try (Database database = open()) {
            assertThat(count(database, "durable")).isEqualTo(30);
        }
        assertRestoresIdentically();
    }

    @Test
    void aDatabaseThatWasCutShortWhileClosedIsRestored() throws Exception {
        try (Database database = open()) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
            fill(database, "durable", 60);
        }
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            channel.truncate(8192);
        }

        try (Database database = open()) {
            assertThat(count(database, "durable")).isEqualTo(60);
        }
        assertThat(events.of(SyncEvent.Restored.class)).hasSize(1);
        assertRestoresIdentically();
    }

    /** Leaves what a killed process would: thirty durable rows, all of them in the log. */
    private void crashWithEverythingInTheLog() throws Exception {
        Path crashed = folder.resolve("crashed");
        try (Database database = open()) {
            TestSql.run(database, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
            fill(database, "durable", 30);
            database.flush();
            TestFolders.copy(folder.resolve("data"), crashed);
        }
        Path closed = folder.resolve("closed");
        Files.move(folder.resolve("data"), closed);
        Files.move(crashed, folder.resolve("data"));
    }

    // ----

    private Database open() {
        return open(events);
    }

    private Database open(DatabaseListener listener) {
        return Database.open(
                DatabaseConfig.builder()
                        .name("ledger")
                        .path(file())
                        .replica(folder.resolve("replica").toUri())
                        .syncInterval(Duration.ofMillis(20))
                        .leaseTtl(Duration.ofSeconds(3))
                        .build(),
                DatabaseEnvironment.standalone(listener));
    }

    private Path file() {
        return folder.resolve("data").resolve("ledger.db");
    }

    private void stranger(String modes) throws Exception {
        try (ChildJvm child = ChildJvm.start(Stranger.class, file().toString(), modes)) {
            child.awaitLine("wrote", SOON);
            child.closeInput();
            assertThat(child.awaitExit(SOON)).isZero();
        }
    }

    private static void fill(Database database, String body, int rows) throws SQLException {
        for (int i = 0; i < rows; i++) {
            TestSql.run(database, "INSERT INTO entry (body) VALUES ('" + body + "')");
        }
        TestSql.run(
                database, "CREATE TABLE IF NOT EXISTS ballast (b)", "INSERT INTO ballast VALUES (randomblob(9000))");
    }

    private static int count(Database database, String body) throws SQLException {
        return Integer.parseInt(TestSql.value(database, "SELECT count(*) FROM entry WHERE body = '" + body + "'"));
    }

    private List<String> problems() {
        return events.of(SyncEvent.SyncFailed.class).stream()
                .map(SyncEvent.SyncFailed::problem)
                .toList();
    }

    private Path restored() {
        Path copy = folder.resolve("copy-" + System.nanoTime() + ".db");
        Database.restore(RestoreRequest.builder()
                .replica(folder.resolve("replica").toUri())
                .name("ledger")
                .output(copy)
                .build());
        return copy;
    }

    private void assertRestoresIdentically() throws Exception {
        Path copy = restored();
        PlainSqlite.checkpoint(file());
        assertThat(Files.mismatch(file(), copy)).as("first differing byte").isEqualTo(-1);
        assertThat(PlainSqlite.run(copy, "PRAGMA integrity_check")).isEqualTo("ok");
    }
}
