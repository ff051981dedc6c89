package io.spindrift.ltx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;

/**
 * Writes one LTX file: pages of a database, each compressed by itself, in ascending order.
 *
 * <pre>
 * all integers big-endian
 * header        100  "LTX1", flags u32, page size u32, pages u32, min TXID u64, max TXID u64, time i64 ms,
 *                    pre-apply checksum u64 (0), WAL offset i64, WAL size i64, salt 1 u32, salt 2 u32, node id u64,
 *                    then, ours, at offset 80: "SPD1", rolling checksum before u64, after u64
 * page frames        page number u32, flags u16 (1: a size follows), compressed size u32, LZ4 block
 * end of pages    6  zeros
 * page index         (page number, offset, frame size: unsigned varints)*, 0, then its length u64
 * trailer        16  post-apply checksum u64 (0), file checksum u64
 * </pre>
 *
 * The file checksum is CRC-64/GO-ISO, bit 63 set, over the header, each frame's header, size and <em>uncompressed</em>
 * page, the end of pages, the page index and the post-apply checksum. Source: README of superfly/ltx 0.5.2; the tag at
 * offset 80 lies in bytes the format reserves. Not thread-safe.
 */
public final class LtxWriter {
    static final int FRAME_HEADER_BYTES = 6;
    static final int SIZE_BYTES = 4;
    static final int FRAME_PREFIX_BYTES = FRAME_HEADER_BYTES + SIZE_BYTES;
    static final int FRAME_FLAG_SIZE = 1;
    static final int TRAILER_BYTES = 16;
    static final long CHECKSUM_FLAG = 1L << 63;

    private final OutputStream out;
    private final LtxHeader header;
    private final LZ4Compressor compressor;
    private final Crc64 checksum = new Crc64();
    private final long pageDistance;
    private final PageIndex index = new PageIndex();
    private final byte[] frame;
    private long offset;
    private long checked;
    private int lastPage;

    /** Writes the header. The caller closes {@code out}; wrap it in a buffer. */
    public LtxWriter(OutputStream out, LtxHeader header) throws IOException {
        this(out, header, PageCompression.fastest());
    }

    /** The same, with a compression of the caller's choice. */
    public LtxWriter(OutputStream out, LtxHeader header, PageCompression compression) throws IOException {
        this.out = out;
        this.header = header;
        this.compressor = compression.compressor();
        this.pageDistance = Crc64.distance(header.pageSize());
        this.frame = new byte[FRAME_PREFIX_BYTES + compressor.maxCompressedLength(header.pageSize())];
        writeChecked(header.encode(), LtxHeader.BYTES);
    }

    /**
     * Adds a page.
     *
     * @param pageNumber greater than the last one's, at most the header's pages, not the lock page
     * @param page exactly one page
     * @return the page's checksum, as {@link PageChecksums#ofPage} gives it; it costs nothing more
     */
    public long writePage(int pageNumber, byte[] page) throws IOException {
        if (pageNumber <= lastPage
                || pageNumber > header.pages()
                || pageNumber == PageChecksums.lockPage(header.pageSize())
                || page.length != header.pageSize()) {
            throw new IllegalArgumentException(
                    "Page " + pageNumber + " of " + page.length + " bytes cannot follow page " + lastPage
                            + " in a database of " + header.pages() + " pages of " + header.pageSize() + " bytes");
        }
        lastPage = pageNumber;
        int size =
                compressor.compress(page, 0, page.length, frame, FRAME_PREFIX_BYTES, frame.length - FRAME_PREFIX_BYTES);
        ByteBuffer.wrap(frame)
                .putInt(pageNumber)
                .putShort((short) FRAME_FLAG_SIZE)
                .putInt(size);
        check(frame, FRAME_PREFIX_BYTES);
        long pageChecksum = checksum.updateWithPage(pageNumber, page, pageDistance);
        checked += page.length;
        index.add(pageNumber, FRAME_PREFIX_BYTES + size);
        write(frame, FRAME_PREFIX_BYTES + size);
        return pageChecksum | CHECKSUM_FLAG;
    }

    /** Writes the index and the trailer. Nothing may be written afterwards. */
    public void finish() throws IOException {
        writeEnd();
        writeFileChecksum();
    }

    /**
     * The same where the database's checksum after the segment was not known when the header was written, because every
     * page is read only once.
     *
     * @return the right header; the caller writes it over the first {@link LtxHeader#BYTES} of the file
     */
    public LtxHeader finish(long checksumAfter) throws IOException {
        LtxHeader right = header.withChecksumAfter(checksumAfter);
        byte[] changes = right.encode();
        byte[] written = header.encode();
        for (int i = 0; i < changes.length; i++) {
            changes[i] ^= written[i];
        }
        writeEnd();
        checksum.replace(changes, checked - LtxHeader.BYTES);
        writeFileChecksum();
        return right;
    }

    private void writeEnd() throws IOException {
        writeChecked(new byte[FRAME_HEADER_BYTES], FRAME_HEADER_BYTES);
        long entries = index.writeTo(this::writeChecked, LtxHeader.BYTES);
        writeChecked(ByteBuffer.allocate(Long.BYTES).putLong(entries).array(), Long.BYTES);
        writeChecked(new byte[Long.BYTES], Long.BYTES);
    }

    private void writeFileChecksum() throws IOException {
        long value = checksum.value() | CHECKSUM_FLAG;
        write(ByteBuffer.allocate(Long.BYTES).putLong(value).array(), Long.BYTES);
        out.flush();
    }

    /** Bytes written so far. */
    public long bytes() {
        return offset;
    }

    private void writeChecked(byte[] bytes, int length) throws IOException {
        check(bytes, length);
        write(bytes, length);
    }

    private void check(byte[] bytes, int length) {
        checksum.update(bytes, 0, length);
        checked += length;
    }

    private void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
        offset += length;
    }
}
