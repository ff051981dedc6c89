package io.spindrift.ltx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Reads one LTX file whose bytes arrive in pieces, so that several threads can decode its pages at once.
 *
 * <p>{@link #add} takes the pieces in order, one thread at a time, finds the page frames in them without decoding them,
 * and checks everything {@link LtxReader} checks of their order and of the page index. The {@link Frames} it answers may
 * be decoded by any thread at any time. The file checksum is put together from those of the pieces: it has been compared
 * when {@link #ended} is true and every {@link Frames#decode} has returned. Memory use is the piece, one frame, and some
 * bytes a piece.
 */
public final class LtxScanner {
    private static final int FRAME_BYTES = LtxWriter.FRAME_PREFIX_BYTES;

    /** How much of a frame can be left over at the end of a piece, and needs room before the next one. */
    public static final int HEADROOM = FRAME_BYTES + FormatRules.maxCompressed(1 << 16);

    private static final int TAIL_BYTES = Long.BYTES + LtxWriter.TRAILER_BYTES;

    private final FormatRules rules;
    private final Pages pages;
    private final List<Piece> pieces = new ArrayList<>();
    private final byte[] leftOver = new byte[HEADROOM];
    private final byte[] indexEntry = new byte[32];

    private Part part = Part.HEADER;
    private int leftOverBytes;
    private long offset;
    private LtxHeader header;
    private int lastPage;
    private int pagesRead;
    private long expectedIndexCrc;
    private long indexBytes;
    private long indexCrc;
    private long indexBytesRead;
    private long foundChecksum;

    /** Pieces whose checksum is not known yet, and one for the end of the file. Guarded by {@code pieces}. */
    private int unfinished = 1;

    private enum Part {
        HEADER,
        FRAMES,
        INDEX,
        TAIL,
        END
    }

    /** Is told of what is found, in order, by the thread that adds. */
    public interface Pages {
        /** The header, before any page. */
        void header(LtxHeader header) throws IOException;

        /** Whether the page's content is wanted; otherwise it is only checked. */
        boolean wants(int pageNumber);
    }

    /** Takes decoded pages, in ascending order within one {@link Frames}. */
    public interface Sink {
        /** The array into which the next page is decoded. */
        byte[] array();

        /** Makes room for a page in the array and answers where it begins. */
        int place(int pageNumber) throws IOException;
    }

    private static final class Piece {
        private long crc;
        private final long bytes;

        Piece(long crc, long bytes) {
            this.crc = crc;
            this.bytes = bytes;
        }
    }

    /**
     * Begins a file.
     *
     * @param file its name, for messages
     */
    public LtxScanner(String file, Pages pages) {
        this.rules = new FormatRules(file);
        this.pages = pages;
    }

    /** Whether the whole file has been added. */
    public boolean ended() {
        return part == Part.END;
    }

    /**
     * Adds the bytes that follow.
     *
     * @param buffer holds them; up to {@link #HEADROOM} bytes before {@code from} are overwritten. It belongs to the
     *     answer until that was decoded.
     * @param last whether the file ends with them
     * @return the page frames that are complete now
     * @throws LtxFormatException if the file is not what the format promises
     */
    public Frames add(byte[] buffer, int from, int to, boolean last) throws IOException {
        boolean endedBefore = ended();
        int at = from - leftOverBytes;
        System.arraycopy(leftOver, 0, buffer, at, leftOverBytes);
        leftOverBytes = 0;
        at = readHeader(buffer, at, to);
        Frames frames = findFrames(buffer, at, to);
        at = readIndex(buffer, frames.to, to);
        at = readTail(buffer, at, to);
        if (part == Part.END && at < to) {
            throw rules.goesOn(offset);
        }
        if (last && part != Part.END) {
            throw rules.endsEarly(offset + to - at);
        }
        leftOverBytes = to - at;
        System.arraycopy(buffer, at, leftOver, 0, leftOverBytes);
        if (ended() && !endedBefore) {
            finished();
        }
        return frames;
    }

    private int readHeader(byte[] buffer, int at, int to) throws IOException {
        if (part != Part.HEADER || to - at < LtxHeader.BYTES) {
            return at;
        }
        byte[] bytes = java.util.Arrays.copyOfRange(buffer, at, at + LtxHeader.BYTES);
        header = LtxHeader.decode(bytes, rules.file());
        pages.header(header);
        pieces.add(new Piece(Crc64.update(0, bytes, 0, bytes.length), bytes.length));
        part = Part.FRAMES;
        offset += LtxHeader.BYTES;
        return at + LtxHeader.BYTES;
    }

    private Frames findFrames(byte[] buffer, int from, int to) throws IOException {
        Frames frames = new Frames(buffer, from);
        int maxCompressed = part == Part.FRAMES ? FormatRules.maxCompressed(header.pageSize()) : 0;
        int at = from;
        while (part == Part.FRAMES && to - at >= LtxWriter.FRAME_HEADER_BYTES) {
            int number = getInt(buffer, at);
            int flags = (short) (buffer[at + 4] << 8 | buffer[at + 5] & 0xff);
            if (number == 0) {
                endOfPages(flags);
                frames.close(at, LtxWriter.FRAME_HEADER_BYTES);
                return frames;
            }
            rules.requirePlace(header, lastPage, number);
            if (to - at < FRAME_BYTES) {
                break;
            }
            int size = getInt(buffer, at + LtxWriter.FRAME_HEADER_BYTES);
            rules.requireForm(number, flags, size, maxCompressed);
            int length = FRAME_BYTES + size;
            if (to - at < length) {
                break;
            }
            expectInIndex(number, length);
            frames.add(pages.wants(number));
            lastPage = number;
            pagesRead++;
            offset += length;
            at += length;
        }
        frames.close(at, 0);
        return frames;
    }

    private void endOfPages(int flags) throws LtxFormatException {
        rules.requireComplete(header, pagesRead);
        if (flags != 0) {
            throw rules.broken("ends its pages with flags " + flags + ", expected 0");
        }
        expectedIndexCrc = Crc64.update(expectedIndexCrc, new byte[1], 0, 1);
        indexBytes++;
        offset += LtxWriter.FRAME_HEADER_BYTES;
        part = Part.INDEX;
    }

    /** The index says again what the frames said, so its bytes are known before they arrive. */
    private void expectInIndex(int number, int length) {
        int size = putVarint(0, number);
        size = putVarint(size, offset);
        size = putVarint(size, length);
        expectedIndexCrc = Crc64.update(expectedIndexCrc, indexEntry, 0, size);
        indexBytes += size;
    }

    private int putVarint(int at, long value) {
        int next = at;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            indexEntry[next++] = (byte) (rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        indexEntry[next++] = (byte) rest;
        return next;
    }

    private int readIndex(byte[] buffer, int at, int to) throws IOException {
        if (part != Part.INDEX) {
            return at;
        }
        int length = (int) Math.min(to - at, indexBytes - indexBytesRead);
        indexCrc = Crc64.update(indexCrc, buffer, at, length);
        indexBytesRead += length;
        offset += length;
        if (indexBytesRead == indexBytes) {
            if (indexCrc != expectedIndexCrc) {
                throw rules.wrongIndex();
            }
            pieces.add(new Piece(indexCrc, indexBytes));
            part = Part.TAIL;
        }
        return at + length;
    }

    private int readTail(byte[] buffer, int at, int to) throws IOException {
        if (part != Part.TAIL || to - at < TAIL_BYTES) {
            return at;
        }
        ByteBuffer tail = ByteBuffer.wrap(buffer, at, TAIL_BYTES);
        long declared = tail.getLong();
        if (declared != indexBytes) {
            throw rules.broken("has a page index of " + indexBytes + " bytes that says it has " + declared);
        }
        int checked = 2 * Long.BYTES;
        pieces.add(new Piece(Crc64.update(0, buffer, at, checked), checked));
        foundChecksum = tail.getLong(at + checked);
        offset += TAIL_BYTES;
        part = Part.END;
        return at + TAIL_BYTES;
    }

    /** A piece, or the end, is done with; the last one compares the checksum. */
    private void finished() throws LtxFormatException {
        synchronized (pieces) {
            if (--unfinished > 0) {
                return;
            }
        }
        CrcPieces checksum = new CrcPieces();
        pieces.forEach(piece -> checksum.append(piece.crc, piece.bytes));
        rules.requireChecksum(checksum.value() | LtxWriter.CHECKSUM_FLAG, foundChecksum);
    }

    private static int getInt(byte[] bytes, int at) {
        return bytes[at] << 24 | (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff;
    }

    /** Complete page frames, side by side in a buffer. Decoded once, by one thread. */
    public final class Frames {
        private final byte[] buffer;
        private final int from;
        private int end;
        private int to;
        private int count;
        private final BitSet wanted = new BitSet();
        private Piece piece;

        private Frames(byte[] buffer, int from) {
            this.buffer = buffer;
            this.from = from;
        }

        private void add(boolean wants) {
            wanted.set(count++, wants);
        }

        /** The frames end here; the zeros that follow the file's last one are a part of the piece. */
        private void close(int endOfFrames, int zeros) {
            end = endOfFrames;
            to = endOfFrames + zeros;
            if (to > from) {
                piece = new Piece(0, (long) count * (FRAME_BYTES + header.pageSize()) + zeros);
                synchronized (pieces) {
                    pieces.add(piece);
                    unfinished++;
                }
            }
        }

        /**
         * Decodes the pages and hands those that are wanted to the sink.
         *
         * @throws LtxFormatException if one cannot be decoded, or the file fails its checksum and these were the last
         */
        public void decode(Sink sink) throws IOException {
            if (piece == null) {
                return;
            }
            int pageSize = header.pageSize();
            byte[] unwanted = wanted.cardinality() < count ? new byte[pageSize] : null;
            long crc = 0;
            int at = from;
            for (int i = 0; i < count; i++) {
                int number = getInt(buffer, at);
                int size = getInt(buffer, at + LtxWriter.FRAME_HEADER_BYTES);
                boolean wants = wanted.get(i);
                int place = wants ? sink.place(number) : 0;
                byte[] target = wants ? sink.array() : unwanted;
                rules.decompress(number, buffer, at + FRAME_BYTES, size, target, place, pageSize);
                crc = Crc64.update(crc, buffer, at, FRAME_BYTES);
                crc = Crc64.update(crc, target, place, pageSize);
                at += FRAME_BYTES + size;
            }
            piece.crc = Crc64.update(crc, buffer, end, to - end);
            finished();
        }
    }
}
