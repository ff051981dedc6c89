package io.spindrift.compaction;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Manifest.Entry;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;

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

    private final NavigableMap<Long, Entry> chain = new TreeMap<>();
    private final NavigableMap<Long, Entry> snapshots = new TreeMap<>();
    /** TXIDs that have a snapshot or are about to get one. */
    private final Set<Long> boundaries = new TreeSet<>();

    private final Set<SegmentName> damaged = new HashSet<>();
    private final ReentrantLock publishing = new ReentrantLock();

    /**
     * A part of the chain that is due to be merged.
     *
     * @param level of the result
     * @param inputs in the order of their TXIDs, at least two
     */
    record Merge(int level, List<Entry> inputs) {
        SegmentName name() {
            return new SegmentName(
                    level,
                    inputs.get(0).segment().name().minTxid(),
                    inputs.get(inputs.size() - 1).segment().name().maxTxid());
        }
    }

    /** Knows what a complete listing says. */
    public Levels(Collection<Segment> listing) {
        replace(listing);
    }

    /** Forgets everything and knows what a complete listing says. */
    public synchronized void replace(Collection<Segment> listing) {
        Map<SegmentName, Entry> known = new TreeMap<>(chain.values().stream()
                .collect(Collectors.toMap(e -> e.segment().name(), Function.identity())));
        snapshots.values().forEach(e -> known.put(e.segment().name(), e));
        chain.clear();
        snapshots.clear();
        listing.stream()
                .map(s -> known.getOrDefault(s.name(), new Entry(s, Optional.empty())))
                .sorted((a, b) -> a.segment().name().compareTo(b.segment().name()))
                .forEach(this::add);
    }

    /** Takes over what a manifest knows better than a listing: times of commits, and checksums. */
    public synchronized void learn(Manifest manifest) {
        for (Entry entry : manifest.entries()) {
            replaceSame(chain, entry.segment().name().minTxid(), entry);
            replaceSame(snapshots, entry.segment().name().maxTxid(), entry);
        }
    }

    private static void replaceSame(Map<Long, Entry> entries, long key, Entry entry) {
        entries.computeIfPresent(
                key, (k, old) -> old.segment().name().equals(entry.segment().name()) ? entry : old);
    }

    /** An object of ours is in the replica. */
    public void written(SegmentName name, long bytes, LtxHeader header) {
        add(new Entry(new Segment(name, bytes, header.timestamp()), header.checksums()));
    }

    /** A snapshot of this TXID is about to be written: nothing may be merged across it. */
    public synchronized void snapshotBegins(long txid) {
        boundaries.add(txid);
    }

    /** An object cannot be read and is not merged any more. */
    synchronized void damaged(SegmentName name) {
        damaged.add(name);
    }

    private synchronized void add(Entry entry) {
        SegmentName name = entry.segment().name();
        if (name.level() == SegmentName.SNAPSHOT_LEVEL) {
            snapshots.put(name.maxTxid(), entry);
            boundaries.add(name.maxTxid());
            return;
        }
        Entry before = Optional.ofNullable(chain.floorEntry(name.minTxid()))
                .map(Map.Entry::getValue)
                .orElse(null);
        if (before != null && before.segment().name().maxTxid() >= name.minTxid()) {
            boolean longer = before.segment().name().minTxid() == name.minTxid()
                    && before.segment().name().maxTxid() <= name.maxTxid();
            if (!longer) {
                return; // inside an object the chain has, or across its end: of no use to the chain
            }
        }
        chain.subMap(name.minTxid(), true, name.maxTxid(), true).clear();
        chain.put(name.minTxid(), entry);
    }

    /** These objects are about to be deleted. */
    synchronized void removed(Collection<SegmentName> names) {
        Set<SegmentName> gone = Set.copyOf(names);
        chain.values().removeIf(e -> gone.contains(e.segment().name()));
        snapshots.values().removeIf(e -> gone.contains(e.segment().name()));
        boundaries.removeIf(txid -> gone.contains(SegmentName.snapshot(txid)));
    }

    /** What is to be merged next, lower levels first. */
    synchronized Optional<Merge> due(Instant now) {
        for (int level = 1; level <= WINDOWS.size(); level++) {
            Optional<Merge> due = due(level, WINDOWS.get(level - 1), now);
            if (due.isPresent()) {
                return due;
            }
        }
        return Optional.empty();
    }

    private Optional<Merge> due(int level, Duration window, Instant now) {
        List<Entry> group = new ArrayList<>();
        for (Entry entry : chain.values()) {
            boolean mergeable = entry.segment().name().level() < level
                    && !damaged.contains(entry.segment().name());
            if (!mergeable || !group.isEmpty() && !belongs(entry, group, window)) {
                if (group.size() > 1) {
                    return Optional.of(new Merge(level, group)); // nothing can join it any more
                }
                group.clear();
            }
            if (mergeable) {
                group.add(entry);
            }
        }
        boolean old = !group.isEmpty() && apart(time(group.get(0)), now, window);
        return group.size() > 1 && (old || group.size() == MAX_INPUTS)
                ? Optional.of(new Merge(level, group))
                : Optional.empty();
    }

    private boolean belongs(Entry entry, List<Entry> group, Duration window) {
        long end = group.get(group.size() - 1).segment().name().maxTxid();
        return entry.segment().name().minTxid() == end + 1
                && !boundaries.contains(end)
                && group.size() < MAX_INPUTS
                && !apart(time(group.get(0)), time(entry), window);
    }

    /** In both directions: a clock that was set back must not stop compaction. */
    private static boolean apart(Instant a, Instant b, Duration window) {
        return Duration.between(a, b).abs().compareTo(window) >= 0;
    }

    private static Instant time(Entry entry) {
        return entry.segment().modified();
    }

    /**
     * The manifest: snapshots, and the chain up to its last compacted object. Level 0 appears in it where a single
     * object lies between compacted ones.
     */
    public synchronized Manifest manifest() {
        long compacted = chain.values().stream()
                .filter(e -> e.segment().name().level() > 0)
                .mapToLong(e -> e.segment().name().maxTxid())
                .max()
                .orElse(0);
        List<Entry> entries = new ArrayList<>(snapshots.values());
        entries.addAll(chain.headMap(compacted, true).values());
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
