package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.compaction.Compaction;
import io.spindrift.compaction.DamagedSegmentException;
import io.spindrift.compaction.Levels;
import io.spindrift.compaction.LocalSegments;
import io.spindrift.compaction.Retention;
import io.spindrift.compaction.RetentionPlan.Terms;
import io.spindrift.ownership.Claims;
import io.spindrift.ownership.Lease;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Keeps the replica of one ownership short: says when compaction and retention are due, and does them. Asks the store
 * nothing while nothing is written. Begins with the claim. Each of the two runs on one thread at a time.
 */
final class Upkeep {
    private static final Duration BETWEEN_RETENTION_PASSES = Duration.ofHours(1);

    private final Compaction compaction;
    private final Retention retention;
    private final Clock clock;
    private final LongSupplier durableTxid;
    private final Runnable needsSnapshot;
    /** When the next pass may begin, by the monotonic clock. */
    private volatile long retentionNanos = System.nanoTime() + Retention.FIRST_PASS_AFTER.toNanos();

    private volatile long txidAtPass;
    private volatile Optional<Instant> nextExpiry = Optional.empty();

    /**
     * @param needsSnapshot called when the chain of the replica is found damaged
     */
    Upkeep(
            DatabaseConfig config,
            Replica replica,
            Lease lease,
            Levels levels,
            LocalSegments local,
            Clock clock,
            LongSupplier durableTxid,
            Runnable needsSnapshot) {
        this.compaction = new Compaction(replica, levels, local, lease.epoch(), config.exactRetention());
        this.retention = new Retention(
                replica,
                levels,
                () -> {
                    lease.requireHighest();
                    return Claims.of(replica);
                },
                new Terms(config.exactRetention(), config.retention(), config.deleteGrace()),
                clock,
                System::nanoTime);
        this.clock = clock;
        this.durableTxid = durableTxid;
        this.needsSnapshot = needsSnapshot;
    }

    Optional<Duration> untilCompaction() {
        return compaction.due() ? Optional.of(Duration.ZERO) : Optional.empty();
    }

    void compact(SendGuard guard) throws IOException {
        try {
            compaction.runOnce(guard);
        } catch (DamagedSegmentException e) {
            needsSnapshot.run();
            throw e;
        }
    }

    Optional<Duration> untilRetention() {
        boolean written = durableTxid.getAsLong() != txidAtPass;
        boolean expires = nextExpiry.filter(at -> !at.isAfter(clock.instant())).isPresent();
        return written || expires
                ? Optional.of(Duration.ofNanos(retentionNanos - System.nanoTime()))
                : nextExpiry.map(at -> Duration.between(clock.instant(), at));
    }

    void retain(SendGuard guard) throws IOException {
        long txid = durableTxid.getAsLong();
        try {
            nextExpiry = retention.runOnce(guard).nextAt();
            txidAtPass = txid;
        } finally { // also after a failure: what is late to be deleted does not hurt, listing it again and again does
            retentionNanos = System.nanoTime() + BETWEEN_RETENTION_PASSES.toNanos();
        }
    }
}
