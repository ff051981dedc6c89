package io.spindrift.sync;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What keeps failing now: since when, with which sentence, and when to try again (doubling with jitter, from 0.2 to
 * 15 s). Written by one thread at a time, read by any.
 */
final class FailureRecord {
    private static final Duration FIRST_RETRY = Duration.ofMillis(200);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(15);

    private final AtomicLong count = new AtomicLong();
    private volatile Failing now;

    private record Failing(long sinceNanos, String problem, Duration backoff, long retryNanos) {}

    /** Notes a failure; answers whether its sentence is news. */
    boolean failed(String problem) {
        count.incrementAndGet();
        Failing before = now;
        long clock = System.nanoTime();
        Duration backoff = before == null ? FIRST_RETRY : shorter(before.backoff.multipliedBy(2), LONGEST_RETRY);
        long wait = ThreadLocalRandom.current().nextLong(backoff.toNanos() / 2, backoff.toNanos());
        now = new Failing(before == null ? clock : before.sinceNanos, problem, backoff, clock + wait);
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

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
