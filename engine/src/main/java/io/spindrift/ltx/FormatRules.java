package io.spindrift.ltx;

import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** What every page of an LTX file has to keep to, wherever it is read, and the sentences that say it does not. */
record FormatRules(String file, LZ4SafeDecompressor decompressor) {
    FormatRules(String file) {
        this(file, PageCompression.fastest().decompressor());
    }

    /** The largest size of a compressed page. */
    static int maxCompressed(int pageSize) {
        return PageCompression.fastest().compressor().maxCompressedLength(pageSize);
    }

    void requirePlace(LtxHeader header, int previous, int number) throws LtxFormatException {
        if (number <= previous || number > header.pages()) {
            throw broken("has page " + Integer.toUnsignedLong(number) + " after page " + previous + " in a database of "
                    + header.pages() + " pages");
        }
        if (number == PageChecksums.lockPage(header.pageSize())) {
            throw broken("carries the lock page " + number + ", which is never written");
        }
    }

    void requireForm(int number, int flags, int size, int maxCompressed) throws LtxFormatException {
        if (flags != LtxWriter.FRAME_FLAG_SIZE) {
            throw broken("has page " + number + " in a form this version does not read (flags " + flags + ")");
        }
        if (size < 0 || size > maxCompressed) {
            throw broken("says page " + number + " takes " + Integer.toUnsignedLong(size) + " bytes, at most "
                    + maxCompressed + " are possible");
        }
    }

    void decompress(int number, byte[] from, int at, int size, byte[] to, int offset, int pageSize)
            throws LtxFormatException {
        try {
            int length = decompressor.decompress(from, at, size, to, offset, pageSize);
            if (length != pageSize) {
                throw broken("has page " + number + " of " + length + " bytes, expected " + pageSize);
            }
        } catch (LZ4Exception e) {
            throw broken("has page " + number + " that cannot be decompressed");
        }
    }

    /** A file that begins the history has every page. */
    void requireComplete(LtxHeader header, int pagesRead) throws LtxFormatException {
        if (header.minTxid() == 1) {
            int lockPage = PageChecksums.lockPage(header.pageSize());
            int expected = header.pages() >= lockPage ? header.pages() - 1 : header.pages();
            if (pagesRead != expected) {
                throw broken("begins the history but has " + pagesRead + " of " + expected + " pages");
            }
        }
    }

    void requireChecksum(long expected, long found) throws LtxFormatException {
        if (found != expected) {
            throw broken("fails its checksum: expected " + String.format("%016x, found %016x", expected, found));
        }
    }

    LtxFormatException endsEarly(long offset) {
        return broken("ends early, after byte " + offset);
    }

    LtxFormatException goesOn(long offset) {
        return broken("goes on after its end at byte " + offset);
    }

    LtxFormatException wrongIndex() {
        return broken("has a page index that does not match its pages");
    }

    LtxFormatException broken(String how) {
        return new LtxFormatException(file + " " + how + "; the object is damaged");
    }
}
