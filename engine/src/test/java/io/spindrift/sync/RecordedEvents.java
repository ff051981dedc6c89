package io.spindrift.sync;

import io.spindrift.DatabaseListener;
import io.spindrift.SyncEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps every event in the order it was delivered. */
final class RecordedEvents implements DatabaseListener {
    private final List<SyncEvent> events = new CopyOnWriteArrayList<>();

    @Override
    public void onEvent(SyncEvent event) {
        events.add(event);
    }

    <E extends SyncEvent> List<E> of(Class<E> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
