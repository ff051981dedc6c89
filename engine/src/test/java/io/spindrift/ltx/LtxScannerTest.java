package io.spindrift.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.ltx.LtxHeader.RollingChecksums;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scanner reads what {@link LtxReader} reads and refuses what it refuses, however the file arrives. */
class LtxScannerTest {
    private final Random random = new Random(Long.getLong("spindrift.seed", 42));

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536})
    void anySplitGivesTheSamePages(int pageSize) throws Exception {
        byte[] file = file(pageSize, 40);
        Map<Integer, byte[]> expected = read(file);

        for (int round = 0; round < 50; round++) {
            assertThat(scan(file, randomSplit(file.length, 1 + random.nextInt(30)), true))
                    .containsExactlyEntriesOf(expected);
        }
    }

    @Test
    void aFileThatArrivesByteByByteGivesTheSamePages() throws Exception {
        byte[] file = file(512, 3);

        assertThat(scan(file, everyByte(file.length), false)).containsExactlyEntriesOf(read(file));
    }

    /** A store that cannot tell how long an object is gives a last piece that is empty. */
    @Test
    void anEmptyPieceAfterTheEndChangesNothing() throws Exception {
        byte[] file = file(512, 3);
        int half = file.length / 2;

        assertThat(scan(file, new int[] {half, file.length, file.length}, true)).containsExactlyEntriesOf(read(file));
    }

    @Test
    void everyFlippedBitThatTheReaderFindsIsFound() throws Exception {
        byte[] file = file(512, 3);
        for (int bit = 0; bit < file.length * 8; bit++) {
            byte[] damaged = file.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            int[] split = randomSplit(file.length, 3);
            String said = sentence(() -> read(damaged));
            String scanned = sentence(() -> scan(damaged, split, false));
            assertThat(scanned.isEmpty())
                    .as("bit %d: %s / %s", bit, said, scanned)
                    .isEqualTo(said.isEmpty());
        }
    }

    @Test
    void everyLengthButTheRightOneIsFound() throws Exception {
        byte[] file = file(512, 3);
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> scan(cut, randomSplit(cut.length, 3), false))
                    .as("length %d", length)
                    .isInstanceOf(LtxFormatException.class)
                    .hasMessageContaining("ends early");
        }
        byte[] longer = Arrays.copyOf(file, file.length + 1);
        assertThatThrownBy(() -> scan(longer, new int[] {longer.length}, false))
                .hasMessageContaining("goes on after its end");
        assertThatThrownBy(() -> scan(longer, everyByte(longer.length), false))
                .hasMessageContaining("goes on after its end");
    }

    @Test
    void pagesThatAreNotWantedAreStillChecked() throws Exception {
        byte[] file = file(4096, 10);
        Map<Integer, byte[]> none = new TreeMap<>();
        scan(file, new int[] {file.length}, false, none, page -> page == 3);
        assertThat(none).containsOnlyKeys(3);

        file[file.length / 2] ^= 16;
        assertThatThrownBy(() -> scan(file, new int[] {file.length}, false, none, page -> false))
                .isInstanceOf(LtxFormatException.class);
    }

    @Test
    void anIndexThatSaysOtherThanThePagesIsFoundThoughTheChecksumFits() throws Exception {
        byte[] file = file(512, 3);
        Map<Integer, byte[]> pages = read(file);
        assertThat(scan(sealed(file.clone(), pages), new int[] {file.length}, false))
                .hasSameSizeAs(pages);

        file[file.length - 8 - 8 - 8 - 3] ^= 1; // in the last entry
        byte[] wrong = sealed(file, pages);

        assertThatThrownBy(() -> scan(wrong, new int[] {wrong.length}, false))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("page index that does not match");
    }

    /** Gives a file the checksum that its bytes have. */
    private static byte[] sealed(byte[] file, Map<Integer, byte[]> pages) {
        java.nio.ByteBuffer bytes = java.nio.ByteBuffer.wrap(file);
        Crc64 crc = new Crc64().update(file, 0, LtxHeader.BYTES);
        int at = LtxHeader.BYTES;
        for (int number = bytes.getInt(at); number != 0; number = bytes.getInt(at)) {
            crc.update(file, at, 10).update(pages.get(number), 0, 512);
            at += 10 + bytes.getInt(at + 6);
        }
        crc.update(file, at, file.length - 8 - at);
        bytes.putLong(file.length - 8, crc.value() | 1L << 63);
        return file;
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private static String sentence(Attempt attempt) throws IOException {
        try {
            attempt.run();
            return "";
        } catch (LtxFormatException e) {
            return e.getMessage();
        }
    }

    private Map<Integer, byte[]> scan(byte[] file, int[] split, boolean shuffled) throws IOException {
        Map<Integer, byte[]> pages = new TreeMap<>();
        scan(file, split, shuffled, pages, page -> true);
        return pages;
    }

    private void scan(
            byte[] file,
            int[] split,
            boolean shuffled,
            Map<Integer, byte[]> pages,
            java.util.function.IntPredicate wanted)
            throws IOException {
        int[] pageSize = new int[1];
        LtxScanner scanner = new LtxScanner("Segment x", new LtxScanner.Pages() {
            @Override
            public void header(LtxHeader header) {
                pageSize[0] = header.pageSize();
            }

            @Override
            public boolean wants(int pageNumber) {
                return wanted.test(pageNumber);
            }
        });
        List<LtxScanner.Frames> found = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < split.length; i++) {
            byte[] buffer = new byte[LtxScanner.HEADROOM + split[i] - at];
            System.arraycopy(file, at, buffer, LtxScanner.HEADROOM, split[i] - at);
            found.add(scanner.add(buffer, LtxScanner.HEADROOM, buffer.length, i == split.length - 1));
            at = split[i];
        }
        assertThat(scanner.ended()).isTrue();
        if (shuffled) {
            Collections.shuffle(found, random);
        }
        for (LtxScanner.Frames frames : found) {
            frames.decode(new LtxScanner.Sink() {
                private byte[] array;

                @Override
                public byte[] array() {
                    return array;
                }

                @Override
                public int place(int pageNumber) {
                    array = new byte[pageSize[0]];
                    pages.put(pageNumber, array);
                    return 0;
                }
            });
        }
    }

    private static Map<Integer, byte[]> read(byte[] file) throws IOException {
        Map<Integer, byte[]> pages = new TreeMap<>();
        LtxReader reader = new LtxReader(new ByteArrayInputStream(file), "Segment x");
        while (reader.next()) {
            pages.put(reader.pageNumber(), reader.page().clone());
        }
        return pages;
    }

    private int[] randomSplit(int length, int parts) {
        int[] ends = random.ints(parts, 0, length + 1).sorted().toArray();
        ends[parts - 1] = length;
        return ends;
    }

    private static int[] everyByte(int length) {
        return java.util.stream.IntStream.rangeClosed(1, length).toArray();
    }

    private byte[] file(int pageSize, int pages) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(
                out,
                new LtxHeader(
                        pageSize,
                        pages * 3,
                        7,
                        9,
                        Instant.EPOCH,
                        0,
                        0,
                        0,
                        0,
                        1,
                        Optional.of(new RollingChecksums(1, 2))));
        for (int page = 1; page <= pages; page++) {
            byte[] content = new byte[pageSize];
            if (page % 3 != 0) {
                random.nextBytes(content);
            }
            writer.writePage(page * 3, content);
        }
        writer.finish();
        return out.toByteArray();
    }
}
