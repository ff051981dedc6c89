package io.spindrift.testing;

import io.spindrift.testing.DiskTrace.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A disk in memory that replays a {@link DiskTrace} and can be stopped at any event: what is left after a kill, or after
 * a power loss.
 *
 * <p>After a power loss a file holds what was forced to disk, and of what was written since, nothing, everything or any
 * part, in any order, torn within a write at {@value #SECTOR_BYTES} bytes. A folder has the names it was forced with,
 * and of the changes since, any number of the first ones. That is less than usual file systems promise: they keep the
 * name of a file that was forced.
 */
public final class CrashDisk {
    private static final int SECTOR_BYTES = 512;

    private final Path root;
    private final Predicate<Path> durableAtOnce;
    private final Folder top = new Folder();
    private final Map<Integer, Handle> handles = new HashMap<>();
    private final Map<Integer, Runnable> syncs = new HashMap<>();

    /** What is left of what was not forced to disk. */
    public enum Loss {
        /** The process was killed: the system still writes everything. */
        NOTHING,
        /** Nothing that was not forced. */
        EVERYTHING,
        /** Some of it. */
        SOMETHING
    }

    private sealed interface Node permits File, Folder {}

    private record Change(long offset, byte[] bytes, long size) {
        static Change write(long offset, byte[] bytes) {
            return new Change(offset, bytes, -1);
        }

        static Change truncate(long size) {
            return new Change(0, null, size);
        }
    }

    private static final class File implements Node {
        private byte[] durable = new byte[0];
        private byte[] now = new byte[0];
        private final Deque<Change> pending = new ArrayDeque<>();
        private long forced;
    }

    private static final class Folder implements Node {
        private Map<String, Node> durable = new TreeMap<>();
        private final Map<String, Node> now = new TreeMap<>();
        /** Each a change of one or two names at once; no node means that the name is removed. */
        private final Deque<Map<String, Node>> pending = new ArrayDeque<>();

        private long forced;
    }

    private static final class Handle {
        private final Node node;
        private long position;

        Handle(Node node) {
            this.node = node;
        }
    }

    /**
     * @param root the folder whose changes are replayed, as it is now: all of it on disk
     * @param durableAtOnce for what lies elsewhere in truth: paths whose every change is on disk when it is made
     */
    public CrashDisk(Path root, Predicate<Path> durableAtOnce) throws IOException {
        this.root = root.toAbsolutePath();
        this.durableAtOnce = durableAtOnce;
        load(this.root, top);
    }

    private void load(Path path, Folder folder) throws IOException {
        try (Stream<Path> children = Files.list(path)) {
            for (Path child : children.toList()) {
                Node node = Files.isDirectory(child) ? new Folder() : file(Files.readAllBytes(child));
                folder.now.put(child.getFileName().toString(), node);
                folder.durable.put(child.getFileName().toString(), node);
                if (node instanceof Folder inner) {
                    load(child, inner);
                }
            }
        }
    }

    private static File file(byte[] content) {
        File file = new File();
        file.durable = content;
        file.now = content;
        return file;
    }

    // ---- replaying

    public void apply(Event event) {
        if (event instanceof DiskTrace.Open open) {
            open(open);
        } else if (event instanceof DiskTrace.Write write) {
            write(write);
        } else if (event instanceof DiskTrace.Seek seek) {
            handles.computeIfPresent(seek.descriptor(), (d, handle) -> {
                handle.position = seek.offset();
                return handle;
            });
        } else if (event instanceof DiskTrace.Truncate truncate) {
            change(truncate.path(), (File) handles.get(truncate.descriptor()).node, Change.truncate(truncate.size()));
        } else if (event instanceof DiskTrace.SyncBegin begin) {
            syncs.put(begin.thread(), sync(handles.get(begin.descriptor()).node));
        } else if (event instanceof DiskTrace.SyncEnd end) {
            syncs.remove(end.thread()).run();
        } else if (event instanceof DiskTrace.Rename rename) {
            rename(rename);
        } else if (event instanceof DiskTrace.Link link) {
            name(link.name(), Map.of(last(link.name()), node(link.existing())));
        } else if (event instanceof DiskTrace.Remove remove) {
            name(remove.path(), removal(last(remove.path())));
        } else if (event instanceof DiskTrace.MakeFolder folder) {
            name(folder.path(), Map.of(last(folder.path()), new Folder()));
        }
    }

    private void open(DiskTrace.Open open) {
        Node node = node(open.path());
        if (node == null) {
            if (!open.create()) {
                throw new IllegalStateException(open.path() + " was opened but is not on the disk");
            }
            node = new File();
            name(open.path(), Map.of(last(open.path()), node));
        } else if (open.truncate() && node instanceof File file && file.now.length > 0) {
            change(open.path(), file, Change.truncate(0));
        }
        handles.put(open.descriptor(), new Handle(node));
    }

    private void write(DiskTrace.Write write) {
        Handle handle = handles.get(write.descriptor());
        long offset = write.offset() < 0 ? handle.position : write.offset();
        if (write.offset() < 0) {
            handle.position += write.bytes().length;
        }
        change(write.path(), (File) handle.node, Change.write(offset, write.bytes()));
    }

    private void change(Path path, File file, Change change) {
        file.now = changed(file.now, change);
        if (durableAtOnce.test(path)) {
            file.durable = file.now;
        } else {
            file.pending.add(change);
        }
    }

    private static byte[] changed(byte[] content, Change change) {
        if (change.bytes == null) {
            return Arrays.copyOf(content, (int) change.size);
        }
        int end = (int) change.offset + change.bytes.length;
        byte[] result = Arrays.copyOf(content, Math.max(content.length, end));
        System.arraycopy(change.bytes, 0, result, (int) change.offset, change.bytes.length);
        return result;
    }

    private void rename(DiskTrace.Rename rename) {
        Node node = node(rename.from());
        if (rename.from().getParent().equals(rename.to().getParent())) {
            Map<String, Node> both = removal(last(rename.from()));
            both.put(last(rename.to()), node);
            name(rename.to(), both);
        } else {
            name(rename.to(), Map.of(last(rename.to()), node));
            name(rename.from(), removal(last(rename.from())));
        }
    }

    private static Map<String, Node> removal(String name) {
        Map<String, Node> change = new HashMap<>();
        change.put(name, null);
        return change;
    }

    private void name(Path path, Map<String, Node> change) {
        Folder folder = (Folder) node(path.getParent());
        enter(folder.now, change);
        if (durableAtOnce.test(path)) {
            enter(folder.durable, change);
        } else {
            folder.pending.add(change);
        }
    }

    private static void enter(Map<String, Node> names, Map<String, Node> change) {
        change.forEach((name, node) -> {
            if (node == null) {
                names.remove(name);
            } else {
                names.put(name, node);
            }
        });
    }

    /** What a sync that begins now will have done when it ends. */
    private static Runnable sync(Node node) {
        if (node instanceof File file) {
            long covered = file.forced + file.pending.size();
            return () -> {
                for (; file.forced < covered; file.forced++) {
                    file.durable = changed(file.durable, file.pending.removeFirst());
                }
            };
        }
        Folder folder = (Folder) node;
        long covered = folder.forced + folder.pending.size();
        return () -> {
            for (; folder.forced < covered; folder.forced++) {
                enter(folder.durable, folder.pending.removeFirst());
            }
        };
    }

    private Node node(Path path) {
        Node node = top;
        for (Path name : root.relativize(path)) {
            if (name.toString().isEmpty()) {
                return node;
            }
            node = node instanceof Folder folder ? folder.now.get(name.toString()) : null;
        }
        return node;
    }

    private static String last(Path path) {
        return path.getFileName().toString();
    }

    // ---- what is left

    /** The content of a file as the running process saw it, nothing if there is none. */
    public byte[] content(Path path) {
        return node(path) instanceof File file ? file.now : new byte[0];
    }

    /**
     * Writes what a crash here would leave to a folder.
     *
     * @param wanted of the paths under the root, so that the rest is left out
     */
    public void leave(Path folder, Loss loss, Random random, Predicate<Path> wanted) {
        leave(top, root, folder, loss, random, wanted);
    }

    private void leave(Folder from, Path path, Path to, Loss loss, Random random, Predicate<Path> wanted) {
        names(from, loss, random).forEach((name, node) -> {
            Path source = path.resolve(name);
            if (!wanted.test(source)) {
                return;
            }
            try {
                if (node instanceof Folder inner) {
                    Files.createDirectories(to.resolve(name));
                    leave(inner, source, to.resolve(name), loss, random, wanted);
                } else {
                    Files.createDirectories(to);
                    Files.write(to.resolve(name), content((File) node, loss, random));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static Map<String, Node> names(Folder folder, Loss loss, Random random) {
        return switch (loss) {
            case NOTHING -> folder.now;
            case EVERYTHING -> folder.durable;
            case SOMETHING -> {
                Map<String, Node> names = new TreeMap<>(folder.durable);
                folder.pending.stream()
                        .limit(random.nextInt(folder.pending.size() + 1))
                        .forEach(change -> enter(names, change));
                yield names;
            }
        };
    }

    private static byte[] content(File file, Loss loss, Random random) {
        return switch (loss) {
            case NOTHING -> file.now;
            case EVERYTHING -> file.durable;
            case SOMETHING -> {
                byte[] content = file.durable;
                int keepOf100 = random.nextInt(101);
                for (Change change : file.pending) {
                    if (random.nextInt(100) < keepOf100) {
                        content = changed(content, torn(change, random));
                    }
                }
                yield content;
            }
        };
    }

    /** One write in four reaches the disk in part: up to a sector, or from one on. */
    private static Change torn(Change change, Random random) {
        if (change.bytes == null || change.bytes.length <= SECTOR_BYTES || random.nextInt(4) != 0) {
            return change;
        }
        int at = SECTOR_BYTES * (1 + random.nextInt((change.bytes.length - 1) / SECTOR_BYTES));
        return random.nextBoolean()
                ? Change.write(change.offset, Arrays.copyOf(change.bytes, at))
                : Change.write(change.offset + at, Arrays.copyOfRange(change.bytes, at, change.bytes.length));
    }
}
