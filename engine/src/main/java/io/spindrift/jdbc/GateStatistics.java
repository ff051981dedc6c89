package io.spindrift.jdbc;

import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How busy a database's writer gate is, since the database was opened.
 *
 * @param waiting how many wait now
 * @param acquisitions how often it was taken, by writers and by the engine
 * @param waits how often someone had to wait, in vain included
 * @param waited how long they waited, all together
 * @param longestWait how long the longest of these waits was
 * @param waitsWithin how many of these waits took no longer than 100 µs, 1 ms, 10 ms, 100 ms, 1 s and 10 s
 * @param overtakings how often someone who came while the gate was free went before those who waited
 * @param held how long it was held, all together, without the present holder's time
 * @param longestHold how long the longest time in one hand was, the present holder's included
 * @param holder who has it now
 */
public record GateStatistics(
        int waiting,
        long acquisitions,
        long waits,
        Duration waited,
        Duration longestWait,
        SortedMap<Duration, Long> waitsWithin,
        long overtakings,
        Duration held,
        Duration longestHold,
        Optional<Holder> holder) {
    /** A gate that nobody came to. */
    public static final GateStatistics NONE = new GateStatistics(
            0,
            0,
            0,
            Duration.ZERO,
            Duration.ZERO,
            new WaitHistogram().waitsWithin(),
            0,
            Duration.ZERO,
            Duration.ZERO,
            Optional.empty());

    public GateStatistics {
        waitsWithin = Collections.unmodifiableSortedMap(new TreeMap<>(waitsWithin));
    }

    /**
     * Who has the gate.
     *
     * @param thread the name of the thread that used the connection last
     * @param engine whether it is the engine itself, not a connection's transaction
     * @param since how long it has had it
     */
    public record Holder(String thread, boolean engine, Duration since) {}

    /** Counts waits by their length. Not thread-safe. */
    static final class WaitHistogram {
        private static final Duration[] BOUNDS = {
            Duration.ofNanos(100_000),
            Duration.ofMillis(1),
            Duration.ofMillis(10),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10)
        };

        private final long[] counts = new long[BOUNDS.length];

        void add(long nanos) {
            for (int i = 0; i < BOUNDS.length; i++) {
                if (nanos <= BOUNDS[i].toNanos()) {
                    counts[i]++;
                }
            }
        }

        SortedMap<Duration, Long> waitsWithin() {
            SortedMap<Duration, Long> within = new TreeMap<>();
            for (int i = 0; i < BOUNDS.length; i++) {
                within.put(BOUNDS[i], counts[i]);
            }
            return within;
        }
    }
}
