package io.spindrift.replica;

import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxFormatException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
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

    /**
     * Opens a replica.
     *
     * @param database its name under the URL; empty if the URL itself is the root
     * @param keyset the file with its keys if it is encrypted; its objects are bound to the database's name then
     * @throws SpindriftException if the keyset cannot be used
     */
    public static Replica open(URI url, Optional<String> database, Optional<Path> keyset) throws StoreException {
        if (database.isPresent()) {
            return new Replica(ReplicaStores.open(url, database.get(), keyset));
        }
        if (keyset.isPresent()) {
            throw new SpindriftException("An encrypted replica is opened by the name of its database, which its objects"
                    + " are bound to; give the URL without databases/ and the name");
        }
        return new Replica(ReplicaStores.openRoot(url));
    }

    public ReplicaStore store() {
        return store;
    }

    /** Everything there is, by a complete listing, in the order of {@link SegmentName}. */
    public List<Segment> list() throws IOException {
        return segments(store.list(""));
    }

    /**
     * What a restore of the latest position needs: the manifest, and level 0 from where the manifest ends. One GET and
     * one LIST where the manifest is right. That is proven, not trusted: the newest object of level 0 is never deleted,
     * so level 0 alone tells the latest position, and an exact chain has to lead there. Otherwise, and where there is no
     * manifest, this is a complete listing.
     *
     * <p>Earlier positions may be missing; {@link #list} has them all. An object may be gone by the time it is read.
     */
    public List<Segment> outline() throws IOException {
        Optional<Manifest> manifest =
                store.get(Manifest.NAME, Manifest.MAX_BYTES).flatMap(Manifest::decode);
        if (manifest.isEmpty()) {
            return list();
        }
        String level0 = store.layout().levelPrefix(0);
        long covered = manifest.get().latest();
        // Digits alone come before the name of the object with this TXID, which is therefore listed.
        List<Segment> newest = segments(store.list(level0, level0 + String.format("%016x", covered)));
        List<Segment> outline = new ArrayList<>(manifest.get().segments());
        outline.addAll(newest);
        boolean leadsToLatest = !newest.isEmpty()
                && Chain.reachable(outline, 0).last() == Chain.latest(newest)
                && Chain.latest(newest) >= covered;
        return leadsToLatest ? sorted(outline) : list();
    }

    /**
     * Checks that what is there can be read with the keys, or without the keys, this replica was opened with: looks into
     * the newest snapshot or, as long as there is none, into the first segment.
     *
     * @throws SpindriftException if it cannot; the sentence names the remedy
     */
    public void requireReadable() throws IOException {
        List<Segment> snapshots = segments(store.list(store.layout().levelPrefix(SegmentName.SNAPSHOT_LEVEL)));
        SegmentName sample = snapshots.isEmpty()
                ? SegmentName.group(1)
                : snapshots.get(snapshots.size() - 1).name();
        try {
            header(sample);
        } catch (ObjectMissingException | DamagedObjectException | LtxFormatException e) {
            return; // no sample; whoever needs that object will say so
        }
    }

    /**
     * Reads a segment's header.
     *
     * @throws SpindriftException if it is encrypted and this replica was opened without keys
     */
    public LtxHeader header(SegmentName name) throws IOException {
        try (InputStream in = store.read(name.path(store.layout()), 0, LtxHeader.BYTES)) {
            byte[] bytes = in.readNBytes(LtxHeader.BYTES);
            if (bytes.length < LtxHeader.BYTES) {
                throw new DamagedObjectException("Segment " + name + " has " + bytes.length
                        + " bytes, fewer than a header; the" + " object is damaged");
            }
            if (ByteBuffer.wrap(bytes).getInt() == LtxHeader.ENCRYPTED_MAGIC) {
                throw new SpindriftException("The replica " + store.describe() + " is encrypted (segment " + name
                        + "), but no keyset is configured; set encryption-keyset to the keyset it was written with");
            }
            LtxHeader header = LtxHeader.decode(bytes, "Segment " + name);
            requireRange(name, header);
            return header;
        }
    }

    /** Whether there is a segment of this name. */
    public boolean has(SegmentName name) throws IOException {
        try (InputStream in = store.read(name.path(store.layout()), 0, 1)) {
            return in.read() >= 0;
        } catch (ObjectMissingException e) {
            return false;
        }
    }

    /** Opens a segment for reading; the stream is buffered and resumes by itself. */
    public InputStream open(SegmentName name) throws IOException {
        return new BufferedInputStream(store.read(name.path(store.layout()), 0, -1), BUFFER_BYTES);
    }

    /** Opens a part of a segment; see {@link ReplicaStore#read}. Not buffered. */
    public InputStream open(SegmentName name, long offset, long length) throws IOException {
        return store.read(name.path(store.layout()), offset, length);
    }

    /** Creates a segment; see {@link ReplicaStore#create(String, Path, String, Instant, SendGuard)}. */
    public Created create(SegmentName name, Path content, String writeId, Instant timestamp, SendGuard guard)
            throws IOException {
        return store.create(name.path(store.layout()), content, writeId, timestamp, guard);
    }

    /** The size of an object, by a listing. */
    public long bytes(SegmentName name) throws IOException {
        String path = name.path(store.layout());
        return store.list(path).stream()
                .findFirst()
                .map(ObjectInfo::bytes)
                .orElseThrow(
                        () -> new ObjectMissingException("There is no object " + path + " in " + store.describe()));
    }

    @Override
    public void close() {
        store.close();
    }

    /** Checks that a segment holds the TXIDs its name says. */
    public static void requireRange(SegmentName name, LtxHeader header) throws StoreException {
        if (header.minTxid() != name.minTxid() || header.maxTxid() != name.maxTxid()) {
            throw new DamagedObjectException("Segment " + name + " holds TXIDs " + header.minTxid() + " to "
                    + header.maxTxid() + ", not those of its name; the object was renamed or damaged");
        }
    }

    /** The segments and snapshots among the objects of a listing, in the order of {@link SegmentName}. */
    public List<Segment> segments(List<ObjectInfo> objects) {
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
