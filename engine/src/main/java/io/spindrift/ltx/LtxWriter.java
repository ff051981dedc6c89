package io.spindrift.ltx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

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
    static final int FRAME_FLAG_SIZE = 1;
    static final int TRAILER_BYTES = 16;
    static final long CHECKSUM_FLAG = 1L << 63;

    private static final LZ4Compressor COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();

    private final OutputStream out;
    private final LtxHeader header;
    private final Crc64 checksum = new Crc64();
    private final ByteArrayOutputStream index = new ByteArrayOutputStream();
    private final byte[] compressed;
    private long offset;
    private int lastPage;

    /** Writes the header. The caller closes {@code out}; wrap it in a buffer. */
    public LtxWriter(OutputStream out, LtxHeader header) throws IOException {
        this.out = out;
        this.header = header;
        this.compressed = new byte[COMPRESSOR.maxCompressedLength(header.pageSize())];
        writeChecked(header.encode(), LtxHeader.BYTES);
    }

    /**
     * Adds a page.
     *
     * @param pageNumber greater than the last one's, at most the header's pages, not the lock page
     * @param page exactly one page
     */
    public void writePage(int pageNumber, byte[] page) throws IOException {
        if (pageNumber <= lastPage
                || pageNumber > header.pages()
                || pageNumber == PageChecksums.lockPage(header.pageSize())
                || page.length != header.pageSize()) {
            throw new IllegalArgumentException(
                    "Page " + pageNumber + " of " + page.length + " bytes cannot follow page " + lastPage
                            + " in a database of " + header.pages() + " pages of " + header.pageSize() + " bytes");
        }
        lastPage = pageNumber;
        int size = COMPRESSOR.compress(page, 0, page.length, compressed, 0, compressed.length);
        byte[] head = ByteBuffer.allocate(FRAME_HEADER_BYTES + SIZE_BYTES)
                .putInt(pageNumber)
                .putShort((short) FRAME_FLAG_SIZE)
                .putInt(size)
                .array();
        putVarint(pageNumber);
        putVarint(offset);
        putVarint((long) head.length + size);
        writeChecked(head, head.length);
        checksum.update(page, 0, page.length);
        write(compressed, size);
    }

    /** Writes the index and the trailer. Nothing may be written afterwards. */
    public void finish() throws IOException {
        writeChecked(new byte[FRAME_HEADER_BYTES], FRAME_HEADER_BYTES);
        putVarint(0);
        byte[] entries = index.toByteArray();
        writeChecked(entries, entries.length);
        byte[] length = ByteBuffer.allocate(Long.BYTES).putLong(entries.length).array();
        writeChecked(length, length.length);
        writeChecked(new byte[Long.BYTES], Long.BYTES);
        write(
                ByteBuffer.allocate(Long.BYTES)
                        .putLong(checksum.value() | CHECKSUM_FLAG)
                        .array(),
                Long.BYTES);
        out.flush();
    }

    /** Bytes written so far. */
    public long bytes() {
        return offset;
    }

    private void writeChecked(byte[] bytes, int length) throws IOException {
        checksum.update(bytes, 0, length);
        write(bytes, length);
    }

    private void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
        offset += length;
    }

    private void putVarint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            index.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        index.write((int) rest);
    }
}
