package io.spindrift.sync;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What keeps failing now: since when, with which sentence, and when to try again: after a random time between 0.1 s and
 * three times the last one, at most 15 s ("decorrelated jitter"). Written by one thread at a time, read by any.
 */
final class FailureRecord {
    private static final long SHORTEST_WAIT_NANOS = Duration.ofMillis(100).toNanos();
    private static final long LONGEST_WAIT_NANOS = Duration.ofSeconds(15).toNanos();
    private static final int GROWTH = 3;

    private final AtomicLong count = new AtomicLong();
    private volatile Failing now;

    private record Failing(long sinceNanos, String problem, long waitNanos, long retryNanos) {}

    /** Notes a failure; answers whether its sentence is news. */
    boolean failed(String problem) {
        count.incrementAndGet();
        Failing before = now;
        long clock = System.nanoTime();
        long last = before == null ? SHORTEST_WAIT_NANOS : before.waitNanos;
        long random = ThreadLocalRandom.current().nextLong(SHORTEST_WAIT_NANOS, last * GROWTH);
        long wait = Math.min(random, LONGEST_WAIT_NANOS);
        now = new Failing(before == null ? clock : before.sinceNanos, problem, wait, clock + wait);
        return before == null || !before.problem.equals(problem);
    }

    /** Notes that it works; answers how long it did not, empty if nothing had failed. */
    Optional<Duration> recovered() {
        Failing before = now;
        now = null;
        return Optional.ofNullable(before).map(f -> Duration.ofNanos(System.nanoTime() - f.sinceNanos));
    }

    /** The sentence of what fails now. */
    Optional<String> problem() {
        return Optional.ofNullable(now).map(Failing::problem);
    }

    /** How long until it may be tried again; empty if nothing fails. */
    Optional<Duration> untilRetry() {
        return Optional.ofNullable(now).map(f -> Duration.ofNanos(f.retryNanos - System.nanoTime()));
    }

    /** Whether it may be tried now. */
    boolean retryIsDue() {
        return untilRetry().map(d -> d.isZero() || d.isNegative()).orElse(true);
    }

    /** How often something has failed. */
    long count() {
        return count.get();
    }
}
