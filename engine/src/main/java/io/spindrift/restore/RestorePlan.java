package io.spindrift.restore;

import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Segment;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;

/**
 * Which objects, applied in order, lead from one position to another: each begins right after the one before it ends,
 * and together they are the quickest to fetch: the fewest bytes, each request counted as {@value #BYTES_A_REQUEST}.
 *
 * @param segments in the order they are applied
 * @param target the position they lead to
 */
public record RestorePlan(List<Segment> segments, Position target) {

    /** What a store hands over in the time one small request takes. */
    private static final long BYTES_A_REQUEST = 64 << 10;

    private record Step(long cost, Segment segment) {}

    /** Bytes of all objects. */
    public long bytes() {
        return segments.stream().mapToLong(Segment::bytes).sum();
    }

    /**
     * Plans a way.
     *
     * @param segments what the replica has
     * @param from the position the file is at, {@link Position#NONE} for no file
     * @param target where to go, empty for the latest position of any object
     * @throws SpindriftException if no exact chain leads there; the sentence names the nearest restorable positions
     */
    public static RestorePlan find(Collection<Segment> segments, Position from, Optional<Position> target) {
        long goal = target.map(Position::txid).orElseGet(() -> Chain.latest(segments));
        Map<Long, Step> best = new HashMap<>();
        best.put(from.txid(), new Step(0, null));
        // In the order of their first TXID every way to a segment's beginning is known before the segment.
        segments.stream().sorted((a, b) -> a.name().compareTo(b.name())).forEach(segment -> {
            Step before = best.get(segment.name().minTxid() - 1);
            if (before != null && segment.name().maxTxid() <= goal) {
                Step step = new Step(before.cost + BYTES_A_REQUEST + segment.bytes(), segment);
                best.merge(segment.name().maxTxid(), step, (a, b) -> a.cost <= b.cost ? a : b);
            }
        });
        if (goal == from.txid() || !best.containsKey(goal)) {
            throw unreachable(segments, from, new Position(goal));
        }
        Deque<Segment> path = new ArrayDeque<>();
        for (long at = goal; at != from.txid(); at = path.getFirst().name().minTxid() - 1) {
            path.addFirst(best.get(at).segment);
        }
        return new RestorePlan(List.copyOf(path), new Position(goal));
    }

    /** The error for a position that no exact chain leads to. */
    static SpindriftException unreachable(Collection<Segment> segments, Position from, Position goal) {
        NavigableSet<Long> reachable = Chain.points(segments, from.txid()).navigableKeySet();
        Long before = reachable.floor(goal.txid());
        Long after = reachable.ceiling(goal.txid());
        String neighbours = before == null && after == null
                ? "the replica has no complete chain from a beginning"
                : "the nearest restorable positions are "
                        + (before == null ? "" : new Position(before))
                        + (before != null && after != null ? " and " : "")
                        + (after == null ? "" : new Position(after));
        return new SpindriftException("Position " + goal + " cannot be restored exactly: " + neighbours);
    }
}
