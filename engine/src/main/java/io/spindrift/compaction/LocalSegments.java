package io.spindrift.compaction;

import io.spindrift.io.DurableFiles;
import io.spindrift.replica.Replica;
import io.spindrift.replica.SegmentName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A folder with copies of segments that the replica has, so that what was written lately is merged without being read
 * back. At most {@value #MAX_BYTES} bytes are kept; what does not fit is fetched when it is needed. Everything in it may
 * be deleted at any time between two runs: it is emptied when it is opened. Thread-safe.
 */
public final class LocalSegments {
    private static final long MAX_BYTES = 256 << 20;

    private final Path folder;
    private final Map<SegmentName, Long> kept = new HashMap<>();
    private long keptBytes;

    /** Opens the folder, which is created or emptied. */
    public LocalSegments(Path folder) throws IOException {
        this.folder = folder;
        DurableFiles.createFolder(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    /** Takes over a segment's file, which disappears from where it was; a copy that cannot be kept is none. */
    public synchronized void keep(SegmentName name, Path file) throws IOException {
        try {
            long bytes = Files.size(file);
            if (keptBytes + bytes <= MAX_BYTES) {
                Files.move(file, path(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                Long replaced = kept.put(name, bytes);
                keptBytes += bytes - (replaced == null ? 0 : replaced);
            }
        } catch (IOException notKept) {
            return; // shipping must not depend on it: the object is fetched when it is needed
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** The file of a segment, fetched from the replica if it is not here. */
    Path get(SegmentName name, Replica replica) throws IOException {
        Path file = path(name);
        if (has(name)) {
            return file;
        }
        try (InputStream in = replica.open(name)) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return file;
    }

    synchronized boolean has(SegmentName name) {
        return kept.containsKey(name);
    }

    /** Removes the files of segments, kept or fetched. */
    synchronized void drop(Collection<SegmentName> names) throws IOException {
        for (SegmentName name : names) {
            Files.deleteIfExists(path(name));
            Long bytes = kept.remove(name);
            keptBytes -= bytes == null ? 0 : bytes;
        }
    }

    /** A file for the result of a merge. */
    Path scratch() {
        return folder.resolve("merged.tmp");
    }

    private Path path(SegmentName name) {
        return folder.resolve(String.format("%d-%016x-%016x.ltx", name.level(), name.minTxid(), name.maxTxid()));
    }
}
