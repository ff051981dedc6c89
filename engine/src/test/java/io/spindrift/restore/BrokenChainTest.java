package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.RestoreRequest;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.ltx.LtxWriter;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.sync.PlainSqlite;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects of which each is sound by itself, and which do not fit together. */
class BrokenChainTest {
    private static final int PAGE = 4096;

    @TempDir
    Path folder;

    private byte[] content;
    private int pages;

    @BeforeEach
    void makeADatabase() throws Exception {
        Path file = folder.resolve("original.db");
        PlainSqlite.run(file, "CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB)");
        PlainSqlite.run(file, "INSERT INTO entry (body) VALUES (randomblob(60000))");
        content = Files.readAllBytes(file);
        pages = content.length / PAGE;
    }

    @Test
    void aSoundChainIsRestored() throws Exception {
        write(1, pages, range(1, pages), Optional.of(new RollingChecksums(0, rolling())));
        write(2, pages, range(1, 1), Optional.of(new RollingChecksums(rolling(), rolling())));

        restore();

        assertThat(folder.resolve("copy.db")).hasBinaryContent(content);
    }

    @Test
    void aSegmentThatBeginsWithAnotherDatabaseIsNamed() throws Exception {
        write(1, pages, range(1, pages), Optional.of(new RollingChecksums(0, rolling())));
        write(2, pages, range(1, 1), Optional.of(new RollingChecksums(rolling() ^ 2, rolling())));

        assertRefused("Segment 0/0000000000000002 does not continue what lies before it");
    }

    @Test
    void aDatabaseThatIsNotWhatTheLastSegmentPromisesIsRefused() throws Exception {
        write(1, pages, range(1, pages), Optional.of(new RollingChecksums(0, rolling() ^ 2)));

        assertRefused("The restored file is not the database of position 0000000000000001");
    }

    /** The pages of before the database shrank must not take the place of those that are missing. */
    @Test
    void aSegmentThatGrowsTheDatabaseWithoutAllItsPagesIsRefused() throws Exception {
        write(1, pages, range(1, pages), Optional.empty());
        write(2, pages - 4, range(1, 1), Optional.empty());
        write(3, pages, range(pages - 1, pages), Optional.empty());

        assertRefused("Page " + (pages - 3) + " of the " + pages + " pages at position 0000000000000003 is in none");
    }

    @Test
    void aSegmentWithAnotherPageSizeIsRefused() throws Exception {
        write(1, pages, range(1, pages), Optional.empty());
        Path file = path(2);
        try (OutputStream out = Files.newOutputStream(file)) {
            LtxWriter writer =
                    new LtxWriter(out, new LtxHeader(512, pages, 2, 2, Instant.EPOCH, 0, 0, 0, 0, 0, Optional.empty()));
            writer.writePage(1, new byte[512]);
            writer.finish();
        }

        assertRefused("a page size cannot change within a replica");
    }

    private void assertRefused(String sentence) {
        assertThatThrownBy(this::restore).hasMessageContaining(sentence);
        assertThat(folder.resolve("copy.db")).doesNotExist();
        assertThat(folder).isDirectoryNotContaining("glob:**restoring*");
    }

    private void restore() {
        Database.restore(RestoreRequest.builder()
                .replica(folder.resolve("replica").toUri())
                .output(folder.resolve("copy.db"))
                .build());
    }

    private void write(long txid, int size, int[] numbers, Optional<RollingChecksums> checksums) throws Exception {
        try (OutputStream out = Files.newOutputStream(path(txid))) {
            LtxWriter writer =
                    new LtxWriter(out, new LtxHeader(PAGE, size, txid, txid, Instant.EPOCH, 0, 0, 0, 0, 0, checksums));
            for (int number : numbers) {
                writer.writePage(number, page(number));
            }
            writer.finish();
        }
    }

    private Path path(long txid) throws Exception {
        Path level = Files.createDirectories(folder.resolve("replica/ltx/0"));
        return level.resolve(String.format("%016x-%016x.ltx", txid, txid));
    }

    private byte[] page(int number) {
        return Arrays.copyOfRange(content, (number - 1) * PAGE, number * PAGE);
    }

    private long rolling() {
        PageChecksums checksums = new PageChecksums(PAGE);
        for (int number = 1; number <= pages; number++) {
            checksums.set(number, PageChecksums.ofPage(number, page(number)));
        }
        return checksums.rolling();
    }

    private static int[] range(int from, int to) {
        return java.util.stream.IntStream.rangeClosed(from, to).toArray();
    }
}
