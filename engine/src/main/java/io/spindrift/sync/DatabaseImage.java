package io.spindrift.sync;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxWriter;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.wal.DatabaseFile;
import io.spindrift.wal.WalFile;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;

/**
 * A database at one position: the pages of its file, covered by those of the write-ahead log. It stays as it is only
 * while no checkpoint runs and the log is not started over; whoever makes one sees to that.
 *
 * @param file the database file
 * @param wal its write-ahead log
 * @param covered for pages whose image is in the log, where it begins there
 * @param pages size of the database
 * @param pageSize bytes a page
 */
record DatabaseImage(DatabaseFile file, WalFile wal, Map<Integer, Long> covered, int pages, int pageSize) {

    void read(int pageNumber, byte[] page) throws IOException {
        Long offset = covered.get(pageNumber);
        if (offset == null) {
            file.readPage(pageNumber, page);
        } else {
            wal.readPage(offset, page);
        }
    }

    /** Writes all pages as an LTX file and checks that they are what the header promises. */
    void writeTo(OutputStream out, LtxHeader header) throws IOException {
        LtxWriter writer = new LtxWriter(out, header);
        byte[] page = new byte[pageSize];
        int lockPage = PageChecksums.lockPage(pageSize);
        long xor = 0;
        for (int number = 1; number <= pages; number++) {
            if (number != lockPage) {
                read(number, page);
                xor ^= writer.writePage(number, page);
            }
        }
        writer.finish();
        long found = PageChecksums.rolling(xor);
        long promised = header.checksums().orElseThrow().after();
        if (found != promised) {
            throw new IOException(String.format(
                    "The pages read from the database have checksum %016x, expected %016x; something else changed the"
                            + " file",
                    found, promised));
        }
    }
}
