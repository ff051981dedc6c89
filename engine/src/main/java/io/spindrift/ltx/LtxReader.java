package io.spindrift.ltx;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Reads one LTX file from a stream, checking everything the format promises: order and range of pages, completeness of
 * a snapshot, the page index, the file checksum. Until {@link #next} has answered false nothing read is proven. Memory
 * use is a few pages. See {@link LtxWriter} for the layout. Not thread-safe.
 */
public final class LtxReader {
    private final DataInputStream in;
    private final FormatRules rules;
    private final LtxHeader header;
    private final Crc64 checksum = new Crc64();
    private final IndexCheck index = new IndexCheck();
    private final long pageDistance;
    private final byte[] prefix = new byte[LtxWriter.FRAME_PREFIX_BYTES];
    private final byte[] page;
    private final byte[] compressed;
    private long offset;
    private int pageNumber;
    private long pageChecksum;
    private int pagesRead;
    private boolean ended;

    /**
     * Reads the header.
     *
     * @param in the whole file, buffered; the caller closes it
     * @param file its name, for messages
     */
    public LtxReader(InputStream in, String file) throws IOException {
        this(in, file, PageCompression.fastest());
    }

    /** The same, with a compression of the caller's choice. */
    public LtxReader(InputStream in, String file, PageCompression compression) throws IOException {
        this.in = new DataInputStream(in);
        this.rules = new FormatRules(file, compression.decompressor());
        this.header = LtxHeader.decode(readChecked(LtxHeader.BYTES), file);
        this.page = new byte[header.pageSize()];
        this.pageDistance = Crc64.distance(page.length);
        this.compressed = new byte[FormatRules.maxCompressed(page.length)];
    }

    public LtxHeader header() {
        return header;
    }

    /** The number of the page just read. */
    public int pageNumber() {
        return pageNumber;
    }

    /** The page just read; valid until the next call of {@link #next}. */
    public byte[] page() {
        return page;
    }

    /** Its checksum, as {@link PageChecksums#ofPage} gives it; it costs nothing more. */
    public long pageChecksum() {
        return pageChecksum;
    }

    /**
     * Goes to the next page.
     *
     * @return false at the end, when the whole file has been proven
     * @throws LtxFormatException if the file is not what the format promises, or ends early
     */
    public boolean next() throws IOException {
        if (ended) {
            return false;
        }
        long frameOffset = offset;
        readChecked(prefix, LtxWriter.FRAME_HEADER_BYTES);
        ByteBuffer fields = ByteBuffer.wrap(prefix);
        int number = fields.getInt();
        int flags = fields.getShort();
        if (number == 0) {
            finish();
            return false;
        }
        rules.requirePlace(header, pageNumber, number);
        readChecked(prefix, LtxWriter.SIZE_BYTES);
        int size = fields.getInt(0);
        rules.requireForm(number, flags, size, compressed.length);
        readFully(compressed, size);
        rules.decompress(number, compressed, 0, size, page, 0, page.length);
        pageChecksum = checksum.updateWithPage(number, page, pageDistance) | LtxWriter.CHECKSUM_FLAG;
        index.add(number, frameOffset, offset - frameOffset);
        pageNumber = number;
        pagesRead++;
        return true;
    }

    private void finish() throws IOException {
        ended = true;
        rules.requireComplete(header, pagesRead);
        long entriesStart = offset;
        index.expectFromFile();
        long entries = offset - entriesStart;
        long declared = ByteBuffer.wrap(readChecked(Long.BYTES)).getLong();
        if (declared != entries) {
            throw rules.broken("has a page index of " + entries + " bytes that says it has " + declared);
        }
        readChecked(Long.BYTES); // post-apply checksum
        long expected = checksum.value() | LtxWriter.CHECKSUM_FLAG;
        byte[] last = new byte[Long.BYTES];
        readFully(last, last.length);
        long found = ByteBuffer.wrap(last).getLong();
        rules.requireChecksum(expected, found);
        if (in.read() >= 0) {
            throw rules.goesOn(offset);
        }
    }

    private byte[] readChecked(int length) throws IOException {
        byte[] bytes = new byte[length];
        readChecked(bytes, length);
        return bytes;
    }

    private void readChecked(byte[] into, int length) throws IOException {
        readFully(into, length);
        checksum.update(into, 0, length);
    }

    private void readFully(byte[] bytes, int length) throws IOException {
        try {
            in.readFully(bytes, 0, length);
        } catch (EOFException e) {
            throw rules.endsEarly(offset);
        }
        offset += length;
    }

    /** Compares the page index with the frames read, by a checksum over both, so that no list is kept. */
    private final class IndexCheck {
        private final Crc64 seen = new Crc64();
        private final Crc64 written = new Crc64();
        private final ByteBuffer word = ByteBuffer.allocate(Long.BYTES);
        private int count;

        void add(long number, long frameOffset, long size) {
            feed(seen, number);
            feed(seen, frameOffset);
            feed(seen, size);
            count++;
        }

        void expectFromFile() throws IOException {
            for (int i = 0; i < count; i++) {
                feed(written, readVarint());
                feed(written, readVarint());
                feed(written, readVarint());
            }
            if (readVarint() != 0 || seen.value() != written.value()) {
                throw rules.wrongIndex();
            }
        }

        private void feed(Crc64 crc, long value) {
            crc.update(word.putLong(0, value).array(), 0, Long.BYTES);
        }

        private long readVarint() throws IOException {
            long value = 0;
            for (int shift = 0; shift < Long.SIZE; shift += 7) {
                readChecked(prefix, 1);
                int next = prefix[0];
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return value;
                }
            }
            throw rules.broken("has a number in its page index that does not end");
        }
    }
}
