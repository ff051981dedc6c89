package io.spindrift.replica.s3;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes only by sleeping, at once. */
final class FakeTime {
    private final AtomicLong nanos = new AtomicLong();
    private final List<Duration> pauses = new CopyOnWriteArrayList<>();

    /** The standard retries in this time, each pause in the middle of its range. */
    Retries retries() {
        Retries standard = Retries.standard();
        return new Retries(
                standard.maxTries(),
                standard.firstPause(),
                standard.longestPause(),
                standard.deadline(),
                this::sleep,
                nanos::get,
                () -> 0.5);
    }

    List<Duration> pauses() {
        return List.copyOf(pauses);
    }

    private void sleep(Duration duration) {
        pauses.add(duration);
        nanos.addAndGet(duration.toNanos());
    }
}
