package io.spindrift.replica.encryption;

import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.StoreStatistics;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** A store whose reads break off after so many bytes. */
final class BreakingStore implements ReplicaStore {
    private final ReplicaStore store;
    private final long bytes;

    BreakingStore(ReplicaStore store, long bytes) {
        this.store = store;
        this.bytes = bytes;
    }

    @Override
    public InputStream read(String name, long offset, long length) throws IOException {
        return new FilterInputStream(store.read(name, offset, length)) {
            private long delivered;

            @Override
            public int read(byte[] buffer, int from, int count) throws IOException {
                if (delivered >= bytes) {
                    throw new StoreException("The network went away.");
                }
                int n = super.read(buffer, from, count);
                delivered += n;
                return n;
            }
        };
    }

    @Override
    public ReplicaLayout layout() {
        return store.layout();
    }

    @Override
    public String describe() {
        return store.describe();
    }

    @Override
    public Created create(String name, Path content, String writeId, Instant timestamp, SendGuard guard) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Created create(String name, byte[] content, String writeId, SendGuard guard) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void put(String name, byte[] content, SendGuard guard) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter) throws IOException {
        return store.list(prefix, startAfter);
    }

    @Override
    public StoreStatistics statistics() {
        return store.statistics();
    }

    @Override
    public void delete(List<String> names, SendGuard guard) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        store.close();
    }
}
