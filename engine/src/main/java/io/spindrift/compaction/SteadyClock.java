package io.spindrift.compaction;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Begins with the time of day and then goes on evenly, whatever becomes of that. Immutable. */
public final class SteadyClock extends Clock {
    private final Instant start = Instant.now();
    private final long startNanos = System.nanoTime();

    @Override
    public Instant instant() {
        return start.plusNanos(System.nanoTime() - startNanos);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    /** This clock: a steady one has no zone. */
    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
