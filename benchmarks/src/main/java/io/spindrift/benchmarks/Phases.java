package io.spindrift.benchmarks;

import java.util.concurrent.TimeUnit;

/** When a run of several threads warms up, is measured, and is over. Thread-safe. */
final class Phases {
    private enum Phase {
        WARMING_UP,
        MEASURED,
        OVER
    }

    private volatile Phase phase = Phase.WARMING_UP;

    /**
     * How long was measured.
     *
     * @param cpuSeconds processor time of this process meanwhile
     */
    record Measured(double seconds, double cpuSeconds) {}

    boolean isMeasured() {
        return phase == Phase.MEASURED;
    }

    boolean isOver() {
        return phase == Phase.OVER;
    }

    /**
     * Lets the threads run for as long as {@code warmup} and {@code seconds} say.
     *
     * @param whenWarm is run between the two
     */
    Measured pass(Parameters parameters, Runnable whenWarm) throws InterruptedException {
        TimeUnit.SECONDS.sleep(parameters.number("warmup", 2));
        whenWarm.run();
        double cpuBefore = Machine.cpuSeconds();
        long started = System.nanoTime();
        phase = Phase.MEASURED;
        TimeUnit.SECONDS.sleep(parameters.number("seconds", 10));
        phase = Phase.OVER;
        return new Measured((System.nanoTime() - started) / 1e9, Machine.cpuSeconds() - cpuBefore);
    }
}
