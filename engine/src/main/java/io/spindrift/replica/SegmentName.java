package io.spindrift.replica;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names one LTX object of a replica: its level and the TXIDs it holds.
 *
 * @param level 0 raw, 1 to 3 compacted, {@value #SNAPSHOT_LEVEL} snapshots
 * @param minTxid the first TXID
 * @param maxTxid the last one
 */
public record SegmentName(int level, long minTxid, long maxTxid) implements Comparable<SegmentName> {
    /** The level of snapshots. */
    public static final int SNAPSHOT_LEVEL = 9;

    /** How many levels there are, 0 to 9. */
    public static final int LEVELS = 10;

    private static final Pattern FILE = Pattern.compile("([0-9a-f]{16})-([0-9a-f]{16})\\.ltx");

    public SegmentName {
        if (level < 0 || level >= LEVELS || minTxid < 1 || maxTxid < minTxid) {
            throw new IllegalArgumentException(
                    "No segment covers TXIDs " + minTxid + " to " + maxTxid + " at level " + level);
        }
    }

    /** The level-0 object of one group of commits. */
    public static SegmentName group(long txid) {
        return new SegmentName(0, txid, txid);
    }

    /** The snapshot at a TXID. */
    public static SegmentName snapshot(long txid) {
        return new SegmentName(SNAPSHOT_LEVEL, 1, txid);
    }

    /** The object's name under the replica's root. */
    public String path(ReplicaLayout layout) {
        return layout.levelPrefix(level) + String.format("%016x-%016x.ltx", minTxid, maxTxid);
    }

    /** Reads an object's name; empty if it is not one of a segment. */
    public static Optional<SegmentName> parse(String path, ReplicaLayout layout) {
        for (int level = 0; level < LEVELS; level++) {
            String prefix = layout.levelPrefix(level);
            if (path.startsWith(prefix)) {
                Matcher file = FILE.matcher(path.substring(prefix.length()));
                if (file.matches()) {
                    long min = Long.parseUnsignedLong(file.group(1), 16);
                    long max = Long.parseUnsignedLong(file.group(2), 16);
                    return min >= 1 && max >= min ? Optional.of(new SegmentName(level, min, max)) : Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public int compareTo(SegmentName other) {
        int byMin = Long.compare(minTxid, other.minTxid);
        int byMax = byMin != 0 ? byMin : Long.compare(maxTxid, other.maxTxid);
        return byMax != 0 ? byMax : Integer.compare(level, other.level);
    }

    /** Level and TXIDs as an operator reads them: {@code 0/000000000000002a}. */
    @Override
    public String toString() {
        return minTxid == maxTxid
                ? String.format("%d/%016x", level, minTxid)
                : String.format("%d/%016x-%016x", level, minTxid, maxTxid);
    }
}
