package io.spindrift.timetravel;

import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.PastDatabase;
import io.spindrift.Position;
import io.spindrift.RestorePoint;
import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.PhysicalConnection;
import io.spindrift.replica.Replica;
import io.spindrift.restore.Restorer;
import io.spindrift.restore.Restorer.Target;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/**
 * Past positions of one replica as read-only copies in a folder of its own. All who ask for the same position share one
 * copy; it is removed, the least recently used first, once nobody uses it and its room is needed. The folder begins
 * empty and is emptied at the end. Thread-safe; a caller waits while its copy is restored.
 */
public final class TimeTravel implements AutoCloseable {
    /** How many copies there are at most. */
    static final int MOST_COPIES = 16;

    private static final int MOST_RESOLVED = 1_000;

    private final String name;
    private final Source source;
    private final Path folder;
    private final long maxBytes;
    private final Executor executor;

    /** By position, the least recently used first. Guarded by this, as all that follows. */
    private final Map<Position, PastCopy> copies = new LinkedHashMap<>(16, 0.75f, true);

    /** What instants turned out to be, where later groups cannot change it. */
    private final Map<RestorePoint, Position> resolved = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<RestorePoint, Position> eldest) {
            return size() > MOST_RESOLVED;
        }
    };

    private Optional<Replica> replica = Optional.empty();
    private Optional<FileChannel> lock = Optional.empty();
    private boolean closed;

    /** Opens the replica, when it is needed for the first time. */
    @FunctionalInterface
    public interface Source {
        Replica open() throws IOException;
    }

    /**
     * Prepares for travels; does nothing yet.
     *
     * @param name of the database, for messages
     * @param folder where copies are; whatever else is in it is deleted
     * @param maxBytes how much they may take together
     * @param executor runs up to 15 short tasks beside a thread that restores
     */
    public TimeTravel(String name, Source source, Path folder, long maxBytes, Executor executor) {
        this.name = name;
        this.source = source;
        this.folder = folder;
        this.maxBytes = maxBytes;
        this.executor = executor;
    }

    /** The same with daemon threads of its own: for plain Java, and for a replica whose database is elsewhere. */
    public TimeTravel(String name, Source source, Path folder, long maxBytes) {
        this(
                name,
                source,
                folder,
                maxBytes,
                DatabaseEnvironment.standalone(DatabaseListener.NONE).executor());
    }

    /**
     * Opens the database as it was.
     *
     * @throws SpindriftException if the point cannot be restored, or there is no room for it
     */
    public PastDatabase open(RestorePoint point, ConnectionOptions options) {
        return new PastDatabaseView(this, acquire(point), options);
    }

    /** Opens one connection to the database as it was, for pools and resource adapters. */
    public PhysicalConnection connect(RestorePoint point, ConnectionOptions options) throws SQLException {
        PastCopy copy;
        try {
            copy = acquire(point);
        } catch (SpindriftException e) {
            throw new SQLNonTransientConnectionException(e.getMessage(), "08001", e);
        }
        try {
            return connect(copy, options);
        } finally {
            release(copy); // the connection has its own share
        }
    }

    /** A connection has a share of its own in the copy: a pool keeps it when the one who opened it has left. */
    PhysicalConnection connect(PastCopy copy, ConnectionOptions options) throws SQLException {
        synchronized (this) {
            copy.users++;
        }
        try {
            return new PhysicalConnection(new PastHost(name, copy, () -> release(copy)), options.withReadOnly(true));
        } catch (SQLException e) {
            release(copy);
            throw e;
        }
    }

    synchronized void release(PastCopy copy) {
        copy.users--;
        if (closed && copy.users == 0) {
            delete(copy);
        }
    }

    // ---- copies

    private PastCopy acquire(RestorePoint point) {
        try {
            Position known = known(point);
            if (known != null) {
                Optional<PastCopy> ready = ready(known);
                if (ready.isPresent()) {
                    return ready.get();
                }
            }
            Restorer restorer = new Restorer(replica(), executor, none -> {});
            Target target = restorer.resolve(known == null ? point : RestorePoint.of(known));
            if (target.settled()) {
                remember(point, target.position());
            }
            return shareOrRestore(restorer, target);
        } catch (IOException e) {
            throw new SpindriftException(
                    "Database " + name + " could not be restored to " + point + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SpindriftException("Waiting for database " + name + " at " + point + " was interrupted", e);
        }
    }

    private synchronized Position known(RestorePoint point) {
        return point instanceof RestorePoint.Exactly exactly ? exactly.position() : resolved.get(point);
    }

    private synchronized void remember(RestorePoint point, Position position) {
        resolved.put(point, position);
    }

    private synchronized Optional<PastCopy> ready(Position position) {
        requireOpen();
        PastCopy copy = copies.get(position);
        if (copy == null || !copy.ready) {
            return Optional.empty();
        }
        copy.users++;
        return Optional.of(copy);
    }

    private PastCopy shareOrRestore(Restorer restorer, Target target) throws IOException, InterruptedException {
        PastCopy mine;
        synchronized (this) {
            for (PastCopy there = copies.get(target.position()); there != null; there = copies.get(target.position())) {
                Optional<PastCopy> ready = ready(target.position());
                if (ready.isPresent()) {
                    return ready.get();
                }
                wait(); // another caller restores it
            }
            requireOpen();
            makeRoom(target);
            mine = new PastCopy(target, folder.resolve(target.position() + ".db"));
            copies.put(target.position(), mine);
        }
        boolean restored = false;
        try {
            restorer.restore(RestorePoint.of(target.position()), mine.file, folder.resolve("lost"));
            restored = true;
        } finally {
            synchronized (this) {
                mine.ready = restored;
                mine.users = restored ? 1 : 0;
                if (!restored) {
                    copies.remove(mine.target.position());
                }
                notifyAll();
            }
        }
        return mine;
    }

    private void makeRoom(Target wanted) {
        while (copies.size() >= MOST_COPIES || bytes() + wanted.bytes() > maxBytes) {
            PastCopy idle = copies.values().stream()
                    .filter(copy -> copy.ready && copy.users == 0)
                    .findFirst()
                    .orElseThrow(() -> new SpindriftException("There is no room for database " + name + " at position "
                            + wanted.position() + ": it takes " + wanted.bytes() + " bytes, " + copies.size() + " of at"
                            + " most " + MOST_COPIES + " copies are in use and take " + bytes()
                            + " of at most " + maxBytes + " bytes; close one, or raise time-travel-max-bytes"));
            copies.remove(idle.target.position());
            delete(idle);
        }
    }

    private long bytes() {
        return copies.values().stream().mapToLong(copy -> copy.target.bytes()).sum();
    }

    private void delete(PastCopy copy) {
        try {
            Files.deleteIfExists(copy.file);
        } catch (IOException e) {
            throw new SpindriftException("The copy " + copy.file + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    // ---- folder and replica

    private synchronized Replica replica() throws IOException {
        requireOpen();
        if (replica.isEmpty()) {
            takeFolder();
            replica = Optional.of(source.open());
        }
        return replica.get();
    }

    /** What an earlier process left behind is deleted; one that still lives is left alone. */
    private void takeFolder() throws IOException {
        if (lock.isPresent()) {
            return;
        }
        DurableFiles.createFolder(folder);
        Path lockFile = folder.resolve("lock");
        FileChannel channel = DurableFiles.open(lockFile, StandardOpenOption.CREATE);
        boolean taken = false;
        try {
            taken = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            taken = false;
        } finally {
            if (!taken) {
                channel.close();
            }
        }
        if (!taken) {
            throw new SpindriftException(
                    "The folder " + folder + " is in use by another process, or twice in this one; name another");
        }
        lock = Optional.of(channel);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> !f.equals(lockFile)).toList()) {
                if (Files.isRegularFile(file)) {
                    Files.delete(file);
                }
            }
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new SpindriftException("Database " + name + " is closed");
        }
    }

    /** Deletes the copies that nobody uses; those in use go when they are no longer. Repeatable. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        copies.values().stream().filter(copy -> copy.ready && copy.users == 0).forEach(this::delete);
        copies.clear();
        replica.ifPresent(Replica::close);
        try {
            if (lock.isPresent()) {
                lock.get().close();
            }
        } catch (IOException e) {
            throw new SpindriftException("The folder " + folder + " cannot be released: " + e.getMessage(), e);
        }
    }
}
