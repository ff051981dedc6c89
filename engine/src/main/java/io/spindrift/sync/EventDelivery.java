package io.spindrift.sync;

import io.spindrift.DatabaseListener;
import io.spindrift.SyncEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Queues events where locks are held and tells listeners, in order, where none is. Whoever finds another thread at it
 * leaves its events to that one. Thread-safe.
 *
 * <p>A database opens before applications start, so a listener is first told how that went: the latest restore and the
 * latest claim.
 */
final class EventDelivery {
    private final List<DatabaseListener> listeners = new CopyOnWriteArrayList<>();
    /** What is to be told, and who is to be added, one after another. */
    private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean delivering = new AtomicBoolean();
    /** The latest of each kind that tells how the database was opened; used by the deliverer alone. */
    private final Map<Class<?>, SyncEvent> opening = new LinkedHashMap<>();

    private volatile boolean closed;

    /** Adds a listener, perhaps only when another thread has told the others what was published before. */
    void add(DatabaseListener listener) {
        steps.add(() -> {
            opening.values().forEach(listener::onEvent);
            listeners.add(listener);
            if (closed) {
                listener.onClosed();
            }
        });
        deliver();
    }

    void remove(DatabaseListener listener) {
        steps.add(() -> listeners.remove(listener));
        deliver();
    }

    void publish(SyncEvent event) {
        steps.add(() -> {
            if (event instanceof SyncEvent.Restored || event instanceof SyncEvent.OwnershipClaimed) {
                opening.remove(event.getClass());
                opening.put(event.getClass(), event);
            }
            listeners.forEach(listener -> listener.onEvent(event));
        });
    }

    /** Tells listeners what was published; the caller holds no lock. */
    void deliver() {
        while (!steps.isEmpty() && delivering.compareAndSet(false, true)) {
            try {
                for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
                    step.run();
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
