package io.spindrift.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read from a write-ahead log is what SQLite reads from a copy of it. */
class WalFileTest {
    private static final int HEADER_BYTES = 32;
    private static final int FRAME_HEADER_BYTES = 24;

    @TempDir
    Path folder;

    private Path database;
    private Connection connection;
    private Statement statement;
    private int pageSize;

    @BeforeEach
    void create() throws SQLException {
        open(4096);
    }

    private void open(int size) throws SQLException {
        pageSize = size;
        database = folder.resolve("db-" + size);
        connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        statement = connection.createStatement();
        statement.execute("PRAGMA page_size=" + size);
        statement.execute("PRAGMA journal_mode=WAL");
        statement.execute("PRAGMA wal_autocheckpoint=0");
        statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body)");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536})
    void findsEveryCommitAndEveryPageAtEveryPageSize(int size) throws Exception {
        close();
        Files.deleteIfExists(database);
        open(size);
        for (int i = 0; i < 9; i++) {
            insert(3 * size);
        }

        WalScan scan = scanAll();

        assertThat(scan.commits()).isEqualTo(10);
        assertThat(scan.end().frames()).isEqualTo(framesInFile());
        assertThat(scan.databasePages()).isEqualTo(intValue("PRAGMA page_count"));
        assertIsWhatSqliteReads(scan);
    }

    @Test
    void aScanGoesOnWhereTheOneBeforeEnded() throws Exception {
        WalScan first = scanAll();
        insert(100);
        insert(100);

        WalScan second = scan(first.end());

        assertThat(second.from()).isEqualTo(first.end());
        assertThat(second.commits()).isEqualTo(2);
        assertThat(second.latest().values())
                .allMatch(offset -> offset > offsetOf(first.end().frames()));
        assertThat(scan(second.end()).isEmpty()).isTrue();
        assertThat(scan(second.end()).end()).isEqualTo(second.end());
    }

    @Test
    void framesSqliteDoesNotCallCommittedAreNotLookedAt() throws Exception {
        insert(100);
        long committed = framesInFile();
        insert(100);

        try (WalFile wal = wal()) {
            WalScan scan = wal.scan(WalPosition.EMPTY, committed, pageSize);
            assertThat(scan.end().frames()).isEqualTo(committed);
            assertThat(scan.commits()).isEqualTo(2);
        }
    }

    @Test
    void pagesThatSpilledBeforeTheirCommitAreNotFoundUntilThen() throws Exception {
        WalScan before = scanAll();
        statement.execute("PRAGMA cache_size=2");
        connection.setAutoCommit(false);
        for (int i = 0; i < 20; i++) {
            insert(8000);
        }
        assertThat(framesInFile()).as("spilled").isGreaterThan(before.end().frames() + 10);

        WalScan during = scan(before.end());

        assertThat(during.isEmpty()).isTrue();
        assertThat(during.end()).isEqualTo(before.end());

        connection.rollback();
        connection.setAutoCommit(true);
        insert(10); // overwrites the spilled frames in place
        WalScan after = scan(during.end());
        assertThat(after.commits()).isEqualTo(1);
        assertIsWhatSqliteReads(scanAll());
    }

    @Test
    void aSpilledTransactionThatCommitsIsFoundWhole() throws Exception {
        statement.execute("PRAGMA cache_size=2");
        connection.setAutoCommit(false);
        for (int i = 0; i < 20; i++) {
            insert(8000);
        }
        connection.commit();
        connection.setAutoCommit(true);

        WalScan scan = scanAll();

        assertThat(scan.commits()).isEqualTo(2);
        assertIsWhatSqliteReads(scan);
    }

    @Test
    void aTornTailEndsTheLogAtTheCommitBeforeItWhereverItIsTorn() throws Exception {
        insert(100);
        WalScan whole = scanAll();
        insert(9000);
        long bytes = Files.size(walPath());
        for (long length : new long[] {
            bytes - 1,
            bytes - pageSize,
            bytes - pageSize - 1,
            offsetOf(whole.end().frames()) + 5
        }) {
            Path copy = copyOfLog("torn-" + length);
            try (FileChannel log = FileChannel.open(walOf(copy), StandardOpenOption.WRITE)) {
                log.truncate(length);
            }
            try (WalFile wal = new WalFile(walOf(copy))) {
                WalScan scan = wal.scan(WalPosition.EMPTY, Long.MAX_VALUE, pageSize);
                assertThat(scan.end()).as("torn at %d", length).isEqualTo(whole.end());
                assertThat(scan.latest()).isEqualTo(whole.latest());
            }
        }
    }

    @Test
    void aFlippedBitAnywhereEndsTheLogAtTheCommitBeforeItAsItDoesForSqlite() throws Exception {
        for (int i = 0; i < 5; i++) {
            insert(3000);
        }
        Random random = new Random(42);
        long bytes = Files.size(walPath());
        for (int i = 0; i < 60; i++) {
            long at = i < 4 ? i * 9L : (long) (random.nextDouble() * bytes);
            Path copy = copyOfLog("flipped-" + i);
            flip(walOf(copy), at, 1 << random.nextInt(8));
            WalScan scan;
            try (WalFile wal = new WalFile(walOf(copy))) {
                scan = wal.scan(WalPosition.EMPTY, Long.MAX_VALUE, pageSize);
            }
            assertThat(scan.commits())
                    .as("commits before the flipped bit at %d", at)
                    .isEqualTo(commitsSqliteSees(copy));
        }
    }

    @Test
    void aLogThatWasStartedOverIsReadFromItsNewBeginningAndSaysSo() throws Exception {
        insert(9000);
        WalScan before = scanAll();
        statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
        insert(10); // everything was copied: SQLite begins the file anew and leaves old frames behind

        WalScan after = scan(before.end());

        assertThat(after.from().sameLog(before.end())).isFalse();
        assertThat(after.from().frames()).isZero();
        assertThat(after.commits()).isEqualTo(1);
        assertThat(after.end().frames()).isLessThan(framesInFile());
        assertThat(after.end().frames()).isLessThan(before.end().frames());
    }

    @Test
    void anEmptiedAMissingAndAForeignLogHoldNothing() throws Exception {
        insert(100);
        WalPosition position = scanAll().end();
        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");

        assertThat(scan(position).isEmpty()).isTrue();
        assertThat(scan(position).end()).isEqualTo(WalPosition.EMPTY);
        try (WalFile missing = new WalFile(folder.resolve("missing-wal"))) {
            assertThat(missing.bytes()).isZero();
            assertThat(missing.start()).isEqualTo(WalPosition.EMPTY);
            assertThat(missing.scan(WalPosition.EMPTY, Long.MAX_VALUE, 4096).isEmpty())
                    .isTrue();
        }
        Path foreign = Files.write(folder.resolve("foreign-wal"), new byte[10_000]);
        try (WalFile wal = new WalFile(foreign)) {
            assertThat(wal.scan(WalPosition.EMPTY, Long.MAX_VALUE, 4096).isEmpty())
                    .isTrue();
        }
    }

    @Test
    void aLogOfAnotherPageSizeIsRefused() throws Exception {
        insert(100);
        try (WalFile wal = wal()) {
            assertThatThrownBy(() -> wal.scan(WalPosition.EMPTY, Long.MAX_VALUE, 8192))
                    .isInstanceOf(IOException.class)
                    .hasMessage("db-4096-wal has pages of 4096 bytes, the database has 8192; it belongs to another"
                            + " database");
        }
    }

    @Test
    void pagesCutOffByAShrinkingVacuumAreNotPartOfTheResult() throws Exception {
        for (int i = 0; i < 20; i++) {
            insert(8000);
        }
        statement.execute("DELETE FROM t");
        statement.execute("VACUUM");
        int pages = intValue("PRAGMA page_count");

        WalScan scan = scanAll();

        assertThat(scan.databasePages()).isEqualTo(pages);
        assertThat(scan.smallestPages()).isLessThanOrEqualTo(pages);
        assertThat(scan.latest().lastKey()).isLessThanOrEqualTo(pages);
        assertIsWhatSqliteReads(scan);
    }

    // ----

    private void insert(int bytes) throws SQLException {
        statement.execute("INSERT INTO t (body) VALUES (randomblob(" + bytes + "))");
    }

    private int intValue(String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.getInt(1);
        }
    }

    private Path walPath() {
        return walOf(database);
    }

    private static Path walOf(Path file) {
        return file.resolveSibling(file.getFileName() + "-wal");
    }

    private WalFile wal() {
        return new WalFile(walPath());
    }

    private WalScan scanAll() throws IOException {
        return scan(WalPosition.EMPTY);
    }

    private WalScan scan(WalPosition from) throws IOException {
        try (WalFile wal = wal()) {
            return wal.scan(from, Long.MAX_VALUE, pageSize);
        }
    }

    private long framesInFile() throws IOException {
        return (Files.size(walPath()) - HEADER_BYTES) / (FRAME_HEADER_BYTES + pageSize);
    }

    private long offsetOf(long frame) {
        return HEADER_BYTES + frame * (FRAME_HEADER_BYTES + pageSize);
    }

    private static void flip(Path file, long at, int bit) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int found = bytes.read();
            bytes.seek(at);
            bytes.write(found ^ bit);
        }
    }

    /** A copy of file and log, as a crash at this moment would leave them. */
    private Path copyOfLog(String name) throws IOException {
        Path copy = folder.resolve(name);
        Files.copy(database, copy);
        Files.copy(walPath(), walOf(copy));
        return copy;
    }

    /** How many commits SQLite's own recovery finds: one created the table, each of the others added a row. */
    private static int commitsSqliteSees(Path copy) throws SQLException {
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + copy);
                Statement query = other.createStatement()) {
            try (ResultSet tables = query.executeQuery("SELECT count(*) FROM sqlite_schema")) {
                if (tables.getInt(1) == 0) {
                    return 0;
                }
            }
            try (ResultSet rows = query.executeQuery("SELECT count(*) FROM t")) {
                return 1 + rows.getInt(1);
            }
        }
    }

    /** The file, covered by the pages found, is what SQLite makes of file and log by a checkpoint. */
    private void assertIsWhatSqliteReads(WalScan scan) throws Exception {
        Path ours = folder.resolve("ours");
        Files.copy(database, ours);
        try (WalFile wal = wal();
                FileChannel out = FileChannel.open(ours, StandardOpenOption.WRITE)) {
            byte[] page = new byte[pageSize];
            for (Map.Entry<Integer, Long> image : scan.latest().entrySet()) {
                wal.readPage(image.getValue(), page);
                out.write(ByteBuffer.wrap(page), (image.getKey() - 1L) * pageSize);
            }
            out.truncate((long) scan.databasePages() * pageSize);
        }
        Path theirs = copyOfLog("theirs");
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + theirs);
                Statement checkpoint = other.createStatement()) {
            checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        assertThat(Files.mismatch(ours, theirs)).as("first differing byte").isEqualTo(-1);
    }
}
