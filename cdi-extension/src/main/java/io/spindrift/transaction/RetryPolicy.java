package io.spindrift.transaction;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * How often, and after which pauses, a transaction that lost a conflict is tried again.
 *
 * <p>The defaults suit a local file, where a transaction lasts milliseconds: see {@link RetryOnConflict}.
 *
 * @param maxRetries attempts after the first, 0 or more
 * @param delay the longest pause before the first retry; it doubles with each further one
 * @param maxDelay the longest pause before any retry, not shorter than {@code delay}
 */
public record RetryPolicy(int maxRetries, Duration delay, Duration maxDelay) {
    // Before DEFAULT, whose constructor reads it.
    private static final Duration LONGEST = Duration.ofDays(1);

    /** 10 retries after at most 2 ms, 4 ms, 8 ms … 250 ms. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(10, Duration.ofMillis(2), Duration.ofMillis(250));

    public RetryPolicy {
        if (maxRetries < 0) {
            throw new IllegalArgumentException("maxRetries is 0 or greater, found " + maxRetries);
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
    }

    /**
     * Reads the annotation's members.
     *
     * @throws IllegalArgumentException if one is out of range; the sentence names it
     */
    public static RetryPolicy of(RetryOnConflict annotation) {
        return new RetryPolicy(
                annotation.maxRetries(),
                duration("delay", annotation.delay(), annotation.delayUnit()),
                duration("maxDelay", annotation.maxDelay(), annotation.maxDelayUnit()));
    }

    /** The longest pause before a retry, which is numbered from 1. */
    Duration longestPause(int retry) {
        double doubled = Math.scalb((double) delay.toNanos(), retry - 1);
        return Duration.ofNanos((long) Math.min(doubled, maxDelay.toNanos()));
    }

    private static Duration duration(String member, long amount, ChronoUnit unit) {
        try {
            return Duration.of(amount, unit);
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    member + " is an exact time of at most " + LONGEST + ", found " + amount + " " + unit, e);
        }
    }
}
