package io.spindrift.restore;

import io.spindrift.ltx.LtxScanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes pages into a database file, neighbours in one go. For one thread; several may write to one file. */
final class PageRuns implements LtxScanner.Sink {
    private static final int RUN_BYTES = 1 << 18;

    private final FileChannel file;
    private final byte[] run = new byte[RUN_BYTES];
    private int pageSize;
    private int firstPage;
    private int pages;

    PageRuns(FileChannel file) {
        this.file = file;
    }

    /** Sets the size of the pages that follow, at most 65536 bytes. */
    void begin(int bytesAPage) {
        pageSize = bytesAPage;
    }

    @Override
    public byte[] array() {
        return run;
    }

    @Override
    public int place(int pageNumber) throws IOException {
        if (pages > 0 && (pageNumber != firstPage + pages || (pages + 1) * pageSize > run.length)) {
            flush();
        }
        if (pages == 0) {
            firstPage = pageNumber;
        }
        return pages++ * pageSize;
    }

    /** Writes what was collected. */
    void flush() throws IOException {
        ByteBuffer content = ByteBuffer.wrap(run, 0, pages * pageSize);
        long at = (long) (firstPage - 1) * pageSize;
        while (content.hasRemaining()) {
            at += file.write(content, at);
        }
        pages = 0;
    }
}
