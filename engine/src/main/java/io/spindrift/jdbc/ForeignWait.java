package io.spindrift.jdbc;

import io.spindrift.jdbc.PhysicalConnection.Call;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.sqlite.BusyHandler;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Waits for another process that holds SQLite's lock, in place of SQLite's own busy timeout, which nothing can end early:
 * until {@code busy-timeout}, the statement's deadline, an interrupt of the thread, or until the connection gives up.
 * SQLite calls it on the thread that runs the statement; {@link #wake} may come from any.
 */
final class ForeignWait extends BusyHandler {
    private static final int LONGEST_PAUSE_MILLIS = 50;

    private final String database;
    private final Duration busyTimeout;
    private final BooleanSupplier givesUp;
    private volatile Thread waiting;
    private long since;
    private long deadline = Long.MAX_VALUE;

    /** @param givesUp whether a wait shall end; {@link #wake} tells that it has changed */
    ForeignWait(String database, Duration busyTimeout, BooleanSupplier givesUp) {
        this.database = database;
        this.busyTimeout = busyTimeout;
        this.givesUp = givesUp;
    }

    /** Bounds the waits to come by a deadline of {@link System#nanoTime()}, or {@link Long#MAX_VALUE}. */
    void until(long newDeadline) {
        deadline = newDeadline;
    }

    /**
     * Runs the first write of a transaction that has read. SQLite does not wait for the write lock then: a foreign writer
     * may have it, or for a moment a reader that met the log's index while it was written.
     */
    <T> T firstWrite(Call<T> write) throws SQLException {
        for (int waits = 0; ; waits++) {
            try {
                return write.run();
            } catch (SQLException e) {
                if (!isTaken(e) || !again(waits)) {
                    throw explain(e);
                }
            }
        }
    }

    /** Whether the write lock is taken, and not what was read outdated. */
    private static boolean isTaken(SQLException e) {
        return e instanceof SQLiteException failure && failure.getResultCode() == SQLiteErrorCode.SQLITE_BUSY;
    }

    @Override
    protected int callback(int earlierCalls) {
        return again(earlierCalls) ? 1 : 0;
    }

    /** Pauses, if there shall be another try. */
    private boolean again(int earlierCalls) {
        if (earlierCalls == 0) {
            since = System.nanoTime();
        }
        waiting = Thread.currentThread(); // first, so that nobody gives up unseen
        try {
            long left = left();
            if (left <= 0 || isOver()) {
                return false;
            }
            int pause = Math.min(LONGEST_PAUSE_MILLIS, 1 << Math.min(earlierCalls, 6));
            LockSupport.parkNanos(this, Math.min(left, TimeUnit.MILLISECONDS.toNanos(pause)));
            return !isOver();
        } finally {
            waiting = null;
        }
    }

    private long left() {
        long now = System.nanoTime();
        long patience = busyTimeout.toNanos() - (now - since);
        return deadline == Long.MAX_VALUE ? patience : Math.min(patience, deadline - now);
    }

    private boolean isOver() {
        return givesUp.getAsBoolean() || Thread.currentThread().isInterrupted();
    }

    boolean isWaiting() {
        return waiting != null;
    }

    /** Has a wait look whether it is over. */
    void wake() {
        LockSupport.unpark(waiting);
    }

    /** Why SQLite found the lock taken until the end: the error itself, or what ended the wait before its time. */
    SQLException explain(SQLException error) {
        if ((error.getErrorCode() & 0xff) != SQLiteErrorCode.SQLITE_BUSY.code) {
            return error;
        }
        if (isOver()) {
            String how = givesUp.getAsBoolean() ? "was cancelled" : "was interrupted";
            return new SQLTimeoutException(
                    "The wait for another process that writes to the file of database " + database + " " + how,
                    "57014",
                    error.getErrorCode(),
                    error);
        }
        return deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0
                ? PhysicalConnection.timedOut(error)
                : error;
    }
}
