package io.spindrift.cdi;

import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.EventSubscription;
import io.spindrift.SyncEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Waits for the events of one database and hands each to a receiver, on the thread that runs the task, until closed.
 *
 * <p>When the database is closed or not open, the registry is asked again every {@value #SECONDS_BETWEEN_LOOKS} s, so
 * the events of a restarted resource adapter arrive too; those of the time between are not delivered.
 */
final class SyncEventTask implements Runnable, AutoCloseable {
    private static final Logger LOG = System.getLogger(SyncEventTask.class.getName());
    private static final long SECONDS_BETWEEN_LOOKS = 1;

    private final String database;
    private final Consumer<SyncEvent> receiver;
    private final CountDownLatch closed = new CountDownLatch(1);
    private EventSubscription subscription;

    SyncEventTask(String database, Consumer<SyncEvent> receiver) {
        this.database = database;
        this.receiver = receiver;
    }

    @Override
    public void run() {
        try {
            do {
                Optional<Database> open = DatabaseRegistry.find(database);
                if (open.isPresent()) {
                    deliverFrom(open.get());
                }
            } while (!closed.await(SECONDS_BETWEEN_LOOKS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void deliverFrom(Database open) throws InterruptedException {
        try (EventSubscription events = open.subscribe()) {
            if (!remember(events)) {
                return;
            }
            for (Optional<SyncEvent> next = events.take(); next.isPresent(); next = events.take()) {
                deliver(next.get());
            }
        }
    }

    private void deliver(SyncEvent event) {
        try {
            receiver.accept(event);
        } catch (RuntimeException e) {
            if (closed.getCount() > 0) {
                LOG.log(Level.WARNING, "SPIN0303 An observer of SyncEvent failed for " + event, e);
            }
        }
    }

    /** Ends the task: a waiting one returns at once, one that is in an observer after it. */
    @Override
    public void close() {
        closed.countDown();
        EventSubscription current;
        synchronized (this) {
            current = subscription;
        }
        if (current != null) {
            current.close();
        }
    }

    private synchronized boolean remember(EventSubscription events) {
        subscription = events;
        return closed.getCount() > 0;
    }
}
