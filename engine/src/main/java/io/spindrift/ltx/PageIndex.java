package io.spindrift.ltx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The page index of a file that is being written. Until it is written it holds, for every page, how far its number is
 * from the last one's and the size of its frame: about 3 bytes a page, 8 MB for a database of 10 GB in pages of 4 KiB.
 * Not thread-safe.
 */
final class PageIndex {
    private static final int CHUNK_BYTES = 1 << 16;
    private static final int LONGEST_VARINT = 10;

    private final List<byte[]> chunks = new ArrayList<>();
    private int used = CHUNK_BYTES;
    private long entries;
    private int lastPage;

    /** Takes a piece of the encoded index. */
    @FunctionalInterface
    interface Sink {
        void write(byte[] bytes, int length) throws IOException;
    }

    void add(int pageNumber, int frameBytes) {
        put(pageNumber - lastPage);
        put(frameBytes);
        lastPage = pageNumber;
        entries++;
    }

    /**
     * Writes {@code (page number, offset, frame size)*, 0} as unsigned varints.
     *
     * @param firstFrame offset of the first frame
     * @return how many bytes that were
     */
    long writeTo(Sink sink, long firstFrame) throws IOException {
        Reader packed = new Reader();
        byte[] piece = new byte[CHUNK_BYTES];
        int filled = 0;
        long written = 0;
        long pageNumber = 0;
        long offset = firstFrame;
        for (long i = 0; i < entries; i++) {
            pageNumber += packed.next();
            long frameBytes = packed.next();
            filled = encode(pageNumber, piece, filled);
            filled = encode(offset, piece, filled);
            filled = encode(frameBytes, piece, filled);
            offset += frameBytes;
            if (filled > piece.length - 3 * LONGEST_VARINT) {
                sink.write(piece, filled);
                written += filled;
                filled = 0;
            }
        }
        filled = encode(0, piece, filled);
        sink.write(piece, filled);
        return written + filled;
    }

    private void put(long value) {
        if (used > CHUNK_BYTES - LONGEST_VARINT) {
            chunks.add(new byte[CHUNK_BYTES]);
            used = 0;
        }
        used = encode(value, chunks.get(chunks.size() - 1), used);
    }

    private static int encode(long value, byte[] into, int at) {
        int next = at;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            into[next++] = (byte) (rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        into[next++] = (byte) rest;
        return next;
    }

    /** Goes through the chunks as {@link #put} filled them. */
    private final class Reader {
        private int chunk;
        private int at;

        long next() {
            if (at > CHUNK_BYTES - LONGEST_VARINT) {
                chunk++;
                at = 0;
            }
            byte[] from = chunks.get(chunk);
            long value = 0;
            int shift = 0;
            byte next;
            do {
                next = from[at++];
                value |= (long) (next & 0x7f) << shift;
                shift += 7;
            } while (next < 0);
            return value;
        }
    }
}
