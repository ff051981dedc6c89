package io.spindrift.jdbc;

import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets one writer of a database in at a time, in about the order they came: a writer that comes while the gate is free
 * may overtake those who wait as long as the first of them has waited for less than {@value #OVERTAKING_MILLIS} ms. That
 * saves a change of threads for most short transactions; whoever has waited longer is given the gate directly.
 *
 * <p>The gate belongs to a connection, not to a thread: a transaction may be continued and ended by any thread. A wait is
 * interruptible and bounded. Waiting for a connection that the waiting thread itself used last would never end, so it is
 * an error at once.
 */
public final class WriterGate {
    private static final long OVERTAKING_MILLIS = 2;

    private final String database;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private Object owner;
    private long acquisitions;
    private long waits;
    private long waitedNanos;
    private long longestWaitNanos;

    /** @param database the database's name, for messages */
    public WriterGate(String database) {
        this.database = database;
    }

    /**
     * Takes the gate for a connection; does nothing if the connection has it already.
     *
     * @throws SQLTimeoutException HYT00 if the gate did not become free in time, 57014 if the wait was interrupted or
     *     cancelled
     * @throws SQLNonTransientException 25001 if the calling thread would wait for itself
     */
    public void acquire(PhysicalConnection connection, Duration timeout) throws SQLException {
        take(connection, timeout);
    }

    /**
     * Takes the gate for the engine itself: no transaction is open until the permit is closed.
     *
     * @throws SQLTimeoutException as for {@link #acquire}
     */
    public Permit acquireForEngine(Duration timeout) throws SQLException {
        Permit permit = new Permit();
        take(permit, timeout);
        return permit;
    }

    /** Gives the gate to the next in line, if this connection has it. May be called by any thread, more than once. */
    public void release(PhysicalConnection connection) {
        pass(connection);
    }

    /** Whether someone has it. */
    boolean isTaken() {
        lock.lock();
        try {
            return owner != null;
        } finally {
            lock.unlock();
        }
    }

    /** How many wait. */
    public int waiting() {
        lock.lock();
        try {
            return waiters.size();
        } finally {
            lock.unlock();
        }
    }

    /** How busy it is. */
    public GateStatistics statistics() {
        lock.lock();
        try {
            return new GateStatistics(
                    waiters.size(),
                    acquisitions,
                    waits,
                    Duration.ofNanos(waitedNanos),
                    Duration.ofNanos(longestWaitNanos));
        } finally {
            lock.unlock();
        }
    }

    /** Ends a connection's wait, if it waits. */
    void cancel(PhysicalConnection connection) {
        lock.lock();
        try {
            for (Waiter waiter : waiters) {
                if (waiter.claimant == connection) {
                    waiter.cancelled = true;
                    waiter.turn.signal();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void take(Object claimant, Duration timeout) throws SQLException {
        lock.lock();
        try {
            if (owner == claimant) {
                return;
            }
            if (owner != null) {
                refuseToWaitForOneself();
            }
            Waiter first = waiters.peekFirst();
            if (owner == null && (first == null || first.mayBeOvertaken())) {
                owner = claimant;
            } else {
                await(new Waiter(claimant, lock.newCondition()), timeout);
            }
            acquisitions++;
        } finally {
            lock.unlock();
        }
    }

    private void refuseToWaitForOneself() throws SQLException {
        Thread user =
                owner instanceof PhysicalConnection connection ? connection.lastUsedBy() : ((Permit) owner).thread;
        if (user == Thread.currentThread()) {
            throw new SQLNonTransientException(
                    "Another connection of this thread has an open transaction that writes to database " + database
                            + ", and one writer is let in at a time: this write would wait for itself; commit or roll"
                            + " back the other transaction first, or write through the same connection",
                    "25001");
        }
    }

    private void await(Waiter waiter, Duration timeout) throws SQLException {
        long remaining = timeout.toNanos();
        waiters.addLast(waiter);
        try {
            while (!waiter.granted && !takesItsTurn(waiter)) {
                if (waiter.cancelled) {
                    throw new SQLTimeoutException(
                            "The wait for the writer of database " + database + " was cancelled", "57014");
                }
                if (remaining <= 0) {
                    throw new SQLTimeoutException(
                            "Database " + database + " was busy: another transaction held its writer for longer than "
                                    + timeout.toMillis()
                                    + " ms; keep writing transactions short, or raise gate-timeout",
                            "HYT00");
                }
                remaining = waiter.turn.awaitNanos(remaining);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (!waiter.granted) {
                throw new SQLTimeoutException(
                        "The thread was interrupted while it waited for the writer of database " + database,
                        "57014",
                        e);
            }
        } finally {
            waiters.remove(waiter);
            wakeFirst(); // who gives up may have been woken for nothing
            long waited = System.nanoTime() - waiter.since;
            waits++;
            waitedNanos += waited;
            longestWaitNanos = Math.max(longestWaitNanos, waited);
        }
    }

    private void pass(Object claimant) {
        lock.lock();
        try {
            if (owner != claimant) {
                return;
            }
            owner = null;
            Waiter first = waiters.peekFirst();
            if (first != null && !first.mayBeOvertaken()) {
                waiters.removeFirst();
                owner = first.claimant;
                first.granted = true;
                first.turn.signal();
            } else {
                wakeFirst();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean takesItsTurn(Waiter waiter) {
        boolean free = owner == null && waiters.peekFirst() == waiter;
        if (free) {
            owner = waiter.claimant;
        }
        return free;
    }

    private void wakeFirst() {
        Waiter first = waiters.peekFirst();
        if (owner == null && first != null) {
            first.turn.signal();
        }
    }

    /** The gate in the engine's hand; closing it lets the next writer in. */
    public final class Permit implements AutoCloseable {
        private final Thread thread = Thread.currentThread();

        private Permit() {}

        @Override
        public void close() {
            pass(this);
        }
    }

    private static final class Waiter {
        final Object claimant;
        final Condition turn;
        final long since = System.nanoTime();
        boolean granted;
        boolean cancelled;

        Waiter(Object claimant, Condition turn) {
            this.claimant = claimant;
            this.turn = turn;
        }

        boolean mayBeOvertaken() {
            return System.nanoTime() - since < TimeUnit.MILLISECONDS.toNanos(OVERTAKING_MILLIS);
        }
    }

    /** How long a wait at the gate may take when a statement has {@code nanos} left; never more than the gate's own. */
    static Duration shorter(Duration timeout, long nanos) {
        return nanos < TimeUnit.DAYS.toNanos(1) && Duration.ofNanos(nanos).compareTo(timeout) < 0
                ? Duration.ofNanos(nanos)
                : timeout;
    }
}
