package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** Lets threads wait until a commit has reached a level, and counts those who could not be told. Thread-safe. */
final class DurabilityWaits {
    private final DatabaseConfig config;
    private final ShippingProgress progress;
    private final LogForce logForce;
    private final LongAdder unknown = new LongAdder();

    DurabilityWaits(DatabaseConfig config, ShippingProgress progress, LogForce logForce) {
        this.config = config;
        this.progress = progress;
        this.logForce = logForce;
    }

    /** @throws DurabilityUnknownException if the commit may or may not be lost with the disk, or the process */
    void await(Durability level, long commit, Duration timeout) {
        try {
            switch (level) {
                case ASYNC -> {}
                case LOCAL -> {
                    logForce.await(commit, timeout);
                    progress.requireKnown(commit);
                }
                case REPLICA -> progress.awaitCommit(commit, timeout);
            }
        } catch (DurabilityUnknownException e) {
            unknown.increment();
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            unknown.increment();
            throw new DurabilityUnknownException(
                    "Waiting for database " + config.name() + " to become durable was interrupted", e);
        }
    }

    /** How many waits ended without an answer. */
    long unknownOutcomes() {
        return unknown.sum();
    }
}
