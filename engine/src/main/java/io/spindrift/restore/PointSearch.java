package io.spindrift.restore;

import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Finds the last restorable point at or before an instant. The time of a point is in the header of an object that ends
 * there; when the store got the object, which every listing tells, is a good first guess. From the guess the search
 * doubles its steps until it has the instant between two points, then halves: two or three headers are read as a rule,
 * and never more than about twice the logarithm of the number of points.
 */
final class PointSearch {
    private final Replica replica;
    private final Instant instant;
    private final List<Segment> points;

    private PointSearch(Replica replica, Collection<Segment> points, Instant instant) {
        this.replica = replica;
        this.instant = instant;
        this.points = new ArrayList<>(points);
    }

    /**
     * Searches.
     *
     * @param segments what the replica has
     * @return the position; empty if objects are there that no chain leads to, so that the answer is not certain
     * @throws SpindriftException if the earliest point is later
     */
    static Optional<Position> find(Replica replica, Collection<Segment> segments, Instant instant) throws IOException {
        var points = Chain.points(segments, 0);
        if (points.isEmpty()) {
            return Optional.empty();
        }
        long found = new PointSearch(replica, points.values(), instant).search();
        boolean certain = found < points.lastKey() || points.lastKey() == Chain.latest(segments);
        return certain ? Optional.of(new Position(found)) : Optional.empty();
    }

    private long search() throws IOException {
        int before = -1; // the last one known to be at or before the instant
        int after = points.size(); // the first one known to be after it
        int probe = guess();
        for (int step = 1; before + 1 < after; step *= 2) {
            boolean fits = !time(probe).isAfter(instant);
            if (fits) {
                before = probe;
            } else {
                after = probe;
            }
            boolean halve = before >= 0 && after < points.size();
            probe = halve
                    ? before + (after - before) / 2
                    : Math.max(0, Math.min(points.size() - 1, fits ? before + step : after - step));
        }
        if (before < 0) {
            Segment first = points.get(0);
            throw new SpindriftException("Nothing can be restored at or before " + instant
                    + ": the earliest restorable position is "
                    + new Position(first.name().maxTxid()) + " of "
                    + time(0));
        }
        return points.get(before).name().maxTxid();
    }

    private int guess() {
        int guess = 0;
        for (int i = 0; i < points.size(); i++) {
            if (!points.get(i).modified().isAfter(instant)) {
                guess = i;
            }
        }
        return guess;
    }

    private Instant time(int point) throws IOException {
        return replica.header(points.get(point).name()).timestamp();
    }
}
