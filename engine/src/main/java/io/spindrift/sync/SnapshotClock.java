package io.spindrift.sync;

import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;

/**
 * Decides when the next snapshot is due: when the log since the last one is larger than the database, so that a restore
 * reads at most about twice its size, and at the latest after a time if something was written. Thread-safe.
 */
final class SnapshotClock {
    private long lastTxid;
    private Instant lastAt;
    private boolean everTaken;
    private long logBytesSince;
    private boolean requested;

    private SnapshotClock(long lastTxid, Instant lastAt, boolean everTaken, long logBytesSince) {
        this.lastTxid = lastTxid;
        this.lastAt = lastAt;
        this.everTaken = everTaken;
        this.logBytesSince = logBytesSince;
    }

    /**
     * Starts from what the replica has.
     *
     * @param fresh whether all pages are about to be shipped in one segment, which is as good as a snapshot
     */
    static SnapshotClock of(Collection<Segment> segments, boolean fresh, Instant now) {
        Optional<Segment> last = segments.stream()
                .filter(s -> s.name().level() == SegmentName.SNAPSHOT_LEVEL)
                .max((a, b) -> Long.compare(a.name().maxTxid(), b.name().maxTxid()));
        long txid = last.map(s -> s.name().maxTxid()).orElse(0L);
        long bytes = fresh
                ? 0
                : segments.stream()
                        .filter(s -> s.name().level() == 0 && s.name().minTxid() > txid)
                        .mapToLong(Segment::bytes)
                        .sum();
        return new SnapshotClock(txid, last.map(Segment::modified).orElse(now), last.isPresent(), bytes);
    }

    synchronized boolean due(long durableTxid, long databaseBytes, Instant now, Duration longest) {
        boolean written = durableTxid > lastTxid;
        boolean old = written && Duration.between(lastAt, now).compareTo(longest) >= 0;
        return requested || logBytesSince > databaseBytes || old;
    }

    synchronized void shipped(long bytes) {
        logBytesSince += bytes;
    }

    synchronized void requestNow() {
        requested = true;
    }

    synchronized void taken(long txid, Instant at) {
        lastTxid = txid;
        lastAt = at;
        everTaken = true;
        logBytesSince = 0;
        requested = false;
    }

    synchronized Optional<Instant> lastAt() {
        return everTaken ? Optional.of(lastAt) : Optional.empty();
    }
}
