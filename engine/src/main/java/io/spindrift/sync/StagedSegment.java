package io.spindrift.sync;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.SegmentName;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A finished level-0 segment on the local disk, waiting to be put into the replica. Its file is named {@code
 * <txid>-<write id>-<commits>.ltx}, so that a process that finds it can go on where another stopped.
 *
 * @param file the file, complete and on disk
 * @param writeId tells this write from another owner's
 * @param commits how many transactions it holds
 * @param bytes its size
 * @param header its LTX header
 */
public record StagedSegment(Path file, String writeId, long commits, long bytes, LtxHeader header) {
    private static final Pattern FILE = Pattern.compile("([0-9a-f]{16})-([0-9a-f]{32})-(\\d{1,18})\\.ltx");

    static String fileName(long txid, String writeId, long commits) {
        return String.format("%016x-%s-%d.ltx", txid, writeId, commits);
    }

    static String newWriteId() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    static Matcher match(Path file) {
        return FILE.matcher(file.getFileName().toString());
    }

    /** The TXID it holds. */
    public long txid() {
        return header.maxTxid();
    }

    /** The object it becomes. */
    public SegmentName name() {
        return SegmentName.group(txid());
    }

    /** Rolling checksum of the database before it. */
    public long checksumBefore() {
        return header.checksums().orElseThrow().before();
    }

    /** Rolling checksum of the database after it. */
    public long checksumAfter() {
        return header.checksums().orElseThrow().after();
    }
}
