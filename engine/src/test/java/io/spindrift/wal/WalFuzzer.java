package io.spindrift.wal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Scans logs. The first byte says what the rest is: a log as it is, or one whose checksums are put right up to a frame
 * the next byte names, so that the code behind them is reached; then a second, naive reading has to find the same pages.
 */
public final class WalFuzzer {
    private static final int[] PAGE_SIZES = {512, 1024, 4096, 512};
    private static final int HEADER = 32;
    private static final int FRAME_HEADER = 24;

    private static Path file;

    private WalFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        int pageSize = PAGE_SIZES[input[0] >> 1 & 3];
        byte[] log = Arrays.copyOfRange(input, 2, input.length);
        boolean repair = (input[0] & 1) != 0 && log.length >= HEADER;
        if (repair) {
            repair(log, pageSize, input[1] & 0xff, (input[0] & 8) != 0);
        }
        try (WalFile wal = new WalFile(write(log))) {
            WalScan scan = wal.scan(WalPosition.EMPTY, Long.MAX_VALUE, pageSize);
            require(scan, log, pageSize);
            byte[] page = new byte[pageSize];
            for (long offset : scan.latest().values()) {
                wal.readPage(offset, page);
            }
            if (repair) {
                requireSame(scan, log, pageSize, input[1] & 0xff);
            }
        } catch (IOException declared) {
            if (repair) {
                throw new AssertionError("A log with right checksums was refused", declared);
            }
        }
    }

    /** A log of two transactions, in both byte orders, and the same without its last bytes. */
    public static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (int kind : new int[] {1, 9, 3, 5}) {
            int pageSize = PAGE_SIZES[kind >> 1 & 3];
            ByteBuffer log = ByteBuffer.allocate(2 + HEADER + 3 * (FRAME_HEADER + pageSize));
            log.put((byte) kind).put((byte) 3).position(2 + HEADER);
            for (int frame = 0; frame < 3; frame++) {
                log.putInt(frame + 1).putInt(frame == 1 ? 0 : frame + 2);
                log.position(log.position() + FRAME_HEADER - 8 + pageSize);
            }
            seeds.add(log.array());
            seeds.add(Arrays.copyOf(log.array(), log.capacity() - 7));
        }
        return seeds;
    }

    private static void require(WalScan scan, byte[] log, int pageSize) {
        boolean sane = scan.databasePages() >= 0
                && scan.end().frames() <= Math.max(0, log.length - HEADER) / (FRAME_HEADER + pageSize)
                && scan.latest().keySet().stream().allMatch(page -> page > 0 && page <= scan.databasePages());
        if (!sane) {
            throw new AssertionError("A scan gave " + scan);
        }
    }

    private static void requireSame(WalScan scan, byte[] log, int pageSize, int frames) {
        ByteBuffer bytes = ByteBuffer.wrap(log);
        Map<Integer, Long> committed = new TreeMap<>();
        Map<Integer, Long> open = new TreeMap<>();
        int pages = 0;
        for (int frame = 0, at = HEADER;
                frame < frames && at + FRAME_HEADER + pageSize <= log.length;
                frame++, at += FRAME_HEADER + pageSize) {
            int page = bytes.getInt(at);
            int after = bytes.getInt(at + 4);
            if (page <= 0 || after < 0) {
                break;
            }
            open.put(page, (long) at + FRAME_HEADER);
            if (after > 0) {
                committed.putAll(open);
                open.clear();
                committed.keySet().removeIf(p -> p > after);
                pages = after;
            }
        }
        if (!committed.equals(scan.latest()) || pages != scan.databasePages()) {
            throw new AssertionError("A scan gave " + scan + ", expected " + committed + " of " + pages + " pages");
        }
    }

    /** Makes the header right, and so many frames; the checksum of the one after them is made wrong. */
    private static void repair(byte[] log, int pageSize, int frames, boolean bigEndian) {
        ByteOrder order = bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer bytes = ByteBuffer.wrap(log);
        bytes.putInt(0, bigEndian ? 0x377f0683 : 0x377f0682)
                .putInt(4, 3_007_000)
                .putInt(8, pageSize);
        int[] sum = add(log, 0, 24, order, new int[2]);
        bytes.putInt(24, sum[0]).putInt(28, sum[1]);
        int at = HEADER;
        for (int frame = 0; at + FRAME_HEADER + pageSize <= log.length; frame++, at += FRAME_HEADER + pageSize) {
            bytes.putInt(at + 8, bytes.getInt(16)).putInt(at + 12, bytes.getInt(20));
            sum = add(log, at, 8, order, sum);
            sum = add(log, at + FRAME_HEADER, pageSize, order, sum);
            bytes.putInt(at + 16, frame < frames ? sum[0] : ~sum[0]).putInt(at + 20, sum[1]);
        }
    }

    private static int[] add(byte[] bytes, int from, int length, ByteOrder order, int[] sum) {
        ByteBuffer words = ByteBuffer.wrap(bytes).order(order);
        int first = sum[0];
        int second = sum[1];
        for (int at = from; at < from + length; at += 8) {
            first += words.getInt(at) + second;
            second += words.getInt(at + 4) + first;
        }
        return new int[] {first, second};
    }

    private static Path write(byte[] log) {
        try {
            if (file == null) {
                file = Files.createTempFile("fuzz", "-wal");
                file.toFile().deleteOnExit();
            }
            return Files.write(file, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
