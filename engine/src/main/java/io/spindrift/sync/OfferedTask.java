package io.spindrift.sync;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A task that an executor may run, and that its owner runs itself when no thread has come for it after a moment: a
 * server's threads may all be waiting for just what the task does.
 */
final class OfferedTask {
    /** How long the executor is given. */
    private static final Duration PATIENCE = Duration.ofMillis(50);

    private final Runnable task;
    private final AtomicReference<Object> offer = new AtomicReference<>();
    private volatile long offeredNanos;

    OfferedTask(Runnable task) {
        this.task = task;
    }

    /** Offers the task to the executor, or runs it if that refuses. One offer at a time, by one thread. */
    void offer(Executor executor) {
        Object ticket = new Object();
        offeredNanos = System.nanoTime();
        offer.set(ticket);
        try {
            executor.execute(() -> runUnlessTaken(ticket));
        } catch (RejectedExecutionException refused) {
            runUnlessTaken(ticket);
        }
    }

    /** Runs the task here if it has been offered for long enough and nobody has begun it. */
    void runIfLeft() {
        Object ticket = offer.get();
        if (ticket != null && System.nanoTime() - offeredNanos >= PATIENCE.toNanos()) {
            runUnlessTaken(ticket);
        }
    }

    /** How long the owner may sleep before it has to look, at most the given time. */
    Duration untilLeft(Duration atMost) {
        return offer.get() != null && PATIENCE.compareTo(atMost) < 0 ? PATIENCE : atMost;
    }

    private void runUnlessTaken(Object ticket) {
        if (offer.compareAndSet(ticket, null)) {
            task.run();
        }
    }
}
