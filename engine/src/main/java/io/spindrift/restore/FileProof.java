package io.spindrift.restore;

import io.spindrift.ltx.PageChecksums;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;

/** Reads a database file once, with several threads, to compute its rolling checksum from what is there. */
final class FileProof {
    private static final int CHUNK_BYTES = 1 << 20;

    private final FileChannel file;
    private final int pageSize;
    private final int pages;
    private final AtomicLong next = new AtomicLong();
    private final LongAccumulator xor = new LongAccumulator((a, b) -> a ^ b, 0);

    FileProof(FileChannel file, int pageSize, int pages) {
        this.file = file;
        this.pageSize = pageSize;
        this.pages = pages;
    }

    /** Takes part until every page has been read; by any number of threads. */
    void read() throws IOException {
        byte[] bytes = new byte[CHUNK_BYTES];
        long end = (long) pages * pageSize;
        int lockPage = PageChecksums.lockPage(pageSize);
        long found = 0;
        for (long at = next.getAndAdd(CHUNK_BYTES); at < end; at = next.getAndAdd(CHUNK_BYTES)) {
            int length = (int) Math.min(CHUNK_BYTES, end - at);
            fill(ByteBuffer.wrap(bytes, 0, length), at);
            for (int offset = 0; offset < length; offset += pageSize) {
                int page = (int) ((at + offset) / pageSize) + 1;
                if (page != lockPage) {
                    found ^= PageChecksums.ofPage(page, bytes, offset, pageSize);
                }
            }
        }
        xor.accumulate(found);
    }

    /** The checksum, once all threads have returned. */
    long rolling() {
        return PageChecksums.rolling(xor.get(), pages);
    }

    private void fill(ByteBuffer buffer, long offset) throws IOException {
        long at = offset;
        while (buffer.hasRemaining()) {
            int n = file.read(buffer, at);
            if (n < 0) {
                throw new IOException(
                        "The restored file ends at byte " + at + ", before its last page; check the disk");
            }
            at += n;
        }
    }
}
