package io.spindrift.sync;

import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;

/**
 * Decides when the next snapshot is due: when the log since the last one takes more room in the replica than a snapshot
 * would now, so that a restore reads at most about twice of that, and at the latest after a time if something was written.
 * Thread-safe.
 */
final class SnapshotClock {
    private long lastTxid;
    private Instant lastAt;
    private boolean everTaken;
    private long logBytesSince;
    private boolean requested;
    /** How much of their size pages keep in the replica, compressed. */
    private double compression = 1;

    private SnapshotClock(long lastTxid, Instant lastAt, boolean everTaken, long logBytesSince) {
        this.lastTxid = lastTxid;
        this.lastAt = lastAt;
        this.everTaken = everTaken;
        this.logBytesSince = logBytesSince;
    }

    /**
     * Starts from what the replica has.
     *
     * @param databaseBytes size of the database; the last snapshot is taken to be one of a database as large
     */
    static SnapshotClock of(Collection<Segment> segments, long databaseBytes, Instant now) {
        Optional<Segment> last = segments.stream()
                .filter(s -> s.name().level() == SegmentName.SNAPSHOT_LEVEL)
                .max((a, b) -> Long.compare(a.name().maxTxid(), b.name().maxTxid()));
        long txid = last.map(s -> s.name().maxTxid()).orElse(0L);
        long bytes = segments.stream()
                .filter(s -> s.name().level() == 0 && s.name().minTxid() > txid)
                .mapToLong(Segment::bytes)
                .sum();
        SnapshotClock clock =
                new SnapshotClock(txid, last.map(Segment::modified).orElse(now), last.isPresent(), bytes);
        last.ifPresent(snapshot -> clock.learn(snapshot.bytes(), databaseBytes));
        return clock;
    }

    /** All pages were shipped in one segment, which is as good as a snapshot. */
    synchronized void shippedWhole(long bytes, long databaseBytes) {
        learn(bytes, databaseBytes);
        logBytesSince = 0;
    }

    private void learn(long bytes, long databaseBytes) {
        compression = Math.min(1, bytes / (double) Math.max(1, databaseBytes));
    }

    /**
     * Whether a snapshot is due.
     *
     * @param least a log that is not longer is no reason, in bytes
     * @param longest how long a change may wait for a snapshot
     */
    synchronized boolean due(long durableTxid, long databaseBytes, long least, Instant now, Duration longest) {
        boolean written = durableTxid > lastTxid;
        boolean old = written && Duration.between(lastAt, now).compareTo(longest) >= 0;
        boolean large = logBytesSince > Math.max(least, databaseBytes * compression);
        return requested || large || old;
    }

    synchronized void shipped(long bytes) {
        logBytesSince += bytes;
    }

    synchronized void taken(long txid, Instant at, long bytes, long databaseBytes) {
        learn(bytes, databaseBytes);
        lastTxid = txid;
        lastAt = at;
        everTaken = true;
        logBytesSince = 0;
        requested = false;
    }

    synchronized void requestNow() {
        requested = true;
    }

    synchronized Optional<Instant> lastAt() {
        return everTaken ? Optional.of(lastAt) : Optional.empty();
    }
}
