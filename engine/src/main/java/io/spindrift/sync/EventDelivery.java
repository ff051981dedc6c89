package io.spindrift.sync;

import io.spindrift.DatabaseListener;
import io.spindrift.SyncEvent;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Queues events where locks are held and tells listeners, in order, where none is. Whoever finds another thread at it
 * leaves its events to that one. Thread-safe.
 */
final class EventDelivery {
    private final List<DatabaseListener> listeners = new CopyOnWriteArrayList<>();
    private final Queue<SyncEvent> undelivered = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean delivering = new AtomicBoolean();
    private volatile boolean closed;

    void add(DatabaseListener listener) {
        listeners.add(listener);
        if (closed) {
            listener.onClosed();
        }
    }

    void remove(DatabaseListener listener) {
        listeners.remove(listener);
    }

    void publish(SyncEvent event) {
        undelivered.add(event);
    }

    /** Tells listeners what was published; the caller holds no lock. */
    void deliver() {
        while (!undelivered.isEmpty() && delivering.compareAndSet(false, true)) {
            try {
                for (SyncEvent event = undelivered.poll(); event != null; event = undelivered.poll()) {
                    for (DatabaseListener listener : listeners) {
                        listener.onEvent(event);
                    }
                }
            } finally {
                delivering.set(false);
            }
        }
    }

    /** Delivers the rest and tells listeners that nothing follows. */
    void close() {
        deliver();
        closed = true;
        listeners.forEach(DatabaseListener::onClosed);
    }
}
