package io.spindrift.transaction;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Runs a piece of work that makes one transaction, and runs it again when that transaction lost a conflict.
 *
 * <p>The work begins and ends its transaction itself, so that every attempt has a new one. Needs no container; may be
 * used by any number of threads.
 */
public final class ConflictRetry {

    /** Lets time pass before the next attempt. */
    @FunctionalInterface
    public interface Pause {
        void sleep(Duration duration) throws InterruptedException;
    }

    private final RetryPolicy policy;
    private final Pause pause;
    private final DoubleSupplier random;

    public ConflictRetry(RetryPolicy policy) {
        this(policy, duration -> TimeUnit.NANOSECONDS.sleep(duration.toNanos()), () -> ThreadLocalRandom.current()
                .nextDouble());
    }

    /**
     * The same with another way to pass the time.
     *
     * @param random a number from 0 to 1 for each pause: the part of the longest one that is waited
     */
    public ConflictRetry(RetryPolicy policy, Pause pause, DoubleSupplier random) {
        this.policy = policy;
        this.pause = pause;
        this.random = random;
    }

    /**
     * Runs the work until it succeeds, fails for another reason than a conflict, or the retries are used up. When the
     * thread is interrupted between two attempts, the failure of the last one is thrown and the thread stays
     * interrupted.
     *
     * @return what the work returned
     * @throws Exception the last attempt's failure, with those of the earlier ones as suppressed exceptions
     */
    public <T> T call(Callable<T> work) throws Exception {
        List<Exception> earlier = new ArrayList<>();
        while (true) {
            try {
                return work.call();
            } catch (Exception failure) {
                boolean again =
                        earlier.size() < policy.maxRetries() && Conflict.isIn(failure) && rest(earlier.size() + 1);
                if (!again) {
                    throw withSuppressed(failure, earlier);
                }
                earlier.add(failure);
            }
        }
    }

    private boolean rest(int retry) {
        Duration longest = policy.longestPause(retry);
        try {
            pause.sleep(Duration.ofNanos((long) (longest.toNanos() * random.getAsDouble())));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Exception withSuppressed(Exception failure, List<Exception> earlier) {
        for (Exception other : earlier) {
            // Work may throw one instance twice, and an exception cannot suppress itself.
            if (other != failure) {
                failure.addSuppressed(other);
            }
        }
        return failure;
    }
}
