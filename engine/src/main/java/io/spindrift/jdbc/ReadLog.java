package io.spindrift.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a transaction has read since it began, up to its first write: enough to find out whether it would read the same
 * from a later state of the database. Belongs to one {@link PhysicalConnection} and is used like it, by one thread at a
 * time.
 *
 * <p>Limits: up to {@value #VALUES_KEPT_BYTES} bytes of values are kept as they are; of those that follow only a SHA-256
 * is. Past {@value #MOST_BYTES} bytes of statements, parameters, shapes and values together nothing is kept, and the
 * transaction cannot be repeated.
 */
final class ReadLog {
    static final int VALUES_KEPT_BYTES = 1 << 20;
    static final int MOST_BYTES = 8 << 20;

    private final List<Reading> readings = new ArrayList<>();
    private final List<String> savepoints = new ArrayList<>();
    private boolean recording;
    private String obstacle;
    private long snapshot;
    private long bytes;
    private long valueBytes;

    /** A transaction begins whose snapshot holds at least the commits up to a number. */
    void begin(long commit) {
        recording = true;
        snapshot = commit;
    }

    /** Forgets everything: from now on nobody can change what the transaction has read, or it is over. */
    void end() {
        recording = false;
        obstacle = null;
        forget();
    }

    private void forget() {
        readings.clear();
        savepoints.clear();
        bytes = 0;
        valueBytes = 0;
    }

    /** Whether what is fetched now has to be told to its {@link Reading}. */
    boolean recording() {
        return recording;
    }

    /** The number of a commit; if it is still the last one, nothing can have changed. */
    long snapshot() {
        return snapshot;
    }

    void movedTo(long commit) {
        snapshot = commit;
    }

    List<Reading> readings() {
        return readings;
    }

    /** The savepoints that are set, as SQLite calls them, the oldest first. */
    List<String> savepoints() {
        return savepoints;
    }

    /** Why the transaction cannot be repeated, if it cannot. */
    Optional<String> obstacle() {
        return Optional.ofNullable(obstacle);
    }

    /** From now on a commit in between is a conflict. Does nothing while nothing is recorded. */
    void cannotRepeat(String why) {
        if (recording) {
            recording = false;
            obstacle = why;
            forget();
        }
    }

    /**
     * A statement has run.
     *
     * @param rows whether it is a query
     * @return who wants to know what is fetched, null if nobody does
     */
    Reading ran(SqlStatement statement, Object[] parameters, int maxRows, boolean rows) {
        if (!recording) {
            return null;
        }
        if (statement.temporary()) {
            cannotRepeat("it has changed a temporary table");
        } else if (!rows) {
            cannotRepeat("it has run a statement that reads nothing and may have set something");
        }
        Reading reading = new Reading(this, statement, copyOf(parameters), maxRows);
        charge(reading.weight());
        if (!recording) {
            return null;
        }
        readings.add(reading);
        return reading;
    }

    private static Object[] copyOf(Object[] parameters) {
        Object[] copy = parameters.clone();
        for (int i = 0; i < copy.length; i++) {
            copy[i] = FetchedValues.copyOf(copy[i]);
        }
        return copy;
    }

    void savepointSet(String name) {
        if (recording) {
            savepoints.add(name);
        }
    }

    /** Those set after one are gone, and with {@code inclusive} that one too. */
    void savepointsGone(String after, boolean inclusive) {
        int index = savepoints.lastIndexOf(after);
        if (index >= 0) {
            savepoints.subList(inclusive ? index : index + 1, savepoints.size()).clear();
        }
    }

    void charge(long weight) {
        bytes += weight;
        if (bytes > MOST_BYTES) {
            cannotRepeat("it has read more than is remembered, " + (MOST_BYTES >> 20)
                    + " MiB of statements, parameters and values");
        }
    }

    /** Whether a value of this weight is to be kept; otherwise it is hashed. */
    boolean keeps(long weight) {
        if (valueBytes + weight > VALUES_KEPT_BYTES) {
            return false;
        }
        valueBytes += weight;
        bytes += weight;
        return true;
    }
}
