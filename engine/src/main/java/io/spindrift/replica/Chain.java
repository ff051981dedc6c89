package io.spindrift.replica;

import java.util.Collection;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
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
        NavigableSet<Long> reachable = new TreeSet<>(points(segments, from).keySet());
        reachable.add(from);
        return reachable;
    }

    /**
     * Every TXID that an exact chain leads to, with the object that ends there and was written first.
     *
     * @param from where the chain begins: 0 for no file
     */
    public static NavigableMap<Long, Segment> points(Collection<Segment> segments, long from) {
        NavigableMap<Long, Segment> points = new TreeMap<>();
        // In the order of their first TXID every way to a segment's beginning is known before the segment.
        segments.stream()
                .sorted((a, b) -> a.name().compareTo(b.name()))
                .filter(s -> s.name().minTxid() - 1 == from
                        || points.containsKey(s.name().minTxid() - 1))
                .forEach(s -> points.merge(
                        s.name().maxTxid(), s, (a, b) -> b.modified().isBefore(a.modified()) ? b : a));
        return points;
    }
}
