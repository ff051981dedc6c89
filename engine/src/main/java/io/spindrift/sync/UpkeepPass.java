package io.spindrift.sync;

import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Compaction or retention of a database, as long as one ownership lasts.
 *
 * @param name what it is called in sentences
 * @param upkeep of the ownership that ships now, empty if none does
 * @param until how long until it is due
 * @param work what it does
 */
record UpkeepPass(String name, Supplier<Optional<Upkeep>> upkeep, Function<Upkeep, Optional<Duration>> until, Work work)
        implements BackgroundPasses.Pass {

    /** One run. */
    @FunctionalInterface
    interface Work {
        void run(Upkeep upkeep, SendGuard guard) throws IOException;
    }

    @Override
    public Optional<Duration> untilDue() {
        return upkeep.get().flatMap(until);
    }

    @Override
    public void run() throws IOException {
        Optional<Upkeep> current = upkeep.get();
        if (current.isPresent()) {
            work.run(current.get(), () -> {
                if (upkeep.get().filter(now -> now == current.get()).isEmpty()) {
                    throw new StoreException(name + " was ended: this process does not ship to the replica any more");
                }
            });
        }
    }
}
