package io.spindrift.sync;

import io.spindrift.DurabilityUnknownException;
import io.spindrift.io.DurableFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Forces the write-ahead log to disk for everybody who waits for it: whoever comes while nobody does so forces, and the
 * others share the next time. Commits a checkpoint has copied are on disk already, for SQLite forces both files then.
 * Thread-safe.
 */
final class LogForce implements AutoCloseable {
    private final String database;
    private final Path wal;
    private final LongSupplier committed;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition done = lock.newCondition();
    private FileChannel channel;
    private boolean forcing;
    private long forced;
    private IOException failure;

    /** @param committed the number of the latest commit that is in the log */
    LogForce(String database, Path file, LongSupplier committed) {
        this.database = database;
        this.wal = file.resolveSibling(file.getFileName() + "-wal");
        this.committed = committed;
    }

    /**
     * Returns when a commit is on disk.
     *
     * @throws DurabilityUnknownException if the disk refused, now or ever before: what it has then, nobody can tell, for
     *     the operating system may have dropped what it could not write
     */
    void await(long commit, Duration timeout) throws InterruptedException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (forced < commit) {
                if (failure != null) {
                    throw unknown("the disk refused to write " + wal + " (" + failure.getMessage()
                            + "); restart to find out what it has");
                }
                if (left <= 0) {
                    throw unknown("the disk did not write " + wal + " within " + timeout + " (durability-timeout)");
                }
                if (forcing) {
                    left = done.awaitNanos(left);
                } else {
                    forceForAll();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private DurabilityUnknownException unknown(String why) {
        return new DurabilityUnknownException(
                "Database " + database + " has committed, but the commit may not survive a loss of power: " + why);
    }

    private void forceForAll() {
        forcing = true;
        long target = committed.getAsLong();
        IOException failed = null;
        lock.unlock();
        try {
            force();
        } catch (IOException e) {
            failed = e;
        } finally {
            lock.lock();
            forcing = false;
        }
        if (failed == null) {
            forced = target;
        } else {
            failure = failed;
        }
        done.signalAll();
    }

    private void force() throws IOException {
        if (channel == null) {
            channel = FileChannel.open(wal, StandardOpenOption.WRITE);
            DurableFiles.forceFolder(wal.toAbsolutePath().getParent());
        }
        channel.force(false);
    }

    /** The log's file is going to be another one. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            while (forcing) {
                done.awaitUninterruptibly();
            }
            if (channel != null) {
                channel.close();
                channel = null;
            }
        } finally {
            lock.unlock();
        }
    }
}
