package io.spindrift.retry;

import java.time.Duration;
import java.util.Set;

/**
 * What is tried again, how often, and after which pauses. The defaults suit a local file, where a transaction lasts
 * milliseconds.
 *
 * @param maxRetries attempts after the first, 0 to 1,000
 * @param delay the longest pause before the first retry; it doubles with each further one
 * @param maxDelay the longest pause before any retry, from {@code delay} to a day
 * @param jitter how much of each pause is left to chance: with 1 it is anything between zero and the longest, with 0
 *     always the longest
 * @param maxDuration no retry begins later than this after the first attempt began, nor is waited for; zero is no limit
 * @param retryOn failures that are tried again although they are no conflict
 * @param abortOn failures that are thrown at once, also when they are a conflict
 */
public record RetryPolicy(
        int maxRetries,
        Duration delay,
        Duration maxDelay,
        double jitter,
        Duration maxDuration,
        Set<Class<? extends Exception>> retryOn,
        Set<Class<? extends Exception>> abortOn) {
    /** Every failure is kept until the last one is thrown. */
    private static final int MOST_RETRIES = 1_000;

    private static final Duration LONGEST = Duration.ofDays(1);

    /** 10 retries within 30 s, after at most 2 ms, 4 ms, 8 ms … 250 ms. */
    public static final RetryPolicy DEFAULT = builder().build();

    public RetryPolicy {
        if (maxRetries < 0 || maxRetries > MOST_RETRIES) {
            throw new IllegalArgumentException("maxRetries is 0 to " + MOST_RETRIES + ", found " + maxRetries);
        }
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay is zero or longer, found " + delay);
        }
        if (maxDelay.compareTo(delay) < 0) {
            throw new IllegalArgumentException("maxDelay is not shorter than delay (" + delay + "), found " + maxDelay);
        }
        if (maxDelay.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("maxDelay is at most " + LONGEST + ", found " + maxDelay);
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("jitter is 0 to 1, found " + jitter);
        }
        if (!maxDuration.isZero() && (maxDuration.compareTo(delay) < 0 || maxDuration.compareTo(LONGEST) > 0)) {
            throw new IllegalArgumentException("maxDuration is zero for no limit, or from delay (" + delay + ") to "
                    + LONGEST + ", found " + maxDuration);
        }
        retryOn = Set.copyOf(retryOn);
        abortOn = Set.copyOf(abortOn);
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The pause before a retry.
     *
     * @param retry counted from 1
     * @param chance from 0 to 1
     */
    Duration pause(int retry, double chance) {
        double longest = Math.min(Math.scalb((double) delay.toNanos(), retry - 1), maxDelay.toNanos());
        return Duration.ofNanos((long) (longest * (1 - jitter * (1 - chance))));
    }

    /** Collects the values of a policy, which are checked together at the end. */
    public static final class Builder {
        private int maxRetries = 10;
        private Duration delay = Duration.ofMillis(2);
        private Duration maxDelay = Duration.ofMillis(250);
        private double jitter = 1;
        private Duration maxDuration = Duration.ofSeconds(30);
        private Set<Class<? extends Exception>> retryOn = Set.of();
        private Set<Class<? extends Exception>> abortOn = Set.of();

        private Builder() {}

        public Builder maxRetries(int value) {
            maxRetries = value;
            return this;
        }

        public Builder delay(Duration value) {
            delay = value;
            return this;
        }

        public Builder maxDelay(Duration value) {
            maxDelay = value;
            return this;
        }

        public Builder jitter(double value) {
            jitter = value;
            return this;
        }

        public Builder maxDuration(Duration value) {
            maxDuration = value;
            return this;
        }

        public Builder retryOn(Set<Class<? extends Exception>> types) {
            retryOn = types;
            return this;
        }

        public Builder abortOn(Set<Class<? extends Exception>> types) {
            abortOn = types;
            return this;
        }

        /** @throws IllegalArgumentException if a value is out of range; the sentence names it */
        public RetryPolicy build() {
            return new RetryPolicy(maxRetries, delay, maxDelay, jitter, maxDuration, retryOn, abortOn);
        }
    }
}
