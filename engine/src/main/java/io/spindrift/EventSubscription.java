package io.spindrift;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * A bounded queue of a database's events, for a consumer with a thread of its own. When the consumer falls behind by
 * more than {@value #CAPACITY} events, the oldest are dropped.
 */
public final class EventSubscription implements DatabaseListener, AutoCloseable {
    private static final int CAPACITY = 1_000;

    private final BlockingQueue<Optional<SyncEvent>> queue = new LinkedBlockingQueue<>(CAPACITY);
    private final Consumer<EventSubscription> onClose;

    EventSubscription(Consumer<EventSubscription> onClose) {
        this.onClose = onClose;
    }

    /**
     * Waits for the next event.
     *
     * @return the event, or empty once the subscription or its database is closed
     */
    public Optional<SyncEvent> take() throws InterruptedException {
        Optional<SyncEvent> next = queue.take();
        if (next.isEmpty()) {
            onClosed();
        }
        return next;
    }

    /** Ends the subscription; a waiting {@link #take()} returns empty. */
    @Override
    public void close() {
        onClose.accept(this);
        onClosed();
    }

    @Override
    public void onEvent(SyncEvent event) {
        enqueue(Optional.of(event));
    }

    @Override
    public void onClosed() {
        enqueue(Optional.empty());
    }

    private void enqueue(Optional<SyncEvent> element) {
        while (!queue.offer(element)) {
            queue.poll();
        }
    }
}
