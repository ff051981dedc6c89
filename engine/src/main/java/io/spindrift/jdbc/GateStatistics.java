package io.spindrift.jdbc;

import java.time.Duration;

/**
 * How busy a database's writer gate is, since the database was opened.
 *
 * @param waiting how many wait now
 * @param acquisitions how often it was taken, by writers and by the engine
 * @param waits how often someone had to wait, in vain included
 * @param waited how long they waited, all together
 * @param longestWait how long the longest of these waits was
 */
public record GateStatistics(int waiting, long acquisitions, long waits, Duration waited, Duration longestWait) {
    /** A gate that nobody came to. */
    public static final GateStatistics NONE = new GateStatistics(0, 0, 0, Duration.ZERO, Duration.ZERO);
}
