package io.spindrift.retry;

import java.time.Duration;

/**
 * An attempt at a transaction lost a conflict. Told on the thread that runs the transaction, outside of it, when it is
 * known what follows, that is after the pause.
 *
 * @param what the transaction: its name, or the method with its class
 * @param attempt which one has failed, from 1
 * @param decision what follows
 * @param pause how long was waited before the next attempt; zero if none follows
 * @param cause what the attempt failed with
 */
public record ConflictEvent(String what, int attempt, Decision decision, Duration pause, Exception cause) {

    /** What follows an attempt that has failed. */
    public enum Decision {
        /** The next attempt. */
        RETRY,
        /** The failure is thrown: {@link RetryPolicy#maxRetries()} are used up. */
        NO_RETRIES_LEFT,
        /** The failure is thrown: the next attempt would begin later than {@link RetryPolicy#maxDuration()}. */
        NO_TIME_LEFT,
        /** The failure is thrown: the thread was interrupted before or during the pause, and still is. */
        INTERRUPTED
    }
}
