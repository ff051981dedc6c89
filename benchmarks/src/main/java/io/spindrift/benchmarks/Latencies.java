package io.spindrift.benchmarks;

import java.util.Arrays;
import java.util.List;

/** Durations of one thread's calls, kept one by one so that percentiles are exact. Not thread-safe. */
final class Latencies {
    private static final double NANOS_PER_MILLI = 1e6;

    private long[] nanos = new long[1 << 16];
    private int count;

    void add(long value) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = value;
    }

    int count() {
        return count;
    }

    /** Counts and percentiles of several threads together, in milliseconds, under names that begin with a prefix. */
    static Measurements summary(String prefix, List<Latencies> all) {
        long[] sorted = all.stream()
                .flatMapToLong(l -> Arrays.stream(l.nanos, 0, l.count))
                .sorted()
                .toArray();
        return new Measurements()
                .put(prefix + "_p50_ms", millis(sorted, 0.5))
                .put(prefix + "_p99_ms", millis(sorted, 0.99))
                .put(prefix + "_p999_ms", millis(sorted, 0.999))
                .put(prefix + "_max_ms", millis(sorted, 1));
    }

    private static double millis(long[] sorted, double share) {
        if (sorted.length == 0) {
            return 0;
        }
        int index = (int) Math.ceil(share * sorted.length) - 1;
        return sorted[Math.max(0, index)] / NANOS_PER_MILLI;
    }
}
