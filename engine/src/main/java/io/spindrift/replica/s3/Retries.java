package io.spindrift.replica.s3;

import io.spindrift.replica.StoreException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * How often and after what pauses a request is tried again: decorrelated jitter, so that many clients that failed at
 * once do not come back at once.
 *
 * @param maxTries the first included
 * @param firstPause the shortest
 * @param longestPause the longest
 * @param deadline no try begins later than this after the first one began
 * @param sleeper waits
 * @param nanoTime a monotonic clock
 * @param random from 0 to below 1
 */
record Retries(
        int maxTries,
        Duration firstPause,
        Duration longestPause,
        Duration deadline,
        Sleeper sleeper,
        LongSupplier nanoTime,
        DoubleSupplier random) {

    /** Waits for a while. */
    @FunctionalInterface
    interface Sleeper {
        void sleep(Duration duration) throws InterruptedException;
    }

    static Retries standard() {
        return new Retries(
                8,
                Duration.ofMillis(50),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                duration -> Thread.sleep(duration.toMillis()),
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextDouble());
    }

    /** The tries of one request; the first is under way. */
    Tries begin() {
        return new Tries();
    }

    final class Tries {
        private final long start = nanoTime.getAsLong();
        private int done = 1;
        private Duration pause = firstPause;

        /**
         * Pauses before another try.
         *
         * @return false, at once, if there shall be none
         * @throws StoreException if the thread is interrupted, with its flag set
         */
        boolean again() throws StoreException {
            pause = nextPause();
            Duration elapsed = Duration.ofNanos(nanoTime.getAsLong() - start);
            if (done >= maxTries || elapsed.plus(pause).compareTo(deadline) > 0) {
                return false;
            }
            done++;
            try {
                sleeper.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoreException("The request was interrupted between two tries", e);
            }
            return true;
        }

        int done() {
            return done;
        }

        private Duration nextPause() {
            double low = firstPause.toNanos();
            double high = Math.max(low, pause.toNanos() * 3.0);
            Duration drawn = Duration.ofNanos((long) (low + random.getAsDouble() * (high - low)));
            return drawn.compareTo(longestPause) > 0 ? longestPause : drawn;
        }
    }
}
