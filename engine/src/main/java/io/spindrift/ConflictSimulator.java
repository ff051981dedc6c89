package io.spindrift;

import io.spindrift.sync.SimulatedConflicts.Order;
import java.time.Duration;

/**
 * Makes the next commits of a database fail with SQLSTATE 40001, for tests of code that runs transactions again.
 *
 * <pre>{@code
 * try (ConflictSimulator conflicts = ConflictSimulator.failNextCommits("ledger", 2)) {
 *     transfers.transfer(1, 2, 500);
 *     assertEquals(0, conflicts.left());
 * }
 * }</pre>
 *
 * <p>A commit counts, and is rolled back, when its transaction has written: of every connection of this process, inside a
 * transaction of the container too. Real conflicts are thrown by the first write; these by the commit, the latest moment
 * there can be. It is over after so many commits, with {@link #close()}, after {@link #LONGEST}, or when the database is
 * closed; no configuration can turn it on. May be used from any thread.
 */
public final class ConflictSimulator implements AutoCloseable {
    /** A simulator nobody closes ends by then. */
    public static final Duration LONGEST = Duration.ofMinutes(1);

    private static final int MOST_COMMITS = 1_000;

    private final Order order;

    private ConflictSimulator(Order order) {
        this.order = order;
    }

    /**
     * Begins.
     *
     * @param database the name of one that this process has open
     * @param commits how many fail, 1 to 1,000
     * @throws SpindriftException if it is not open
     * @throws IllegalStateException if commits of it are made to fail already
     */
    public static ConflictSimulator failNextCommits(String database, int commits) {
        if (commits < 1 || commits > MOST_COMMITS) {
            throw new IllegalArgumentException(
                    "1 to " + MOST_COMMITS + " commits can be made to fail, found " + commits);
        }
        Database open = DatabaseRegistry.find(database)
                .orElseThrow(() -> new SpindriftException("No database named \"" + database
                        + "\" is open in this process; open it before its commits are made" + " to fail"));
        return new ConflictSimulator(open.simulatedConflicts().place(commits, LONGEST));
    }

    /** How many commits will still fail. */
    public int left() {
        return order.left();
    }

    /** From now on commits succeed. Repeatable. */
    @Override
    public void close() {
        order.withdraw();
    }
}
