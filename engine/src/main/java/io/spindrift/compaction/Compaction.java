package io.spindrift.compaction;

import io.spindrift.io.DurableFiles;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ownership.TimeFence;
import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.SegmentName;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Merges what is due into levels 1 to 3 and rewrites the manifest. Works beside shipping, takes no lock of it, holds one
 * connection at a time. Where nothing is due it asks the store nothing.
 *
 * <p>A merge reads only objects of TXIDs that are durable and ours, so a name that is taken holds the same already.
 * Between any two requests the process may end: the next pass finds the same groups due, and whatever was written.
 * One thread at a time.
 */
public final class Compaction {
    private static final int MAX_MERGES_A_PASS = 256;
    private static final int BUFFER_BYTES = 1 << 14;

    private final Replica replica;
    private final Levels levels;
    private final LocalSegments local;
    private final long epoch;
    private final Duration exactRetention;

    /**
     * @param levels what the replica has
     * @param local files of segments written lately, and room for others
     * @param epoch of the owner, kept in what is written
     * @param exactRetention after which time nothing is written that was read before
     */
    public Compaction(Replica replica, Levels levels, LocalSegments local, long epoch, Duration exactRetention) {
        this.replica = replica;
        this.levels = levels;
        this.local = local;
        this.epoch = epoch;
        this.exactRetention = exactRetention;
    }

    /** Whether {@link #runOnce} would do something. Asks no store. */
    public boolean due() {
        return levels.due().isPresent();
    }

    /**
     * Does what is due.
     *
     * @param guard asked before every try of a write; refuses once ownership is lost
     * @return how many objects were written
     * @throws DamagedSegmentException if an object is damaged or does not continue the one before it; it is left out
     *     from now on
     * @throws IOException if store or disk fail; the next pass goes on
     */
    public int runOnce(SendGuard guard) throws IOException {
        int merges = 0;
        try {
            Optional<Levels.Merge> due = levels.due();
            while (due.isPresent() && merges < MAX_MERGES_A_PASS) {
                merge(due.get(), guard);
                merges++;
                due = levels.due();
            }
        } catch (ObjectMissingException e) {
            levels.replace(replica.list()); // what we knew is not what there is
            throw e;
        } finally {
            if (merges > 0) {
                levels.publish(replica, guard);
            }
        }
        return merges;
    }

    private void merge(Levels.Merge merge, SendGuard guard) throws IOException {
        TimeFence fence = TimeFence.startingNow(exactRetention);
        Path file = local.scratch();
        try {
            LtxHeader header = write(merge.inputs(), file);
            Created created =
                    replica.create(merge.name(), file, UUID.randomUUID().toString(), header.timestamp(), () -> {
                        guard.beforeSend();
                        fence.beforeSend();
                    });
            // An object that was there already holds the same pages, but need not be compressed in the same way.
            long bytes = created == Created.OURS
                    ? replica.store().storedBytes(Files.size(file))
                    : replica.bytes(merge.name());
            levels.merged(merge, bytes, header);
            local.keep(merge.name(), file);
        } catch (DamagedSegmentException e) {
            if (!local.has(e.segment())) { // else it was our copy: the next pass reads the object itself
                levels.damaged(e.segment());
            }
            throw e;
        } finally {
            Files.deleteIfExists(file);
            local.drop(merge.inputs());
        }
    }

    private LtxHeader write(List<SegmentName> names, Path file) throws IOException {
        List<SegmentMerge.Input> inputs = new ArrayList<>();
        try (OutputStream out = new BufferedOutputStream(
                Channels.newOutputStream(DurableFiles.open(file, StandardOpenOption.CREATE_NEW)), BUFFER_BYTES)) {
            for (SegmentName name : names) {
                InputStream in = Files.newInputStream(local.get(name, replica));
                inputs.add(new SegmentMerge.Input(name, new BufferedInputStream(in, BUFFER_BYTES)));
            }
            return SegmentMerge.write(inputs, epoch, out);
        } finally {
            for (SegmentMerge.Input input : inputs) {
                input.in().close();
            }
        }
    }
}
