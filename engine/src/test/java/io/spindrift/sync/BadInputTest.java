package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.ConfigKey;
import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.RestorePolicy;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.testing.ChildJvm;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user can get wrong: one sentence that names the thing and the remedy, and nothing of what exists is touched. */
class BadInputTest {
    @TempDir
    Path folder;

    @Test
    void aDirectoryAsThePath() throws Exception {
        Path directory = Files.createDirectory(folder.resolve("directory"));

        assertRefused(
                config(directory), "The path " + directory + " of database ledger is a directory; name a file in it");
        assertThat(directory).isEmptyDirectory();
        assertThat(replica()).doesNotExist();
    }

    @Test
    void aFolderThatCannotBeCreated() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");

        assertRefused(
                config(file.resolve("ledger.db")),
                "The folder " + file + " of database ledger cannot be created"
                        + " (java.nio.file.FileAlreadyExistsException: " + file
                        + "); create it for this process, or name another path");
        assertThat(file).hasContent("not a folder");
    }

    @Test
    void aFileThatCannotBeReadOrWritten() throws Exception {
        Path file = Files.writeString(folder.resolve("ledger.db"), "x");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(file), "this user may read every file");

        assertRefused(
                config(file),
                "The file " + file + " of database ledger cannot be read and written by this process; change its"
                        + " permissions");
    }

    @Test
    void aFileWhereTheFolderBesideTheDatabaseBelongs() throws Exception {
        Path inTheWay = Files.writeString(folder.resolve("ledger.db-spindrift"), "mine");

        assertRefused(
                config(),
                "Database ledger cannot use " + inTheWay
                        + " (FileAlreadyExistsException); check the file, its folder and its disk");
        assertThat(inTheWay).hasContent("mine");
    }

    @ParameterizedTest
    @CsvSource({
        "This is a letter and no database. It is longer than the header of a database is: more than one"
                + " hundred bytes",
        "short"
    })
    void aFileThatIsNotADatabase(String content) throws Exception {
        Path file = Files.writeString(folder.resolve("ledger.db"), content);

        assertRefused(
                config(), "The file " + file + " is not a SQLite database; name another path or move the file away");

        assertThat(file).hasContent(content);
        assertNothingWasShipped();
    }

    @Test
    void aDatabaseThatIsDamagedIsNotShipped() throws Exception {
        Path file = folder.resolve("ledger.db");
        PlainSqlite.run(file, "CREATE TABLE t (id INTEGER PRIMARY KEY, body)");
        PlainSqlite.run(file, "INSERT INTO t (body) VALUES (randomblob(100000))");
        byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, 4096, 8192, (byte) 0x5a);
        Files.write(file, bytes);

        assertRefused(
                config(),
                "The database " + file + " fails quick_check and is not shipped; repair it, or move it away to restore"
                        + " from the replica");
        assertNothingWasShipped();
    }

    @Test
    void aReplicaOfAnotherPageSize() throws Exception {
        ship("kept");
        Files.move(folder.resolve("ledger.db"), folder.resolve("shipped.db"));
        deleteSidecar();
        Path file = folder.resolve("ledger.db");
        createWithPages(file, 8192);
        byte[] before = Files.readAllBytes(file);

        assertRefused(
                config(),
                "The database " + file + " has pages of 8192 bytes, its replica file://"
                        + replica().resolve("databases/ledger")
                        + " has pages of 4096; a page size cannot change within a replica: use another replica-url, or"
                        + " set restore=replace to set the file aside and restore");

        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        assertThat(restored("copy.db", "SELECT body FROM note")).isEqualTo("kept");
    }

    @Test
    void theRemedyForAnotherPageSizeWorks() throws Exception {
        ship("kept");
        Files.delete(folder.resolve("ledger.db"));
        deleteSidecar();
        createWithPages(folder.resolve("ledger.db"), 8192);

        try (Database database = Database.open(config(folder.resolve("ledger.db"))
                .restore(RestorePolicy.REPLACE)
                .build())) {
            assertThat(TestSql.value(database, "SELECT body FROM note")).isEqualTo("kept");
        }
        try (Stream<Path> lost = Files.walk(folder.resolve("ledger.db-spindrift/lost"))) {
            assertThat(lost.filter(Files::isRegularFile).map(Path::getFileName).map(Path::toString))
                    .contains("ledger.db");
        }
    }

    @Test
    void aDamagedSegment() throws Exception {
        ship("kept");
        List<Path> objects;
        try (Stream<Path> files = Files.list(replica().resolve("databases/ledger/ltx/0"))) {
            objects = files.sorted().toList();
        }
        for (Path object : objects) {
            byte[] content = Files.readAllBytes(object);
            byte[] damaged = content.clone();
            damaged[content.length / 2] ^= 1;
            Files.write(object, damaged);
            String name = "0/" + object.getFileName().toString().substring(0, 16);

            assertThatThrownBy(() -> restored("copy.db", "SELECT 1"))
                    .isInstanceOf(SpindriftException.class)
                    .hasMessageStartingWith("The restore to " + folder.resolve("copy.db") + " failed: Segment " + name)
                    .hasMessageContaining("damaged");

            assertThat(folder.resolve("copy.db")).doesNotExist();
            assertThat(folder).isDirectoryNotContaining("glob:**copy.db*");
            Files.write(object, content);
        }
        assertThat(restored("copy.db", "SELECT body FROM note")).isEqualTo("kept");
    }

    @Test
    void aRestoreOfNothing() {
        assertThatThrownBy(() -> restored("copy.db", "SELECT 1"))
                .isInstanceOf(SpindriftException.class)
                .hasMessage("There is nothing to restore at file://" + replica().resolve("databases/ledger")
                        + "; check the URL and the name");
        assertThat(folder.resolve("copy.db")).doesNotExist();
    }

    @Test
    void thePositionBeforeTheFirst() throws Exception {
        ship("kept");

        assertThatThrownBy(() -> Database.restore(RestoreRequest.builder()
                        .replica(replica().toUri())
                        .name("ledger")
                        .output(folder.resolve("copy.db"))
                        .position(Position.NONE)
                        .build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessage("Position 0000000000000000 cannot be restored exactly: the nearest restorable positions are"
                        + " 0000000000000001");
        assertThat(folder.resolve("copy.db")).doesNotExist();
    }

    @Test
    void theSameFileTwiceInThisProcess() throws Exception {
        try (Database first = Database.open(config().build())) {
            DatabaseConfig second = config().name("second").build();
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> Database.open(second))
                        .isInstanceOf(SpindriftException.class)
                        .hasMessage("The database " + folder.resolve("ledger.db") + " is in use by this process, under"
                                + " another name or through another copy of the engine; stop it, or give this database"
                                + " another path");
            }
            assertThat(first.status().state()).isEqualTo(State.OPEN);
            // Looking at a lock must not loosen it.
            assertThat(openInAnotherProcess())
                    .contains("refused: The database " + folder.resolve("ledger.db")
                            + " is in use by another process; stop it, or give this database another path");
            TestSql.run(first, "CREATE TABLE t (x)");
            first.flush();
        }
        assertThat(openInAnotherProcess()).contains("opened");
    }

    @Test
    void theSameNameWithAnotherFileInThisProcess() {
        try (Database first = Database.open(config().build())) {
            Path other = folder.resolve("other.db");
            assertRefused(
                    config(other),
                    "Database ledger is open with the file " + folder.resolve("ledger.db") + ", not " + other
                            + "; give one of them another name");
            assertThat(first.status().state()).isEqualTo(State.OPEN);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "s3://bucket/prefix?region=eu-central-1&regoin=x | The replica URL has an unknown option \"regoin\"; the options are region, endpoint and path-style",
                "s3://bucket?region=x&secret-key=hushhush | The replica URL has an unknown option \"secret-key\"; the options are region, endpoint and path-style",
                "s3://bucket?region= | The option region of the replica URL is empty; give it a value",
                "s3://bucket?region=x&path-style=yes | The option path-style of the replica URL must be true or false, found \"yes\"",
                "s3://bucket?endpoint=http://k:hushhush@host | The option endpoint of the replica URL must be an address such as https://s3.example.com or http://127.0.0.1:9000, without credentials; correct it",
                "s3:///prefix?region=x | The replica URL names no bucket; write s3://bucket/prefix",
                "s3://bucket:9000/prefix?region=x | The replica URL for bucket bucket has a port or a fragment; a server of your own goes into ?endpoint=http://host:port",
            })
    void aReplicaUrlThatCannotBeUsed(String url, String sentence) {
        assertRefused(config().replica(URI.create(url)), sentence);
        assertThat(folder.resolve("ledger.db")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"file:", "file:relative/folder", "file://host/folder", "file:///folder?option=x"})
    void aFolderUrlThatCannotBeUsedIsOneSentence(String url) {
        assertThatThrownBy(() -> {
                    Database.open(config().set(ConfigKey.REPLICA_URL, url).build());
                })
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("file:///");
        assertThat(folder.resolve("ledger.db")).doesNotExist();
    }

    @Test
    void aReplicaFolderThatIsAFile() throws Exception {
        Path file = Files.writeString(folder.resolve("replica"), "mine");

        assertThatThrownBy(() -> Database.open(config().build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining(file.toString());
        assertThat(file).hasContent("mine");
        assertThat(folder.resolve("ledger.db")).doesNotExist();
    }

    @Test
    void aContainerGetsTheSentenceInTheStatusAndFromEveryConnection() throws Exception {
        Path file = Files.writeString(folder.resolve("ledger.db"), "x".repeat(200));
        String sentence = "The file " + file + " is not a SQLite database; name another path or move the file away";

        try (Database database =
                Database.start(config().build(), DatabaseEnvironment.standalone(DatabaseListener.NONE))) {
            assertThat(database.status().state()).isEqualTo(State.FAILED);
            assertThat(database.status().problem()).contains(sentence);
            assertThatThrownBy(() -> database.dataSource().getConnection()).hasMessage(sentence);
            assertThatThrownBy(database::flush).hasMessage(sentence);
            assertThatThrownBy(database::snapshot).hasMessage(sentence);
            Files.delete(file); // the remedy

            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(database.status().state()).isEqualTo(State.OPEN));
        }
    }

    /** Opens the database in another process, says what became of it, and closes it. */
    public static final class Opener {
        private Opener() {}

        public static void main(String[] arguments) {
            try (Database database = Database.open(DatabaseConfig.builder()
                    .name("ledger")
                    .path(Path.of(arguments[0]))
                    .replica(URI.create(arguments[1]))
                    .build())) {
                System.out.println("opened");
            } catch (SpindriftException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    private List<String> openInAnotherProcess() throws Exception {
        try (ChildJvm child = ChildJvm.start(
                Opener.class,
                folder.resolve("ledger.db").toString(),
                replica().toUri().toString())) {
            child.awaitExit(Duration.ofMinutes(1));
            return child.lines();
        }
    }

    private DatabaseConfig.Builder config() {
        return config(folder.resolve("ledger.db"));
    }

    private DatabaseConfig.Builder config(Path file) {
        return DatabaseConfig.builder()
                .name("ledger")
                .path(file)
                .replica(replica().toUri());
    }

    private Path replica() {
        return folder.resolve("replica");
    }

    private static void assertRefused(DatabaseConfig.Builder config, String sentence) {
        assertThatThrownBy(() -> Database.open(config.build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessage(sentence);
    }

    private void assertNothingWasShipped() throws Exception {
        Path ltx = replica().resolve("databases/ledger/ltx");
        assertThat(ltx).doesNotExist();
    }

    private void ship(String note) throws Exception {
        try (Database database = Database.open(config().build())) {
            TestSql.run(database, "CREATE TABLE note (body)", "INSERT INTO note VALUES ('" + note + "')");
            database.flush();
        }
    }

    private static void createWithPages(Path file, int pageSize) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size=" + pageSize);
            statement.execute("CREATE TABLE other (x)");
        }
    }

    private String restored(String output, String query) throws Exception {
        Path copy = folder.resolve(output);
        Database.restore(RestoreRequest.builder()
                .replica(replica().toUri())
                .name("ledger")
                .output(copy)
                .build());
        return PlainSqlite.run(copy, query);
    }

    private void deleteSidecar() throws Exception {
        try (Stream<Path> files = Files.walk(folder.resolve("ledger.db-spindrift"))) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        Files.deleteIfExists(folder.resolve("ledger.db-wal"));
        Files.deleteIfExists(folder.resolve("ledger.db-shm"));
    }
}
