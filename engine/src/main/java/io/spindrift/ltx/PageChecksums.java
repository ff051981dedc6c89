package io.spindrift.ltx;

import java.util.Arrays;

/**
 * The checksum of every page of a database, and their XOR: LTX's rolling database checksum.
 *
 * <p>The rolling checksum is 0 for an empty database; otherwise bit 63 is set and the other bits are the XOR over all
 * pages of CRC-64/GO-ISO over the page number (4 bytes, big-endian) and the page. The lock page (the one that holds the
 * byte at 1 GiB) is left out. 8 bytes of memory a page. Not thread-safe.
 */
public final class PageChecksums {
    private static final long FLAG = 1L << 63;
    private static final int LOCK_BYTE = 0x4000_0000;
    private static final int FIRST_CAPACITY = 256;

    private final int pageSize;
    private long[] byPage = new long[FIRST_CAPACITY];
    private int pages;
    private long xor;

    /** Checksums of an empty database of that page size. */
    public PageChecksums(int pageSize) {
        this.pageSize = pageSize;
    }

    /** The page that holds the byte at 1 GiB, which SQLite never writes, for a page size. */
    public static int lockPage(int pageSize) {
        return LOCK_BYTE / pageSize + 1;
    }

    /** The checksum of one page, with bit 63 set. */
    public static long ofPage(int pageNumber, byte[] page) {
        return ofPage(pageNumber, page, 0, page.length);
    }

    /** The checksum of a page that is a part of an array. */
    public static long ofPage(int pageNumber, byte[] bytes, int offset, int pageSize) {
        return Crc64.ofPage(pageNumber, bytes, offset, pageSize) | FLAG;
    }

    /** The rolling checksum of a database from the XOR of the checksums of its pages. */
    public static long rolling(long xorOfPages, int pages) {
        return pages == 0 ? 0 : xorOfPages | FLAG;
    }

    /** The rolling checksum of a database with pages, from the XOR of what {@link #ofPage} gives for each. */
    public static long rolling(long xorOfPages) {
        return xorOfPages | FLAG;
    }

    /** Number of pages of the database. */
    public int pages() {
        return pages;
    }

    public int pageSize() {
        return pageSize;
    }

    /** The checksum of a page, 0 if it is beyond the end or the lock page. */
    public long of(int pageNumber) {
        return pageNumber <= pages ? byPage[pageNumber - 1] : 0;
    }

    /** The rolling checksum. */
    public long rolling() {
        return rolling(xor, pages);
    }

    /** The rolling checksum as it will be once {@code changed} pages were set and the size is {@code newPages}. */
    public long rollingAfter(int[] pageNumbers, long[] checksums, int newPages) {
        long result = xor;
        for (int i = 0; i < pageNumbers.length; i++) {
            int page = pageNumbers[i];
            if (page <= pages && page <= newPages) {
                result ^= byPage[page - 1];
            }
            result ^= checksums[i];
        }
        for (int page = newPages + 1; page <= pages; page++) {
            result ^= byPage[page - 1];
        }
        return newPages == 0 ? 0 : result | FLAG;
    }

    /** Sets the checksum of a page, growing the database up to it. */
    public void set(int pageNumber, long checksum) {
        if (pageNumber == lockPage(pageSize)) {
            throw new IllegalArgumentException("Page " + pageNumber + " is the lock page and has no checksum");
        }
        if (pageNumber > byPage.length) {
            long doubled = Math.min(byPage.length * 2L, Integer.MAX_VALUE - 8);
            byPage = Arrays.copyOf(byPage, (int) Math.max(pageNumber, doubled));
        }
        if (pageNumber > pages) {
            pages = pageNumber;
        }
        xor ^= byPage[pageNumber - 1] ^ checksum;
        byPage[pageNumber - 1] = checksum;
    }

    /** Sets the number of pages; those beyond it are removed. */
    public void resize(int newPages) {
        for (int page = newPages + 1; page <= pages; page++) {
            xor ^= byPage[page - 1];
            byPage[page - 1] = 0;
        }
        if (newPages > byPage.length) {
            byPage = Arrays.copyOf(byPage, newPages);
        }
        pages = newPages;
    }
}
