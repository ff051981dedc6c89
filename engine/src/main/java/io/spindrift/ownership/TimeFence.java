package io.spindrift.ownership;

import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreException;
import java.time.Duration;

/**
 * The third rule of ownership: between what an owner saw and its last try to write, less time passes than objects of
 * others are kept. Measured on the monotonic clock, checked before every try. Immutable.
 */
public final class TimeFence implements SendGuard {
    private final long startNanos;
    private final Duration limit;

    private TimeFence(long startNanos, Duration limit) {
        this.startNanos = startNanos;
        this.limit = limit;
    }

    /** A fence that closes {@code limit} from now. */
    public static TimeFence startingNow(Duration limit) {
        return new TimeFence(System.nanoTime(), limit);
    }

    /** Whether it is too late. */
    public boolean closed() {
        return System.nanoTime() - startNanos >= limit.toNanos();
    }

    @Override
    public void beforeSend() throws StoreException {
        if (closed()) {
            throw new StoreException("A write was given up because it was first tried more than " + limit
                    + " (exact-retention) ago; ownership has to be taken anew");
        }
    }
}
