package io.spindrift.replica;

import java.util.Collection;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Exact chains: each object begins one TXID after the one before it ends. Only such a chain restores a position.
 */
public final class Chain {
    private Chain() {}

    /** The latest TXID that any object holds, 0 if there is none. */
    public static long latest(Collection<Segment> segments) {
        return segments.stream().mapToLong(s -> s.name().maxTxid()).max().orElse(0);
    }

    /** Every TXID that an exact chain leads to, {@code from} included. */
    public static NavigableSet<Long> reachable(Collection<Segment> segments, long from) {
        NavigableSet<Long> reachable = new TreeSet<>();
        reachable.add(from);
        // In the order of their first TXID every way to a segment's beginning is known before the segment.
        segments.stream()
                .sorted((a, b) -> a.name().compareTo(b.name()))
                .filter(s -> reachable.contains(s.name().minTxid() - 1))
                .forEach(s -> reachable.add(s.name().maxTxid()));
        return reachable;
    }
}
