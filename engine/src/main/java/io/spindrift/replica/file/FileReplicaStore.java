package io.spindrift.replica.file;

import io.spindrift.io.DurableFiles;
import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.StoreStatistics;
import io.spindrift.replica.StoreStatistics.Operation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A replica in a folder of a local or shared file system that has hard links.
 *
 * <p>An object is written to a temporary file beside its name, forced to the disk, and linked to its name, which fails
 * if the name is taken; the folder is forced too. Who wrote an object is told by its content alone: two writers of the
 * same bytes both count as its creator. The time an object was created with is its file's modification time, where
 * Litestream looks for it. Folders and files are for their owner only; folders are made when first written to. Safe for
 * use by many threads and processes.
 */
public final class FileReplicaStore implements ReplicaStore {
    /** Unfinished files end so, also Litestream's; listings leave them out. */
    private static final String TEMPORARY = ".tmp";

    private final Path root;
    private final StoreStatistics statistics = new StoreStatistics();

    private FileReplicaStore(Path root) {
        this.root = root;
    }

    /**
     * Opens a replica in a folder, which need not be there yet.
     *
     * @param url {@code file:///folder}
     * @param folder below the URL's path, may be empty
     * @throws StoreException if the URL cannot be used
     */
    public static FileReplicaStore open(URI url, String folder) throws StoreException {
        boolean local = url.getRawAuthority() == null || url.getRawAuthority().isEmpty();
        if (url.isOpaque() || !local || url.getPath() == null || !url.getPath().startsWith("/")) {
            throw new StoreException("A replica URL with file: names an absolute folder of this machine; write"
                    + " file:///folder, with three slashes");
        }
        if (url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new StoreException(
                    "The replica URL has options (behind \"?\"), but file: has none; write file:///folder");
        }
        try {
            return new FileReplicaStore(Path.of(url.getPath()).resolve(folder).normalize());
        } catch (InvalidPathException e) {
            throw new StoreException("The replica URL names no folder (" + e.getReason() + "); correct it");
        }
    }

    @Override
    public ReplicaLayout layout() {
        return ReplicaLayout.FILE_SYSTEM;
    }

    @Override
    public String describe() {
        return "file://" + root;
    }

    @Override
    public StoreStatistics statistics() {
        return statistics;
    }

    @Override
    public Created create(String name, Path content, String writeId, Instant timestamp, SendGuard guard)
            throws IOException {
        ReplicaStore.requireWriteId(writeId);
        return create(name, out -> Files.copy(content, out), Optional.of(timestamp), guard);
    }

    @Override
    public Created create(String name, byte[] content, String writeId, SendGuard guard) throws IOException {
        ReplicaStore.requireWriteId(writeId);
        return create(name, out -> out.write(content), Optional.empty(), guard);
    }

    private Created create(String name, DurableFiles.Content content, Optional<Instant> timestamp, SendGuard guard)
            throws IOException {
        Path file = file(name);
        try {
            Path temporary = temporary(file, content, timestamp);
            try {
                guard.beforeSend();
                statistics.sending(Operation.PUT);
                Files.createLink(file, temporary);
                DurableFiles.forceFolder(file.getParent());
                statistics.up(Operation.PUT, Files.size(file));
                return Created.OURS;
            } catch (FileAlreadyExistsException e) {
                if (Files.mismatch(file, temporary) >= 0) {
                    return Created.TAKEN;
                }
                DurableFiles.forceFolder(file.getParent()); // Whoever linked it may have died before this.
                return Created.OURS;
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (UnsupportedOperationException e) {
            throw new StoreException(
                    "The folder " + describe() + " cannot hold a replica: its file system has no hard links; choose"
                            + " another",
                    e);
        } catch (IOException e) {
            throw failed(Operation.PUT, e, "create", name);
        }
    }

    @Override
    public void put(String name, byte[] content, SendGuard guard) throws IOException {
        Path file = file(name);
        try {
            Path temporary = temporary(file, out -> out.write(content), Optional.empty());
            try {
                guard.beforeSend();
                statistics.sending(Operation.PUT);
                DurableFiles.moveInto(temporary, file);
                statistics.up(Operation.PUT, content.length);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw failed(Operation.PUT, e, "write", name);
        }
    }

    @Override
    public InputStream read(String name, long offset, long length) throws IOException {
        ReplicaStore.requireRange(offset, length);
        statistics.sending(Operation.GET);
        try {
            FileChannel channel = FileChannel.open(file(name), StandardOpenOption.READ);
            try {
                long bytes = channel.size();
                if (offset > 0 && offset >= bytes) {
                    throw new StoreException("The object " + name + " in " + describe() + " has " + bytes
                            + " bytes; byte " + offset + " was asked for");
                }
                channel.position(offset);
                InputStream in = Channels.newInputStream(channel);
                return new BoundedStream(in, length < 0 ? Long.MAX_VALUE : length);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new ObjectMissingException("There is no object " + name + " in " + describe());
        } catch (IOException e) {
            throw failed(Operation.GET, e, "read", name);
        }
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter) throws IOException {
        ReplicaStore.requirePrefix(startAfter);
        int slash = ReplicaStore.requirePrefix(prefix).lastIndexOf('/');
        Path folder = slash < 0 ? root : root.resolve(prefix.substring(0, slash));
        List<ObjectInfo> objects = new ArrayList<>();
        statistics.sending(Operation.LIST);
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    String name = name(file);
                    boolean asked = name.startsWith(prefix) && name.compareTo(startAfter) > 0;
                    if (attributes.isRegularFile() && asked && !name.endsWith(TEMPORARY)) {
                        objects.add(new ObjectInfo(
                                name,
                                attributes.size(),
                                attributes.lastModifiedTime().toInstant()));
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE; // Deleted while we walked, or nothing was ever written here.
                    }
                    throw e;
                }
            });
        } catch (IOException e) {
            throw failed(Operation.LIST, e, "list", prefix.isEmpty() ? "everything" : prefix);
        }
        objects.sort(Comparator.comparing(ObjectInfo::name));
        return List.copyOf(objects);
    }

    @Override
    public void delete(List<String> names, SendGuard guard) throws IOException {
        for (String name : names) {
            guard.beforeSend();
            statistics.sending(Operation.DELETE);
            try {
                Files.deleteIfExists(file(name));
            } catch (IOException e) {
                throw failed(Operation.DELETE, e, "delete", name);
            }
        }
    }

    @Override
    public void close() {}

    private Path file(String name) {
        return root.resolve(ReplicaStore.requireName(name));
    }

    private String name(Path file) {
        return root.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
    }

    private Path temporary(Path file, DurableFiles.Content content, Optional<Instant> timestamp) throws IOException {
        makeFolder(file.getParent());
        Path temporary = file.resolveSibling("." + UUID.randomUUID() + TEMPORARY);
        try {
            DurableFiles.write(temporary, content);
            if (timestamp.isPresent()) {
                Files.setLastModifiedTime(temporary, FileTime.from(timestamp.get()));
            }
            return temporary;
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private void makeFolder(Path folder) throws IOException {
        try {
            DurableFiles.createFolder(folder);
        } catch (FileAlreadyExistsException e) {
            throw new StoreException(
                    e.getFile() + " is not a folder, so the replica " + describe()
                            + " cannot be there; move it or choose another folder",
                    e);
        }
    }

    private StoreException failed(Operation operation, IOException e, String verb, String name) {
        statistics.failed(operation);
        if (e instanceof StoreException already) {
            return already;
        }
        String remedy = e instanceof AccessDeniedException
                ? "; give the user of this process access to the folder"
                : "; check the folder and its disk";
        return new StoreException(
                "Could not " + verb + " " + name + " in " + describe() + " ("
                        + e.getClass().getSimpleName() + ": " + e.getMessage() + ")" + remedy,
                e);
    }

    /** The first bytes of an object. */
    private final class BoundedStream extends FilterInputStream {
        private long left;

        BoundedStream(InputStream in, long bytes) {
            super(in);
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = super.read(buffer, offset, (int) Math.min(left, length));
            left -= Math.max(n, 0);
            statistics.down(Operation.GET, Math.max(n, 0));
            return n;
        }

        @Override
        public long skip(long bytes) throws IOException {
            long n = super.skip(Math.min(bytes, left));
            left -= n;
            return n;
        }

        @Override
        public int available() throws IOException {
            return (int) Math.min(super.available(), left);
        }
    }
}
