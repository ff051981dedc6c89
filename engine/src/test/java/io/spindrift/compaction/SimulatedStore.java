package io.spindrift.compaction;

import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.StoreStatistics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * An object store in memory with a clock of its own. A process that uses it can be killed at any of its requests, before
 * or after the request takes effect, or something else can happen there first.
 */
final class SimulatedStore implements ReplicaStore {
    /** The process that sent the request is no more. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    enum Request {
        PUT,
        GET,
        LIST,
        DELETE
    }

    record StoredObject(byte[] content, Instant modified) {}

    private final NavigableMap<String, StoredObject> objects = new TreeMap<>();
    private final Map<Request, Integer> requests = new EnumMap<>(Request.class);
    private final Supplier<Instant> clock;
    private long bytesRead;
    private int untilEvent = Integer.MAX_VALUE;
    private Runnable event = () -> {};
    private boolean eventFirst;
    private boolean dead;
    private boolean ignoresDeletions;

    SimulatedStore(Supplier<Instant> clock) {
        this.clock = clock;
    }

    /** Kills the process at the request that comes after so many others. */
    void killAt(int requestsBefore, boolean beforeItsEffect) {
        at(requestsBefore, beforeItsEffect, () -> {
            dead = true; // whatever it does on its way out reaches no one
            throw new Killed();
        });
    }

    /** Does something before the effect of the request that comes after so many others. */
    void interruptAt(int requestsBefore, Runnable other) {
        at(requestsBefore, true, other);
    }

    private void at(int requestsBefore, boolean beforeItsEffect, Runnable what) {
        untilEvent = requestsBefore;
        eventFirst = beforeItsEffect;
        event = what;
    }

    /** Another process from here on. */
    void undisturbed() {
        untilEvent = Integer.MAX_VALUE;
        dead = false;
    }

    /** Answers to deletions from now on that they were done, and does nothing. */
    void ignoreDeletions() {
        ignoresDeletions = true;
    }

    NavigableMap<String, StoredObject> objects() {
        return objects;
    }

    int requests(Request kind) {
        return requests.getOrDefault(kind, 0);
    }

    int requests() {
        return requests.values().stream().mapToInt(Integer::intValue).sum();
    }

    long bytesRead() {
        return bytesRead;
    }

    @FunctionalInterface
    private interface Effect<T> {
        T run() throws IOException;
    }

    private <T> T request(Request kind, SendGuard guard, Effect<T> effect) throws IOException {
        guard.beforeSend();
        if (dead) {
            throw new Killed();
        }
        requests.merge(kind, 1, Integer::sum);
        boolean happens = untilEvent-- == 0;
        if (happens && eventFirst) {
            event.run();
        }
        T result = effect.run();
        if (happens && !eventFirst) {
            event.run();
        }
        return result;
    }

    @Override
    public ReplicaLayout layout() {
        return ReplicaLayout.OBJECT_STORE;
    }

    @Override
    public String describe() {
        return "simulated";
    }

    @Override
    public Created create(String name, Path content, String writeId, Instant timestamp, SendGuard guard)
            throws IOException {
        return create(name, Files.readAllBytes(content), writeId, guard);
    }

    @Override
    public Created create(String name, byte[] content, String writeId, SendGuard guard) throws IOException {
        return request(
                Request.PUT,
                guard,
                () -> objects.putIfAbsent(name, new StoredObject(content, clock.get())) == null
                        ? Created.OURS
                        : Created.TAKEN);
    }

    @Override
    public void put(String name, byte[] content, SendGuard guard) throws IOException {
        request(Request.PUT, guard, () -> objects.put(name, new StoredObject(content, clock.get())));
    }

    @Override
    public InputStream read(String name, long offset, long length) throws IOException {
        return request(Request.GET, SendGuard.ALWAYS, () -> {
            StoredObject object = objects.get(name);
            if (object == null) {
                throw new ObjectMissingException("There is no object " + name);
            }
            int end = length < 0 ? object.content.length : (int) Math.min(object.content.length, offset + length);
            bytesRead += end - offset;
            return new ByteArrayInputStream(Arrays.copyOfRange(object.content, (int) offset, end));
        });
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter) throws IOException {
        return request(
                Request.LIST, SendGuard.ALWAYS, () -> objects
                        .tailMap(startAfter.compareTo(prefix) > 0 ? startAfter : prefix, startAfter.isEmpty())
                        .entrySet()
                        .stream()
                        .takeWhile(o -> o.getKey().startsWith(prefix))
                        .map(o -> new ObjectInfo(o.getKey(), o.getValue().content.length, o.getValue().modified))
                        .toList());
    }

    @Override
    public StoreStatistics statistics() {
        return new StoreStatistics();
    }

    @Override
    public void delete(List<String> names, SendGuard guard) throws IOException {
        for (String name : names) {
            request(Request.DELETE, guard, () -> ignoresDeletions ? null : objects.remove(name));
        }
    }

    @Override
    public void close() {}
}
