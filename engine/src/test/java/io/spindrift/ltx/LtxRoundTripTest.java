package io.spindrift.ltx;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.ltx.LtxHeader.RollingChecksums;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LtxRoundTripTest {
    private static final Instant TIME = Instant.parse("2026-11-20T10:15:30.123Z");
    private static final RollingChecksums SUMS = new RollingChecksums(0x8123_4567_89ab_cdefL, 0xfedc_ba98_7654_3210L);

    @Test
    void everyFieldOfTheHeaderHasItsPlace() {
        ByteBuffer bytes = ByteBuffer.wrap(header(4096, 7, Optional.of(SUMS)).encode());

        assertThat(bytes.capacity()).isEqualTo(100);
        assertThat(new String(bytes.array(), 0, 4, US_ASCII)).isEqualTo("LTX1");
        assertThat(bytes.getInt(4)).as("NoChecksum").isEqualTo(2);
        assertThat(bytes.getInt(8)).isEqualTo(4096);
        assertThat(bytes.getInt(12)).isEqualTo(7);
        assertThat(bytes.getLong(16)).isEqualTo(0x2a);
        assertThat(bytes.getLong(24)).isEqualTo(0x2b);
        assertThat(bytes.getLong(32)).isEqualTo(TIME.toEpochMilli());
        assertThat(bytes.getLong(40)).as("pre-apply checksum, unused").isZero();
        assertThat(bytes.getLong(48)).isEqualTo(4152);
        assertThat(bytes.getLong(56)).isEqualTo(8240);
        assertThat(bytes.getInt(64)).isEqualTo(0x11111111);
        assertThat(bytes.getInt(68)).isEqualTo(0x22222222);
        assertThat(bytes.getLong(72)).isEqualTo(5);
    }

    @Test
    void theTagSpd1AndBothRollingChecksumsFillTheTwentyReservedBytes() {
        byte[] bytes = header(4096, 7, Optional.of(SUMS)).encode();

        assertThat(Arrays.copyOfRange(bytes, 80, 100))
                .isEqualTo(ByteBuffer.allocate(20)
                        .put("SPD1".getBytes(US_ASCII))
                        .putLong(SUMS.before())
                        .putLong(SUMS.after())
                        .array());
        assertThat(Arrays.copyOfRange(header(4096, 7, Optional.empty()).encode(), 80, 100))
                .containsOnly(0);
    }

    @Test
    void aHeaderIsReadAsItWasWritten() throws Exception {
        for (Optional<RollingChecksums> sums :
                java.util.List.of(Optional.of(SUMS), Optional.<RollingChecksums>empty())) {
            LtxHeader header = header(512, 3, sums);
            assertThat(LtxHeader.decode(header.encode(), "x")).isEqualTo(header);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536})
    void pagesAreReadAsTheyWereWritten(int pageSize) throws Exception {
        byte[] zero = new byte[pageSize];
        byte[] noise = new byte[pageSize];
        new Random(pageSize).nextBytes(noise);
        byte[] file = write(header(pageSize, 9, Optional.of(SUMS)), new int[] {2, 3, 9}, zero, noise, zero);

        LtxReader reader = new LtxReader(new ByteArrayInputStream(file), "x");

        assertThat(reader.header().pageSize()).isEqualTo(pageSize);
        assertNext(reader, 2, zero);
        assertNext(reader, 3, noise);
        assertNext(reader, 9, zero);
        assertThat(reader.next()).isFalse();
        assertThat(reader.next()).isFalse();
    }

    private static void assertNext(LtxReader reader, int number, byte[] page) throws IOException {
        assertThat(reader.next()).isTrue();
        assertThat(reader.pageNumber()).isEqualTo(number);
        assertThat(reader.page()).isEqualTo(page);
    }

    /** The checksum is over the pages, not over their compressed form: two forms of one page are both right. */
    @Test
    void everyFlippedBitIsFoundUnlessItChangesNoPage() throws Exception {
        byte[] noise = new byte[512];
        new Random(1).nextBytes(noise);
        byte[] file = write(header(512, 9, Optional.of(SUMS)), new int[] {2, 3}, new byte[512], noise);
        int found = 0;
        for (int bit = 0; bit < file.length * 8; bit++) {
            byte[] damaged = file.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                LtxReader reader = new LtxReader(new ByteArrayInputStream(damaged), "x");
                assertNext(reader, 2, new byte[512]);
                assertNext(reader, 3, noise);
                assertThat(reader.next()).isFalse();
                assertThat(reader.header()).isEqualTo(header(512, 9, Optional.of(SUMS)));
            } catch (LtxFormatException e) {
                found++;
            } catch (AssertionError wrongPage) {
                int damagedBit = bit;
                assertThatThrownBy(() -> readAll(damaged))
                        .as("bit %d", damagedBit)
                        .isInstanceOf(LtxFormatException.class);
                found++;
            }
        }
        assertThat(found).isGreaterThan(file.length * 8 * 9 / 10);
    }

    @Test
    void everyLengthButTheRightOneIsFound() throws Exception {
        byte[] file = write(header(512, 9, Optional.of(SUMS)), new int[] {2}, new byte[512]);
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> readAll(cut))
                    .as("length %d", length)
                    .isInstanceOf(LtxFormatException.class)
                    .hasMessageContaining("ends early");
        }
        assertThatThrownBy(() -> readAll(Arrays.copyOf(file, file.length + 1)))
                .hasMessageContaining("goes on after its end");
    }

    @Test
    void theLockPageIsNeitherWrittenNorRead() throws Exception {
        int lockPage = PageChecksums.lockPage(65_536);
        assertThat(lockPage).isEqualTo(16_385);
        assertThat(PageChecksums.lockPage(4096)).isEqualTo(262_145);
        LtxWriter writer = new LtxWriter(new ByteArrayOutputStream(), header(65_536, lockPage + 1, Optional.of(SUMS)));

        assertThatThrownBy(() -> writer.writePage(lockPage, new byte[65_536]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Page 16385");

        // The same file with the page before it renumbered.
        byte[] file =
                write(header(65_536, lockPage + 1, Optional.of(SUMS)), new int[] {lockPage - 1}, new byte[65_536]);
        ByteBuffer.wrap(file).putInt(LtxHeader.BYTES, lockPage);
        assertThatThrownBy(() -> readAll(file))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("carries the lock page 16385");
    }

    @Test
    void pagesComeInOrderAndWithinTheDatabase() throws Exception {
        LtxWriter writer = new LtxWriter(new ByteArrayOutputStream(), header(512, 5, Optional.of(SUMS)));
        writer.writePage(3, new byte[512]);

        for (int page : new int[] {0, 2, 3, 6}) {
            assertThatThrownBy(() -> writer.writePage(page, new byte[512]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> writer.writePage(4, new byte[511])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFileThatBeginsTheHistoryHasEveryPage() throws Exception {
        LtxHeader first = new LtxHeader(512, 3, 1, 1, TIME, 0, 0, 0, 0, 1, Optional.of(SUMS));

        assertThatThrownBy(() -> readAll(write(first, new int[] {1, 3}, new byte[512], new byte[512])))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("has 2 of 3 pages");
        readAll(write(first, new int[] {1, 2, 3}, new byte[512], new byte[512], new byte[512]));
    }

    @Test
    void theChecksumIsCrc64GoIso() {
        byte[] digits = "123456789".getBytes(US_ASCII);

        assertThat(Long.toHexString(new Crc64().update(digits, 0, digits.length).value()))
                .isEqualTo("b90956c775a41001");
        Crc64 parts = new Crc64();
        parts.update(digits, 0, 1).update(digits, 1, 8);
        assertThat(Long.toHexString(parts.value())).isEqualTo("b90956c775a41001");
    }

    @Test
    void inputsOfEveryLengthHaveTheChecksumThatOneBitAfterAnotherGives() {
        byte[] noise = new byte[70_000];
        new Random(3).nextBytes(noise);
        for (int length = 0; length < noise.length - 8; length += length < 2_100 ? 1 : 1_021) {
            int offset = length % 8;
            assertThat(new Crc64().update(noise, offset, length).value())
                    .as("length %d", length)
                    .isEqualTo(bitByBit(noise, offset, length));
        }
    }

    private static long bitByBit(byte[] bytes, int offset, int length) {
        long crc = ~0L;
        for (int i = offset; i < offset + length; i++) {
            crc ^= bytes[i] & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0xD800_0000_0000_0000L;
            }
        }
        return ~crc;
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536})
    void writingAndReadingAPageGiveItsChecksumOnTheWay(int pageSize) throws Exception {
        byte[] noise = new byte[pageSize];
        new Random(pageSize).nextBytes(noise);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, header(pageSize, 0x01020304, Optional.of(SUMS)));

        assertThat(writer.writePage(7, noise)).isEqualTo(PageChecksums.ofPage(7, noise));
        assertThat(writer.writePage(0x01020304, noise)).isEqualTo(PageChecksums.ofPage(0x01020304, noise));
        writer.finish();

        LtxReader reader = new LtxReader(new ByteArrayInputStream(out.toByteArray()), "x");
        assertNext(reader, 7, noise);
        assertThat(reader.pageChecksum()).isEqualTo(PageChecksums.ofPage(7, noise));
        assertNext(reader, 0x01020304, noise);
        assertThat(reader.pageChecksum()).isEqualTo(PageChecksums.ofPage(0x01020304, noise));
        assertThat(reader.next()).isFalse();
    }

    @Test
    void aHeaderThatIsCompletedAtTheEndGivesTheSameFile() throws Exception {
        byte[] noise = new byte[4096];
        new Random(4).nextBytes(noise);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, header(4096, 9, Optional.of(new RollingChecksums(SUMS.before(), 0))));
        writer.writePage(2, noise);
        writer.writePage(9, noise);

        LtxHeader completed = writer.finish(SUMS.after());

        byte[] file = out.toByteArray();
        System.arraycopy(completed.encode(), 0, file, 0, LtxHeader.BYTES);
        assertThat(file).isEqualTo(write(header(4096, 9, Optional.of(SUMS)), new int[] {2, 9}, noise, noise));
    }

    @Test
    void aPageIndexOfManyPiecesIsReadAsItWasWritten() throws Exception {
        byte[] page = new byte[512];
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, header(512, 300_000, Optional.of(SUMS)));
        Random random = new Random(5);
        int pages = 0;
        for (int number = 1; number < 300_000; number += 1 + random.nextInt(300)) {
            random.nextBytes(page);
            writer.writePage(number, page);
            writer.writePage(++number, new byte[512]);
            pages += 2;
        }
        writer.finish();

        LtxReader reader = new LtxReader(new ByteArrayInputStream(out.toByteArray()), "x");
        for (int i = 0; i < pages; i++) {
            assertThat(reader.next()).isTrue();
        }
        assertThat(reader.next()).isFalse();
    }

    @Test
    void theRollingChecksumIsTheXorOfThePagesWithoutTheLockPage() {
        byte[] a = new byte[512];
        byte[] b = new byte[512];
        new Random(2).nextBytes(b);
        PageChecksums checksums = new PageChecksums(512);
        assertThat(checksums.rolling()).isZero();

        checksums.set(1, PageChecksums.ofPage(1, a));
        checksums.set(2, PageChecksums.ofPage(2, b));

        assertThat(checksums.rolling()).isEqualTo(PageChecksums.ofPage(1, a) ^ PageChecksums.ofPage(2, b) | 1L << 63);
        assertThat(checksums.rollingAfter(
                        new int[] {2, 3}, new long[] {PageChecksums.ofPage(2, a), PageChecksums.ofPage(3, b)}, 3))
                .isEqualTo(PageChecksums.ofPage(1, a) ^ PageChecksums.ofPage(2, a) ^ PageChecksums.ofPage(3, b)
                        | 1L << 63);
        checksums.resize(1);
        assertThat(checksums.rolling()).isEqualTo(PageChecksums.ofPage(1, a));
        assertThatThrownBy(() -> checksums.set(PageChecksums.lockPage(512), 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static LtxHeader header(int pageSize, int pages, Optional<RollingChecksums> sums) {
        return new LtxHeader(pageSize, pages, 0x2a, 0x2b, TIME, 4152, 8240, 0x11111111, 0x22222222, 5, sums);
    }

    private static byte[] write(LtxHeader header, int[] numbers, byte[]... pages) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, header);
        for (int i = 0; i < numbers.length; i++) {
            writer.writePage(numbers[i], pages[i]);
        }
        writer.finish();
        assertThat(writer.bytes()).isEqualTo(out.size());
        return out.toByteArray();
    }

    private static void readAll(byte[] file) throws IOException {
        LtxReader reader = new LtxReader(new ByteArrayInputStream(file), "Segment x");
        while (reader.next()) {
            assertThat(reader.page()).hasSize(reader.header().pageSize());
        }
    }
}
