package io.spindrift.restore;

import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxReader;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.replica.Replica;
import io.spindrift.replica.SegmentName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Writes segments into a database file that SQLite does not have open, proving each link of the chain: the rolling
 * checksum before and after every segment that carries it. Not thread-safe.
 */
public final class SegmentApplier {
    private final FileChannel file;
    private PageChecksums checksums;
    private boolean proven = true;

    /** Applies to an empty file. */
    public SegmentApplier(FileChannel file) {
        this(file, null);
    }

    /**
     * Applies to a file whose pages are known.
     *
     * @param checksums of its pages; kept up to date
     */
    public SegmentApplier(FileChannel file, PageChecksums checksums) {
        this.file = file;
        this.checksums = checksums;
    }

    /** Checksums of the pages as the segments gave them. */
    public PageChecksums checksums() {
        return checksums;
    }

    /** Whether the last segment carried the checksum that was compared. */
    public boolean proven() {
        return proven;
    }

    /**
     * Applies one segment.
     *
     * @param in the whole object
     * @throws IOException if it cannot be read or is damaged
     * @throws SpindriftException if it does not continue what was applied before
     */
    public void apply(SegmentName name, InputStream in) throws IOException {
        LtxReader segment = new LtxReader(in, "Segment " + name);
        LtxHeader header = segment.header();
        Replica.requireRange(name, header);
        if (checksums == null) {
            checksums = new PageChecksums(header.pageSize());
        }
        requireContinues(name, header);
        PageEffect effect = new PageEffect(name, header, checksums, true);
        while (segment.next()) {
            effect.add(segment.pageNumber(), segment.page()); // before it is written: a page may be where none can be
            write(segment.pageNumber(), segment.page());
        }
        requireResult(name, header, effect.finish());
        file.truncate((long) header.pages() * header.pageSize());
        proven = header.checksums().isPresent();
    }

    private void requireContinues(SegmentName name, LtxHeader header) {
        header.checksums().ifPresent(expected -> {
            if (name.minTxid() > 1 && expected.before() != checksums.rolling()) {
                throw new SpindriftException("Segment " + name + " does not continue what lies before it: it expects"
                        + " database checksum " + hex(expected.before()) + ", found " + hex(checksums.rolling()));
            }
        });
    }

    private static void requireResult(SegmentName name, LtxHeader header, long found) {
        header.checksums().ifPresent(expected -> {
            if (expected.after() != found) {
                throw new SpindriftException("Segment " + name + " does not give the database it promises: expected"
                        + " checksum " + hex(expected.after()) + ", found " + hex(found));
            }
        });
    }

    private void write(int page, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long at = (long) (page - 1) * bytes.length;
        while (buffer.hasRemaining()) {
            at += file.write(buffer, at);
        }
    }

    private static String hex(long checksum) {
        return String.format("%016x", checksum);
    }
}
