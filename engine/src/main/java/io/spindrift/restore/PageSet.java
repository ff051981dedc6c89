package io.spindrift.restore;

import java.util.Arrays;

/** A set of page numbers: a bit a page, in blocks that exist once one of their pages is in. Not thread-safe. */
final class PageSet {
    private static final int BLOCK_BITS = 16;
    private static final int WORDS = 1 << BLOCK_BITS - 6;

    private long[][] blocks = new long[16][];

    /** Adds a page, 1 or greater; true if it was not there. */
    boolean add(int page) {
        int block = page >>> BLOCK_BITS;
        if (block >= blocks.length) {
            blocks = Arrays.copyOf(blocks, Math.max(block + 1, blocks.length * 2));
        }
        if (blocks[block] == null) {
            blocks[block] = new long[WORDS];
        }
        int word = page >>> 6 & WORDS - 1;
        long bit = 1L << (page & 63);
        boolean isNew = (blocks[block][word] & bit) == 0;
        blocks[block][word] |= bit;
        return isNew;
    }

    private boolean contains(int page) {
        int block = page >>> BLOCK_BITS;
        return block < blocks.length
                && blocks[block] != null
                && (blocks[block][page >>> 6 & WORDS - 1] & 1L << (page & 63)) != 0;
    }

    /** The first page from 1 to {@code last} that is not in, leaving out one that never is; 0 if all are. */
    int firstMissing(int last, int never) {
        for (int page = 1; page <= last && page > 0; page++) {
            if (page != never && !contains(page)) {
                return page;
            }
        }
        return 0;
    }
}
