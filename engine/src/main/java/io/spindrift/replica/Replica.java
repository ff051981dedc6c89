package io.spindrift.replica;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One database's replica: the segments, snapshots, leases and the manifest under its root. Thread-safe. */
public final class Replica implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;

    private final ReplicaStore store;

    public Replica(ReplicaStore store) {
        this.store = store;
    }

    public ReplicaStore store() {
        return store;
    }

    /** Everything there is, by a complete listing, in the order of {@link SegmentName}. */
    public List<Segment> list() throws IOException {
        return segments(store.list(""));
    }

    /** Level 0 by a listing, the others by the manifest if there is one, else by a complete listing. */
    public List<Segment> listForRestore() throws IOException {
        Optional<Manifest> manifest =
                store.get(Manifest.NAME, Manifest.MAX_BYTES).flatMap(Manifest::decode);
        if (manifest.isEmpty()) {
            return list();
        }
        List<Segment> all = new ArrayList<>(segments(store.list(store.layout().levelPrefix(0))));
        all.addAll(manifest.get().segments());
        return sorted(all);
    }

    /** Reads a segment's header. */
    public LtxHeader header(SegmentName name) throws IOException {
        try (InputStream in = store.read(name.path(store.layout()), 0, LtxHeader.BYTES)) {
            byte[] bytes = in.readNBytes(LtxHeader.BYTES);
            if (bytes.length < LtxHeader.BYTES) {
                throw new StoreException("Segment " + name + " has " + bytes.length + " bytes, fewer than a header; the"
                        + " object is damaged");
            }
            LtxHeader header = LtxHeader.decode(bytes, "Segment " + name);
            requireRange(name, header);
            return header;
        }
    }

    /** Opens a segment for reading; the stream is buffered and resumes by itself. */
    public InputStream open(SegmentName name) throws IOException {
        return new BufferedInputStream(store.read(name.path(store.layout()), 0, -1), BUFFER_BYTES);
    }

    /** Creates a segment; see {@link ReplicaStore#create(String, Path, String, Instant, SendGuard)}. */
    public Created create(SegmentName name, Path content, String writeId, Instant timestamp, SendGuard guard)
            throws IOException {
        return store.create(name.path(store.layout()), content, writeId, timestamp, guard);
    }

    /** Writes the manifest anew from a complete listing. */
    public void rewriteManifest(SendGuard guard) throws IOException {
        store.put(Manifest.NAME, Manifest.of(list()).encode(), guard);
    }

    @Override
    public void close() {
        store.close();
    }

    /** Checks that a segment holds the TXIDs its name says. */
    public static void requireRange(SegmentName name, LtxHeader header) throws StoreException {
        if (header.minTxid() != name.minTxid() || header.maxTxid() != name.maxTxid()) {
            throw new StoreException("Segment " + name + " holds TXIDs " + header.minTxid() + " to " + header.maxTxid()
                    + ", not those of its name; the object was renamed or damaged");
        }
    }

    private List<Segment> segments(List<ObjectInfo> objects) {
        List<Segment> segments = new ArrayList<>();
        for (ObjectInfo object : objects) {
            SegmentName.parse(object.name(), store.layout())
                    .ifPresent(name -> segments.add(new Segment(name, object.bytes(), object.modified())));
        }
        return sorted(segments);
    }

    private static List<Segment> sorted(List<Segment> segments) {
        return segments.stream()
                .sorted((a, b) -> a.name().compareTo(b.name()))
                .distinct()
                .toList();
    }
}
