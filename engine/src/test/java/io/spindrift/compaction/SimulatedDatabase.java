package io.spindrift.compaction;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.ltx.LtxWriter;
import io.spindrift.ltx.PageChecksums;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Pages that change at random, and the segments that say so. */
final class SimulatedDatabase {
    private static final int SMALLEST_PAGE = 512;

    private final int pageSize;
    private final Random random;
    private final int mostPages;
    private final SortedMap<Integer, byte[]> pages = new TreeMap<>();
    private final PageChecksums checksums;
    private long txid;

    SimulatedDatabase(Random random, int mostPages) {
        this(random, mostPages, SMALLEST_PAGE);
    }

    SimulatedDatabase(Random random, int mostPages, int pageSize) {
        this.pageSize = pageSize;
        this.checksums = new PageChecksums(pageSize);
        this.random = random;
        this.mostPages = mostPages;
    }

    /** A finished segment. */
    record Encoded(LtxHeader header, byte[] content) {}

    long txid() {
        return txid;
    }

    int pageCount() {
        return checksums.pages();
    }

    /** The file's content. */
    byte[] image() {
        byte[] image = new byte[pages.size() * pageSize];
        pages.forEach((number, page) -> System.arraycopy(page, 0, image, (number - 1) * pageSize, pageSize));
        return image;
    }

    /** Writes some pages, and sometimes grows or shrinks. */
    Encoded nextGroup(Instant time, long epoch) {
        int size = checksums.pages();
        int newSize = size;
        if (size == 0 || random.nextInt(8) == 0 && size < mostPages) {
            newSize = size + 1 + random.nextInt(Math.max(1, mostPages / 8));
        } else if (random.nextInt(16) == 0) {
            newSize = 1 + random.nextInt(size);
        }
        SortedMap<Integer, byte[]> changed = new TreeMap<>();
        for (int page = size + 1; page <= newSize; page++) {
            changed.put(page, randomPage());
        }
        for (int i = random.nextInt(4); i >= 0; i--) {
            changed.put(1 + random.nextInt(newSize), randomPage());
        }
        return group(changed, newSize, time, epoch);
    }

    /** Page 1 as it is: what a new owner writes first. */
    Encoded claim(Instant time, long epoch) {
        return group(new TreeMap<>(pages.headMap(2)), checksums.pages(), time, epoch);
    }

    /** Writes the first so many pages at random: a database of that size. */
    Encoded fill(int newSize, Instant time, long epoch) {
        SortedMap<Integer, byte[]> all = new TreeMap<>();
        for (int page = 1; page <= newSize; page++) {
            all.put(page, halfRandomPage());
        }
        return group(all, newSize, time, epoch);
    }

    /** Writes that many pages of those there are. */
    Encoded change(int count, Instant time, long epoch) {
        SortedMap<Integer, byte[]> changed = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            changed.put(1 + random.nextInt(checksums.pages()), halfRandomPage());
        }
        return group(changed, checksums.pages(), time, epoch);
    }

    private byte[] halfRandomPage() {
        byte[] page = new byte[pageSize];
        byte[] half = new byte[pageSize / 2];
        random.nextBytes(half);
        System.arraycopy(half, 0, page, 0, half.length);
        return page;
    }

    private Encoded group(SortedMap<Integer, byte[]> changed, int newSize, Instant time, long epoch) {
        long before = checksums.rolling();
        changed.forEach((number, page) -> {
            pages.put(number, page);
            checksums.set(number, PageChecksums.ofPage(number, page));
        });
        checksums.resize(newSize);
        pages.tailMap(newSize + 1).clear();
        txid++;
        return encode(txid, changed, time, epoch, before);
    }

    /** All pages as they are. */
    Encoded snapshot(Instant time, long epoch) {
        return encode(1, pages, time, epoch, 0);
    }

    private Encoded encode(
            long minTxid, SortedMap<Integer, byte[]> changed, Instant time, long epoch, long checksumBefore) {
        LtxHeader header = new LtxHeader(
                pageSize,
                checksums.pages(),
                minTxid,
                txid,
                time,
                0,
                0,
                0,
                0,
                epoch,
                Optional.of(new RollingChecksums(checksumBefore, checksums.rolling())));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            LtxWriter writer = new LtxWriter(out, header);
            for (var page : changed.entrySet()) {
                writer.writePage(page.getKey(), page.getValue());
            }
            writer.finish();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Encoded(header, out.toByteArray());
    }

    private byte[] randomPage() {
        byte[] page = new byte[pageSize];
        Arrays.fill(page, 8, pageSize, (byte) random.nextInt());
        page[0] = (byte) random.nextInt();
        page[7] = (byte) random.nextInt();
        return page;
    }
}
