package io.spindrift.compaction;

import io.spindrift.replica.Chain;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Which objects of a replica may be deleted. A pure function of a listing.
 *
 * <p>What is promised, T being any moment by the store's clock:
 *
 * <ul>
 *   <li>the latest position;
 *   <li>for T within {@code exact-retention}, the position that was the latest at T, exactly;
 *   <li>for T within {@code retention}, the last position at or before T that ends a compacted object which no longer one
 *       covers, or is a snapshot, or was never compacted: of the same hour.
 * </ul>
 *
 * Each is promised for {@code delete-grace} longer, so that a restore that has begun can end. An object may go when it is
 * of levels 0 to 2, older than {@code exact-retention}, and an object of levels 1 to 3 covers it; or when it is older
 * than {@code retention}; unless a {@link Rule} keeps it.
 *
 * @param delete what may be deleted, in any order
 * @param nextAt when more may be deleted although nothing was written; empty if never
 */
public record RetentionPlan(List<Segment> delete, Optional<Instant> nextAt) {

    /** What keeps an object. Each is needed: without any one of them something that is promised is lost. */
    enum Rule {
        /** The level-0 objects of claims stay for ever: the next TXID of every earlier owner has to be taken. */
        CLAIMS,
        /** The newest object of level 0 stays: it alone tells a restore with an old manifest where the latest is. */
        NEWEST,
        /** Every position of {@code exact-retention} is promised by itself. */
        EXACT,
        /** What was the latest when {@code exact-retention} or {@code retention} began is promised too. */
        BOUNDARY,
        /** Within {@code retention} the ends of compacted objects and snapshots are promised. */
        COARSE,
        /** What is younger than {@code delete-grace} is not relied on: a restore may not have seen it. */
        GRACE,
        /** To every promised position an exact chain is kept, whatever age its objects have. */
        CHAIN
    }

    /**
     * How long what is kept.
     *
     * @param exact {@code exact-retention}
     * @param retention at least as long
     * @param grace {@code delete-grace}
     */
    public record Terms(Duration exact, Duration retention, Duration grace) {
        public Terms {
            if (exact.isNegative() || retention.compareTo(exact) < 0 || grace.isNegative()) {
                throw new IllegalArgumentException("retention is at least as long as exact-retention, found "
                        + retention + " and " + exact + " (delete-grace " + grace + ")");
            }
        }
    }

    public RetentionPlan {
        delete = List.copyOf(delete);
    }

    /**
     * Plans a pass.
     *
     * @param listing everything the replica has
     * @param claims TXIDs whose level-0 objects stay for ever
     * @param now by the store's clock; too early is safe
     * @param rules all of them, but in a test
     */
    static RetentionPlan of(Collection<Segment> listing, Set<Long> claims, Instant now, Terms terms, Set<Rule> rules) {
        return new Planner(listing, claims, now, terms, rules).plan();
    }

    private static final class Planner {
        private final List<Segment> segments;
        private final Set<Long> claims;
        private final Instant exactFrom;
        private final Instant coarseFrom;
        private final Instant established;
        private final Terms terms;
        private final Instant now;
        private final Set<Rule> rules;
        /** When each position was written, never earlier than the ones before it. */
        private final NavigableMap<Long, Instant> times = new TreeMap<>();
        /** For levels 1 to 3: how far the objects reach that begin at or before a TXID. */
        private final List<NavigableMap<Long, Long>> reach = new ArrayList<>();

        Planner(Collection<Segment> listing, Set<Long> claims, Instant now, Terms terms, Set<Rule> rules) {
            this.segments = listing.stream()
                    .sorted((a, b) -> a.name().compareTo(b.name()))
                    .toList();
            this.claims = claims;
            this.now = now;
            this.terms = terms;
            this.rules = rules;
            this.exactFrom = now.minus(terms.exact).minus(terms.grace);
            this.coarseFrom = now.minus(terms.retention).minus(terms.grace);
            this.established = rules.contains(Rule.GRACE) ? now.minus(terms.grace) : now;
            readTimes();
            readReach();
        }

        private void readTimes() {
            segments.forEach(s -> times.merge(s.name().maxTxid(), s.modified(), (a, b) -> a.isBefore(b) ? a : b));
            Instant latest = Instant.MIN;
            for (Map.Entry<Long, Instant> time : times.entrySet()) {
                latest = time.getValue().isAfter(latest) ? time.getValue() : latest; // a clock may have been set back
                time.setValue(latest);
            }
        }

        private void readReach() {
            for (int level = 0; level <= 3; level++) {
                NavigableMap<Long, Long> ends = new TreeMap<>();
                long furthest = 0;
                for (Segment segment : segments) {
                    if (segment.name().level() == level && isEstablished(segment)) {
                        furthest = Math.max(furthest, segment.name().maxTxid());
                        ends.put(segment.name().minTxid(), furthest);
                    }
                }
                reach.add(ends);
            }
        }

        RetentionPlan plan() {
            long newest = segments.stream()
                    .filter(s -> s.name().level() == 0)
                    .mapToLong(s -> s.name().maxTxid())
                    .max()
                    .orElse(0);
            Set<Segment> doomed = new HashSet<>();
            List<Instant> next = new ArrayList<>();
            for (Segment segment : segments) {
                if (!keptByRule(segment, newest)) {
                    deletableFrom(segment).ifPresent(at -> {
                        if (at.isAfter(now)) {
                            next.add(at);
                        } else {
                            doomed.add(segment);
                        }
                    });
                }
            }
            Ways ways = new Ways(doomed);
            Set<Long> promised = promised(ways.positions());
            promised.add(Chain.latest(segments));
            if (!rules.contains(Rule.CHAIN)) {
                return new RetentionPlan(List.copyOf(doomed), Optional.empty());
            }
            boolean allThere = promised.stream().allMatch(ways::keep);
            // A replica whose chain is broken, or that hangs on objects of the last hour, is left as it is.
            return new RetentionPlan(
                    allThere ? List.copyOf(doomed) : List.of(), next.stream().min(Instant::compareTo));
        }

        private boolean keptByRule(Segment segment, long newest) {
            SegmentName name = segment.name();
            return name.level() == 0
                    && (rules.contains(Rule.CLAIMS) && claims.contains(name.maxTxid())
                            || rules.contains(Rule.NEWEST) && name.maxTxid() == newest);
        }

        /** From when on an object is of no use by itself; empty if never. */
        private Optional<Instant> deletableFrom(Segment segment) {
            Instant time = times.get(segment.name().maxTxid());
            if (!isEstablished(segment)) {
                return Optional.of(segment.modified().plus(terms.grace).plusMillis(1));
            }
            Instant expired = time.plus(terms.retention).plus(terms.grace).plusMillis(1);
            Instant exactNoMore = time.plus(terms.exact).plus(terms.grace).plusMillis(1);
            boolean superseded = segment.name().level() < 3 && isCovered(segment.name());
            return Optional.of(superseded && exactNoMore.isBefore(expired) ? exactNoMore : expired);
        }

        private boolean isEstablished(Segment segment) {
            return !segment.modified().isAfter(established);
        }

        private boolean isCovered(SegmentName name) {
            for (int level = name.level() + 1; level <= 3; level++) {
                Map.Entry<Long, Long> object = reach.get(level).floorEntry(name.minTxid());
                if (object != null && object.getValue() >= name.maxTxid()) {
                    return true;
                }
            }
            return false;
        }

        private Set<Long> promised(Set<Long> positions) {
            NavigableMap<Long, Instant> exact = new TreeMap<>();
            NavigableMap<Long, Instant> coarse = new TreeMap<>();
            Set<Long> ends = coarseEnds();
            for (long position : positions) {
                exact.put(position, times.get(position));
                if (ends.contains(position)) {
                    coarse.put(position, times.get(position));
                }
            }
            Set<Long> promised = new TreeSet<>();
            if (rules.contains(Rule.EXACT)) {
                addFrom(exactFrom, exact, promised);
            }
            if (rules.contains(Rule.COARSE)) {
                addFrom(coarseFrom, coarse, promised);
            }
            return promised;
        }

        /** Ends of the objects that are left once everything that is covered is gone. */
        private Set<Long> coarseEnds() {
            Set<Long> ends = new HashSet<>();
            for (Segment segment : segments) {
                if (segment.name().level() == SegmentName.SNAPSHOT_LEVEL || !isCovered(segment.name())) {
                    ends.add(segment.name().maxTxid());
                }
            }
            return ends;
        }

        private void addFrom(Instant from, NavigableMap<Long, Instant> positions, Set<Long> promised) {
            for (Map.Entry<Long, Instant> position : positions.descendingMap().entrySet()) {
                boolean before = position.getValue().isBefore(from);
                if (!before || rules.contains(Rule.BOUNDARY)) {
                    promised.add(position.getKey());
                }
                if (before) {
                    return;
                }
            }
        }

        /** The way to each position that takes the fewest bytes from those that could be deleted. */
        private final class Ways {
            private record Step(long extraBytes, Segment segment) {}

            private final Set<Segment> doomed;
            private final Map<Long, Step> best = new HashMap<>();
            private final Set<Long> kept = new HashSet<>();

            Ways(Set<Segment> doomed) {
                this.doomed = doomed;
                best.put(0L, new Step(0, null));
                long frontier = follow(segments.stream().filter(Planner.this::isEstablished));
                // What is younger than the grace is relied on only where there is nothing else yet.
                follow(segments.stream()
                        .filter(s -> !isEstablished(s) && s.name().minTxid() > frontier));
                kept.add(0L);
            }

            private long follow(Stream<Segment> sorted) {
                sorted.forEach(segment -> {
                    Step before = best.get(segment.name().minTxid() - 1);
                    if (before != null) {
                        long extra = doomed.contains(segment) ? segment.bytes() + 1 : 0;
                        Step step = new Step(before.extraBytes + extra, segment);
                        best.merge(segment.name().maxTxid(), step, (a, b) -> b.extraBytes < a.extraBytes ? b : a);
                    }
                });
                return best.keySet().stream().mapToLong(Long::longValue).max().orElse(0);
            }

            Set<Long> positions() {
                Set<Long> positions = new TreeSet<>(best.keySet());
                positions.remove(0L);
                return positions;
            }

            /** Takes what leads to a position out of the doomed. False if nothing leads there. */
            boolean keep(long position) {
                if (!best.containsKey(position)) {
                    return false;
                }
                for (long at = position; kept.add(at); ) {
                    Segment segment = best.get(at).segment;
                    doomed.remove(segment);
                    at = segment.name().minTxid() - 1;
                }
                return true;
            }
        }
    }
}
