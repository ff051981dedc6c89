package io.spindrift.sync;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Renews the lease while shipping, which renews it between requests, hangs in a long one.
 *
 * @param name what it is called in sentences
 * @param owned what ships now, empty if nothing does
 * @param reachable whether the store has answered lately; shipping finds out when it does again
 */
record LeasePass(String name, Supplier<Optional<Replicator>> owned, BooleanSupplier reachable)
        implements BackgroundPasses.Pass {
    @Override
    public Optional<Duration> untilDue() {
        return owned.get().filter(current -> reachable.getAsBoolean()).map(Replicator::untilOverdue);
    }

    @Override
    public void run() throws IOException {
        Optional<Replicator> current = owned.get();
        if (current.isPresent()) {
            current.get().renewLease();
        }
    }
}
