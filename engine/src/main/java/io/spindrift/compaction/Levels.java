package io.spindrift.compaction;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Manifest.Entry;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.io.IOException;
import java.time.Clock;
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
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the owner of a replica knows of it, so that nothing has to be listed while it writes: the snapshots, and the chain
 * of the longest objects of levels 0 to 3. Says which part of the chain is due to be merged, and is the manifest.
 *
 * <p>A group of neighbours is merged into level 1 when its objects were written within 30 s, into level 2 within 5
 * minutes, into level 3 within an hour, and at most {@value #MAX_INPUTS} at once. No merge goes beyond the TXID of a
 * snapshot, so that an exact chain leads on from every snapshot. A single object is left as it is.
 *
 * <p>Thread-safe. One lock guards the chain, another keeps manifests in the order in which they were made.
 */
public final class Levels {
    /** How many objects are merged at once, at most. */
    static final int MAX_INPUTS = 64;

    private static final List<Duration> WINDOWS =
            List.of(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(1));

    private final NavigableMap<Long, Known> chain = new TreeMap<>();
    private final NavigableMap<Long, Entry> snapshots = new TreeMap<>();
    /** TXIDs that nothing is merged across. */
    private final Set<Long> boundaries = new TreeSet<>();

    private final Set<SegmentName> damaged = new HashSet<>();
    /** Objects of which nobody knows when their last group was written; they are not merged. */
    private final Set<SegmentName> untimed = new HashSet<>();

    private final ReentrantLock publishing = new ReentrantLock();
    private final Clock steady;

    /**
     * An object and when its last group was written: by the steady clock if we wrote it, else by the store's, or by the
     * clock of the owner that did.
     */
    private record Known(Entry entry, Instant at) {
        SegmentName name() {
            return entry.segment().name();
        }
    }

    /**
     * A part of the chain that is due to be merged.
     *
     * @param level of the result
     * @param inputs in the order of their TXIDs, at least two
     * @param at when the last of them was written
     */
    record Merge(int level, List<SegmentName> inputs, Instant at) {
        SegmentName name() {
            return new SegmentName(
                    level,
                    inputs.get(0).minTxid(),
                    inputs.get(inputs.size() - 1).maxTxid());
        }
    }

    /**
     * Knows what a complete listing says.
     *
     * @param steady a clock that goes on evenly, whatever happens to the time of day
     */
    public Levels(Collection<Segment> listing, Clock steady) {
        this.steady = steady;
        replace(listing);
    }

    /** Forgets everything and knows what a complete listing says. */
    synchronized void replace(Collection<Segment> listing) {
        chain.clear();
        snapshots.clear();
        untimed.clear();
        Map<Long, Instant> groups = new HashMap<>();
        listing.stream()
                .filter(s -> s.name().level() == 0)
                .forEach(s -> groups.put(s.name().maxTxid(), s.modified()));
        listing.stream().sorted((a, b) -> a.name().compareTo(b.name())).forEach(s -> {
            // A compacted object may be much younger than the groups in it: only its last group tells the time.
            Instant at = groups.get(s.name().maxTxid());
            if (at == null) {
                untimed.add(s.name());
            }
            add(new Entry(s, Optional.empty()), at == null ? s.modified() : at);
        });
        boundaries.add(Chain.latest(listing)); // what comes after it is timed by another clock
    }

    /** Takes over what a manifest knows and a listing does not: times of commits, and checksums. */
    public synchronized void learn(Manifest manifest) {
        for (Entry entry : manifest.entries()) {
            if (entry.checksums().isEmpty()) {
                continue; // who wrote it knew no more than a listing says
            }
            SegmentName name = entry.segment().name();
            Instant committed = entry.segment().modified();
            chain.computeIfPresent(
                    name.minTxid(),
                    (min, old) -> old.name().equals(name)
                            ? new Known(entry, untimed.remove(name) ? committed : old.at)
                            : old);
            snapshots.computeIfPresent(
                    name.maxTxid(), (max, old) -> old.segment().name().equals(name) ? entry : old);
        }
    }

    /** A segment or snapshot of ours is in the replica. */
    public void written(SegmentName name, long bytes, LtxHeader header) {
        written(name, bytes, header, steady.instant());
    }

    /** A merged segment is in the replica. */
    void merged(Merge merge, long bytes, LtxHeader header) {
        written(merge.name(), bytes, header, merge.at);
    }

    private void written(SegmentName name, long bytes, LtxHeader header, Instant at) {
        add(new Entry(new Segment(name, bytes, header.timestamp()), header.checksums()), at);
    }

    /** A snapshot of this TXID is about to be written: nothing may be merged across it. */
    public synchronized void snapshotBegins(long txid) {
        boundaries.add(txid);
    }

    /** An object cannot be read and is not merged any more. */
    synchronized void damaged(SegmentName name) {
        damaged.add(name);
    }

    private synchronized void add(Entry entry, Instant at) {
        SegmentName name = entry.segment().name();
        if (name.level() == SegmentName.SNAPSHOT_LEVEL) {
            snapshots.put(name.maxTxid(), entry);
            boundaries.add(name.maxTxid());
            return;
        }
        Map.Entry<Long, Known> before = chain.floorEntry(name.minTxid());
        if (before != null && before.getValue().name().maxTxid() >= name.minTxid()) {
            SegmentName other = before.getValue().name();
            if (other.minTxid() != name.minTxid() || other.maxTxid() > name.maxTxid()) {
                return; // inside an object the chain has, or across its end: of no use to the chain
            }
        }
        chain.subMap(name.minTxid(), true, name.maxTxid(), true).clear();
        chain.put(name.minTxid(), new Known(entry, at));
    }

    /** These objects are about to be deleted. */
    synchronized void removed(Collection<SegmentName> names) {
        Set<SegmentName> gone = Set.copyOf(names);
        chain.values().removeIf(known -> gone.contains(known.name()));
        snapshots.values().removeIf(e -> gone.contains(e.segment().name()));
    }

    /** What is to be merged next, lower levels first. */
    synchronized Optional<Merge> due() {
        for (int level = 1; level <= WINDOWS.size(); level++) {
            Optional<Merge> due = due(level, WINDOWS.get(level - 1));
            if (due.isPresent()) {
                return due;
            }
        }
        return Optional.empty();
    }

    private Optional<Merge> due(int level, Duration window) {
        List<Known> group = new ArrayList<>();
        for (Known known : chain.values()) {
            boolean mergeable =
                    known.name().level() < level && !damaged.contains(known.name()) && !untimed.contains(known.name());
            if (!mergeable || !group.isEmpty() && !belongs(known, group, window)) {
                if (group.size() > 1) {
                    return Optional.of(merge(level, group)); // nothing can join it any more
                }
                group.clear();
            }
            if (mergeable) {
                group.add(known);
            }
        }
        boolean complete =
                group.size() == MAX_INPUTS || group.size() > 1 && apart(group.get(0).at, steady.instant(), window);
        return complete ? Optional.of(merge(level, group)) : Optional.empty();
    }

    private boolean belongs(Known known, List<Known> group, Duration window) {
        long end = group.get(group.size() - 1).name().maxTxid();
        return known.name().minTxid() == end + 1
                && !boundaries.contains(end)
                && group.size() < MAX_INPUTS
                && !apart(group.get(0).at, known.at, window);
    }

    /** In both directions: times that go backwards come from different clocks. */
    private static boolean apart(Instant first, Instant second, Duration window) {
        return Duration.between(first, second).abs().compareTo(window) >= 0;
    }

    private static Merge merge(int level, List<Known> group) {
        return new Merge(level, group.stream().map(Known::name).toList(), group.get(group.size() - 1).at);
    }

    /**
     * The manifest: snapshots, and the chain up to its last compacted object. Level 0 appears in it where a single
     * object lies between compacted ones.
     */
    public synchronized Manifest manifest() {
        long compacted = chain.values().stream()
                .filter(known -> known.name().level() > 0)
                .mapToLong(known -> known.name().maxTxid())
                .max()
                .orElse(0);
        List<Entry> entries = new ArrayList<>(snapshots.values());
        chain.headMap(compacted, true).values().forEach(known -> entries.add(known.entry));
        return new Manifest(entries);
    }

    /** Writes the manifest. */
    public void publish(Replica replica, SendGuard guard) throws IOException {
        publishing.lock();
        try {
            replica.store().put(Manifest.NAME, manifest().encode(), guard);
        } finally {
            publishing.unlock();
        }
    }
}
