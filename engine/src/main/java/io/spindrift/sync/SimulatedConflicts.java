package io.spindrift.sync;

import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Makes some commits of a database fail on purpose: what {@link io.spindrift.ConflictSimulator} asks for. */
public final class SimulatedConflicts {
    private static final int BUSY_SNAPSHOT = 517;

    private final LongSupplier nanoTime;
    /** Read without the lock: almost always nothing is simulated. */
    private volatile Order order;

    /** Of one database at a time. */
    public final class Order {
        private final long until;
        private int left;

        private Order(int commits, Duration lifetime) {
            left = commits;
            until = nanoTime.getAsLong() + lifetime.toNanos();
        }

        /** How many commits will still fail. */
        public int left() {
            synchronized (SimulatedConflicts.this) {
                return order == this && until - nanoTime.getAsLong() > 0 ? left : 0;
            }
        }

        /** From now on commits succeed, unless another order is placed. Repeatable. */
        public void withdraw() {
            synchronized (SimulatedConflicts.this) {
                if (order == this) {
                    order = null;
                }
            }
        }
    }

    SimulatedConflicts(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * From now on commits fail.
     *
     * @throws IllegalStateException if they do already
     */
    public synchronized Order place(int commits, Duration lifetime) {
        if (order != null && order.left() > 0) {
            throw new IllegalStateException("The next " + order.left() + " commits fail already; close that simulator"
                    + " before another one begins");
        }
        order = new Order(commits, lifetime);
        return order;
    }

    void beforeCommit() throws SQLException {
        if (order != null) {
            failIfOrdered();
        }
    }

    private synchronized void failIfOrdered() throws SQLException {
        Order current = order;
        if (current == null) {
            return;
        }
        if (current.left() == 0) {
            order = null;
            return;
        }
        current.left--;
        throw new SQLTransactionRollbackException(
                "A ConflictSimulator made this commit fail, as if another transaction had changed what this one had read;"
                        + " roll back and run the transaction again from its start",
                "40001",
                BUSY_SNAPSHOT);
    }
}
