package io.spindrift.jdbc;

import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Lets one writer of a database in at a time, in about the order they came. Whoever comes while the gate is free goes
 * before those who wait: most transactions are shorter than the change of threads that this saves. But whoever is first
 * in line is overtaken at most {@value #OVERTAKEN_AT_MOST} times, and not at all after a transaction longer than
 * {@value #SHORT_MILLIS} ms: then it is given the gate directly. So one that had n before it in line when it came is
 * overtaken at most (n + 1) times as often, however many writers there are.
 *
 * <p>The gate belongs to a connection, not to a thread: a transaction may be continued and ended by any thread. A wait is
 * interruptible, bounded, and ends when the connection gives up. Waiting for a connection that the waiting thread itself
 * used last would never end, so it is an error at once.
 */
public final class WriterGate {
    static final int OVERTAKEN_AT_MOST = 16;
    private static final long SHORT_MILLIS = 1;

    private final String database;
    private final LongSupplier nanoTime;
    private final int overtakenAtMost;
    final ReentrantLock lock = new ReentrantLock();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private volatile Claimant owner;
    private long ownedSince;
    /** How often the first in line has been overtaken since it is the first. */
    private int firstOvertaken;

    private long acquisitions;
    private long waits;
    private long waitedNanos;
    private long longestWaitNanos;
    private final GateStatistics.WaitHistogram histogram = new GateStatistics.WaitHistogram();
    private long overtakings;
    private long heldNanos;
    private long longestHoldNanos;

    /** Who may have the gate: a connection, or the engine. */
    interface Claimant {
        /** The thread that used it last. */
        Thread lastUsedBy();

        /** Whether its wait, if it waits, shall end without the gate; {@link WriterGate#wake} tells that it has changed. */
        boolean givesUp();

        /** Whether it is the engine's, not an application's. */
        boolean isEngine();
    }

    /** @param database the database's name, for messages */
    public WriterGate(String database) {
        this(database, System::nanoTime, OVERTAKEN_AT_MOST);
    }

    WriterGate(String database, LongSupplier nanoTime, int overtakenAtMost) {
        this.database = database;
        this.nanoTime = nanoTime;
        this.overtakenAtMost = overtakenAtMost;
    }

    /**
     * Takes the gate for the engine itself: no transaction is open until the permit is closed.
     *
     * @throws SQLTimeoutException HYT00 if the gate did not become free in time, 57014 if the wait was interrupted
     * @throws SQLNonTransientException 25001 if the calling thread would wait for itself
     */
    public Permit acquireForEngine(Duration timeout) throws SQLException {
        Permit permit = new Permit();
        acquire(permit, timeout);
        return permit;
    }

    /**
     * Takes the gate; does nothing if the claimant has it already.
     *
     * @throws SQLTimeoutException HYT00 if the gate did not become free in time, 57014 if the wait was interrupted (the
     *     thread stays so) or given up
     * @throws SQLNonTransientException 25001 if the calling thread would wait for itself
     */
    void acquire(Claimant claimant, Duration timeout) throws SQLException {
        lock.lock();
        try {
            if (owner == claimant) {
                return;
            }
            refuseToWaitForOneself();
            if (owner == null && (waiters.isEmpty() || firstMayBeOvertaken())) {
                if (!waiters.isEmpty()) {
                    firstOvertaken++;
                    overtakings++;
                }
                own(claimant);
            } else {
                await(new Waiter(claimant, lock.newCondition()), timeout);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives the gate to the next in line, if this claimant has it. May be called by any thread, more than once. */
    void release(Claimant claimant) {
        lock.lock();
        try {
            if (owner != claimant) {
                return;
            }
            long held = nanoTime.getAsLong() - ownedSince;
            heldNanos += held;
            longestHoldNanos = Math.max(longestHoldNanos, held);
            owner = null;
            if (!firstMayBeOvertaken() || held > TimeUnit.MILLISECONDS.toNanos(SHORT_MILLIS)) {
                giveToFirst();
            } else {
                wakeFirst();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has a claimant that waits look whether it gives up. */
    void wake(Claimant claimant) {
        lock.lock();
        try {
            for (Waiter waiter : waiters) {
                if (waiter.claimant == claimant) {
                    waiter.turn.signal();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** @throws SQLNonTransientException 25001 if the calling thread was the last to use the connection that has the gate */
    void refuseToWaitForOneself() throws SQLException {
        Claimant present = owner;
        if (present != null && present.lastUsedBy() == Thread.currentThread()) {
            throw new SQLNonTransientException(
                    "Another connection of this thread has an open transaction that writes to database " + database
                            + ", and one writer is let in at a time: this write would wait for itself; commit or roll"
                            + " back the other transaction first, or write through the same connection",
                    "25001");
        }
    }

    /** Whether someone has it. */
    boolean isTaken() {
        return owner != null;
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
            Optional<GateStatistics.Holder> holder = holder();
            long present = holder.map(h -> h.since().toNanos()).orElse(0L);
            return new GateStatistics(
                    waiters.size(),
                    acquisitions,
                    waits,
                    Duration.ofNanos(waitedNanos),
                    Duration.ofNanos(longestWaitNanos),
                    histogram.waitsWithin(),
                    overtakings,
                    Duration.ofNanos(heldNanos),
                    Duration.ofNanos(Math.max(longestHoldNanos, present)),
                    holder);
        } finally {
            lock.unlock();
        }
    }

    private Optional<GateStatistics.Holder> holder() {
        return Optional.ofNullable(owner)
                .map(present -> new GateStatistics.Holder(
                        present.lastUsedBy().getName(),
                        present.isEngine(),
                        Duration.ofNanos(nanoTime.getAsLong() - ownedSince)));
    }

    private void await(Waiter waiter, Duration timeout) throws SQLException {
        long since = nanoTime.getAsLong();
        long remaining = timeout.toNanos();
        waiters.addLast(waiter);
        try {
            while (owner != waiter.claimant && !takesItsTurn(waiter)) {
                if (waiter.claimant.givesUp()) {
                    throw new SQLTimeoutException(
                            "The wait for the writer of database " + database + " was cancelled", "57014");
                }
                if (remaining <= 0) {
                    throw new SQLTimeoutException(tooLong(timeout), "HYT00");
                }
                remaining = waiter.turn.awaitNanos(remaining);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (owner != waiter.claimant) {
                throw new SQLTimeoutException(
                        "The thread was interrupted while it waited for the writer of database " + database,
                        "57014",
                        e);
            }
        } finally {
            leave(waiter);
            noteWait(nanoTime.getAsLong() - since);
        }
    }

    private String tooLong(Duration timeout) {
        String whose = holder().map(present -> ", now " + (present.engine() ? "the engine" : "a transaction")
                        + " of thread " + present.thread() + " for "
                        + present.since().toMillis() + " ms")
                .orElse("");
        return "Database " + database + " was busy: for " + timeout.toMillis() + " ms others held its writer" + whose
                + "; keep writing transactions short, or raise gate-timeout, or the statement's query timeout if that is"
                + " shorter";
    }

    private boolean takesItsTurn(Waiter waiter) {
        boolean free = owner == null && waiters.peekFirst() == waiter;
        if (free) {
            own(waiter.claimant);
        }
        return free;
    }

    private void own(Claimant claimant) {
        owner = claimant;
        ownedSince = nanoTime.getAsLong();
        acquisitions++;
    }

    private boolean firstMayBeOvertaken() {
        return firstOvertaken < overtakenAtMost;
    }

    private void giveToFirst() {
        Waiter first = waiters.peekFirst();
        if (first != null) {
            own(first.claimant);
            remove(first);
            first.turn.signal();
        }
    }

    /** Who leaves without the gate may have been woken to take it. */
    private void leave(Waiter waiter) {
        remove(waiter);
        wakeFirst();
    }

    private void remove(Waiter waiter) {
        if (waiters.peekFirst() == waiter) {
            firstOvertaken = 0;
        }
        waiters.remove(waiter);
    }

    private void wakeFirst() {
        Waiter first = waiters.peekFirst();
        if (owner == null && first != null) {
            first.turn.signal();
        }
    }

    private void noteWait(long nanos) {
        waits++;
        waitedNanos += nanos;
        longestWaitNanos = Math.max(longestWaitNanos, nanos);
        histogram.add(nanos);
    }

    /** The gate in the engine's hand; closing it lets the next writer in. */
    public final class Permit implements AutoCloseable, Claimant {
        private final Thread thread = Thread.currentThread();

        private Permit() {}

        @Override
        public Thread lastUsedBy() {
            return thread;
        }

        @Override
        public boolean givesUp() {
            return false;
        }

        @Override
        public boolean isEngine() {
            return true;
        }

        @Override
        public void close() {
            release(this);
        }
    }

    private record Waiter(Claimant claimant, Condition turn) {}

    /** How long a wait at the gate may take when a statement has {@code nanos} left; never more than the gate's own. */
    static Duration shorter(Duration timeout, long nanos) {
        return nanos < TimeUnit.DAYS.toNanos(1) && Duration.ofNanos(nanos).compareTo(timeout) < 0
                ? Duration.ofNanos(nanos)
                : timeout;
    }
}
