package io.spindrift.sync;

import io.spindrift.DurabilityUnknownException;
import io.spindrift.Position;
import io.spindrift.ownership.TimeFence;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * How far commits have come: counted, cut into groups, staged, durable; who waits for them, and when the shipper has to
 * get up. Commits are numbered in the order they happened; a group holds every commit up to its number, and perhaps a
 * few later ones. Thread-safe.
 */
final class ShippingProgress {
    /** After so many commits the shipper looks whether the group is large enough to be shipped early. */
    private static final int COMMITS_BETWEEN_LOOKS = 1_024;

    /** And after so long, for a few large commits fill the log as well. */
    private static final Duration TIME_BETWEEN_LOOKS = Duration.ofMillis(100);

    private final String database;
    private final Duration syncInterval;
    private final Duration commitWindow;
    private final AtomicLong committed = new AtomicLong();
    private final AtomicLong firstUncutNanos = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition progress = lock.newCondition();
    private final Deque<Group> staged = new ArrayDeque<>();
    private long durableCommit;
    private long durableTxid;
    private long stagedTxid;
    private Optional<Cut> underWay = Optional.empty();
    private long segments;
    private int waiters;
    private boolean poked;
    private String ended;
    private boolean shipping;
    private volatile long stagedBytes;
    private volatile long firstStagedNanos;
    private long generation;
    private long unknownAfter = Long.MAX_VALUE;
    private long unknownUpTo;
    private String restartReason;
    private long lastShippedNanos = System.nanoTime();
    private volatile long aliveNanos;

    ShippingProgress(String database, Duration syncInterval, Duration commitWindow) {
        this.database = database;
        this.syncInterval = syncInterval;
        this.commitWindow = commitWindow;
    }

    /**
     * A staged segment and what it means.
     *
     * @param lastCommit every commit up to this number is in it or before it
     * @param firstCommitNanos when its oldest commit happened, on the monotonic clock
     * @param stagedNanos when its segment was staged
     * @param fence until when it may be put
     */
    record Group(StagedSegment segment, long lastCommit, long firstCommitNanos, long stagedNanos, TimeFence fence) {
        /** How old its oldest commit is. */
        Duration age() {
            return Duration.ofNanos(Math.max(0, System.nanoTime() - firstCommitNanos));
        }

        /** How long ago its segment was staged. */
        Duration sinceStaged() {
            return Duration.ofNanos(Math.max(0, System.nanoTime() - stagedNanos));
        }
    }

    /** A cut that has begun: the commits it will surely hold. */
    record Cut(long lastCommit, long firstCommitNanos) {}

    // ---- commits

    /**
     * Counts a commit; called under the writer gate.
     *
     * @return its number
     */
    long committed() {
        long number = committed.incrementAndGet();
        boolean first = firstUncutNanos.get() == 0 && firstUncutNanos.compareAndSet(0, nonZeroNow());
        if (first || number % COMMITS_BETWEEN_LOOKS == 0) {
            poke();
        }
        return number;
    }

    /** The number of the latest commit. */
    long latest() {
        return committed.get();
    }

    private static long nonZeroNow() {
        long now = System.nanoTime();
        return now == 0 ? 1 : now;
    }

    /** Wakes the shipper. */
    void poke() {
        lock.lock();
        try {
            poked = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- the shipper's side

    /** The database was opened at a position: everything committed before is durable. */
    void opened(long txid) {
        lock.lock();
        try {
            durableTxid = txid;
            stagedTxid = txid;
            ended = null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The file is opened anew, and nobody knows whether it has the commits that were not durable: whoever waits for one
     * of them, or comes to, is told so. Called while no connection is open.
     */
    void restart(String reason) {
        lock.lock();
        try {
            staged.clear();
            stagedChanged();
            firstUncutNanos.set(0);
            unknownAfter = Math.min(unknownAfter, durableCommit);
            unknownUpTo = committed.get();
            restartReason = reason;
            generation++;
            durableCommit = committed.incrementAndGet(); // what is asked for from now on
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Changes with every {@link #restart}. */
    long generation() {
        lock.lock();
        try {
            return generation;
        } finally {
            lock.unlock();
        }
    }

    /** @throws DurabilityUnknownException if the commit was not durable when the file had to be opened anew */
    void requireKnown(long commit) {
        lock.lock();
        try {
            if (unknownAfter < commit && commit <= unknownUpTo) {
                throw new DurabilityUnknownException(
                        "What was committed to database " + database + " may be lost: " + restartReason);
            }
        } finally {
            lock.unlock();
        }
    }

    Cut beginCut() {
        lock.lock();
        try {
            long first = firstUncutNanos.getAndSet(0);
            Cut cut = new Cut(committed.get(), first);
            underWay = Optional.of(cut);
            return cut;
        } finally {
            lock.unlock();
        }
    }

    /** Puts back what a failed cut took. */
    void abandonCut(Cut cut) {
        lock.lock();
        try {
            underWay = Optional.empty();
            if (cut.firstCommitNanos != 0) {
                firstUncutNanos.set(cut.firstCommitNanos);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Queues a segment; a cut without one means that its commits are in the segments before it. */
    Optional<Group> endCut(Cut cut, Optional<StagedSegment> segment, Duration fence) {
        lock.lock();
        try {
            underWay = Optional.empty();
            if (segment.isPresent()) {
                long first = cut.firstCommitNanos != 0 ? cut.firstCommitNanos : System.nanoTime();
                Group group = new Group(
                        segment.get(), cut.lastCommit, first, System.nanoTime(), TimeFence.startingNow(fence));
                staged.addLast(group);
                stagedTxid = segment.get().txid();
                stagedChanged();
                return Optional.of(group);
            }
            if (staged.isEmpty()) {
                durableCommit = Math.max(durableCommit, cut.lastCommit);
                progress.signalAll();
            } else {
                Group last = staged.removeLast();
                staged.addLast(
                        new Group(last.segment, cut.lastCommit, last.firstCommitNanos, last.stagedNanos, last.fence));
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes away every staged group but the first, which may have been sent already; their commits count as not cut.
     *
     * @return what was taken away
     */
    List<StagedSegment> dropAllButFirst() {
        lock.lock();
        try {
            List<StagedSegment> dropped = new ArrayList<>();
            while (staged.size() > 1) {
                Group last = staged.removeLast();
                dropped.add(last.segment);
                firstUncutNanos.set(last.firstCommitNanos);
            }
            if (!staged.isEmpty()) {
                stagedTxid = staged.getFirst().segment.txid();
            }
            stagedChanged();
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    private void stagedChanged() {
        List<Group> pending =
                staged.stream().filter(g -> g.segment.txid() > durableTxid).toList();
        stagedBytes = pending.stream().mapToLong(g -> g.segment.bytes()).sum();
        firstStagedNanos = pending.isEmpty() ? 0 : pending.get(0).firstCommitNanos;
        work.signalAll();
    }

    /** Whether nobody ships now; then the caller does, until {@link #endShipping()}. */
    boolean beginShipping() {
        lock.lock();
        try {
            boolean free = !shipping;
            shipping = true;
            return free;
        } finally {
            lock.unlock();
        }
    }

    void endShipping() {
        lock.lock();
        try {
            shipping = false;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    Optional<Group> firstStaged() {
        lock.lock();
        try {
            return Optional.ofNullable(staged.peekFirst());
        } finally {
            lock.unlock();
        }
    }

    void replaceFence(Group group, TimeFence fence) {
        lock.lock();
        try {
            Group first = staged.removeFirst();
            staged.addFirst(
                    new Group(first.segment, first.lastCommit, group.firstCommitNanos, first.stagedNanos, fence));
        } finally {
            lock.unlock();
        }
    }

    /** The first staged group is in the replica: whoever waits for it goes on. */
    void durable(Group first) {
        lock.lock();
        try {
            durableCommit = first.lastCommit;
            durableTxid = first.segment.txid();
            segments++;
            lastShippedNanos = System.nanoTime();
            stagedChanged();
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a group is durable and that is not noted yet. */
    boolean anythingToNote() {
        return firstStaged().map(first -> first.segment.txid() <= durableTxid()).orElse(false);
    }

    /** That the first staged group is durable has been noted: there is nothing left to do for it. */
    void shipped() {
        lock.lock();
        try {
            Group first = staged.removeFirst();
            durableCommit = Math.max(durableCommit, first.lastCommit); // later commits may have turned out to be in it
            stagedChanged();
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a group is due: its interval is over, or someone waits and the window is. */
    boolean groupDue() {
        return untilGroupDue().map(d -> d.isZero() || d.isNegative()).orElse(false);
    }

    /** How long until the next group is due; empty if nothing was committed since the last. */
    private Optional<Duration> untilGroupDue() {
        long first = firstUncutNanos.get();
        if (first == 0) {
            return Optional.empty();
        }
        long now = System.nanoTime();
        Duration interval = syncInterval.minusNanos(now - first);
        Duration window = commitWindow.minusNanos(now - lastShippedNanos());
        return Optional.of(anyoneWaits() && window.compareTo(interval) < 0 ? window : interval);
    }

    private boolean anyoneWaits() {
        lock.lock();
        try {
            return waiters > 0;
        } finally {
            lock.unlock();
        }
    }

    private long lastShippedNanos() {
        lock.lock();
        try {
            return lastShippedNanos;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until there may be something to do: a group to cut, which waits for those before it to be shipped, or to
     * ship.
     *
     * @param atMost how long at the longest
     * @param paused whether groups are left alone for now, after a failure or while shipping is stopped
     */
    void awaitWork(Duration atMost, boolean paused) throws InterruptedException {
        long began = System.nanoTime();
        long deadline = began + atMost.toNanos();
        lock.lock();
        try {
            while (!poked) {
                long left = deadline - System.nanoTime();
                if (!paused && staged.isEmpty()) {
                    left = Math.min(left, untilGroupDue().map(Duration::toNanos).orElse(Long.MAX_VALUE));
                } else if (!paused && !shipping) {
                    return;
                }
                if (anythingUncut()) {
                    left = Math.min(left, TIME_BETWEEN_LOOKS.toNanos() - (System.nanoTime() - began));
                }
                if (left <= 0) {
                    return;
                }
                work.awaitNanos(left);
            }
            poked = false;
        } finally {
            lock.unlock();
        }
    }

    /** Notes that the loop is at work on the local disk, not stuck. */
    void alive() {
        aliveNanos = nonZeroNow();
    }

    /** Notes that the loop waits for work. */
    void idle() {
        aliveNanos = 0;
    }

    /** Whether the loop has been at one step for too long. */
    boolean stuckFor(Duration limit) {
        long since = aliveNanos;
        return since != 0 && System.nanoTime() - since > limit.toNanos();
    }

    // ---- those who wait

    /**
     * Waits until a commit, and every one before it, is durable.
     *
     * @return a durable TXID that holds it
     * @throws DurabilityUnknownException at the timeout, or when nothing is shipped any more
     */
    long awaitCommit(long commit, Duration timeout) throws InterruptedException {
        long txid = await(() -> durableCommit >= commit, timeout, "What was committed to database " + database);
        requireKnown(commit);
        return txid;
    }

    /** Waits until a position of a generation is durable. */
    void awaitTxid(long txid, long ofGeneration, Duration timeout) throws InterruptedException {
        await(() -> durableTxid >= txid || generation != ofGeneration, timeout, "Position " + new Position(txid));
        if (generation() != ofGeneration) {
            throw new DurabilityUnknownException(
                    "Position " + new Position(txid) + " of database " + database + " was given up: " + restartReason);
        }
    }

    private long await(BooleanSupplier reached, Duration timeout, String what) throws InterruptedException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            waiters++;
            poked = true;
            work.signalAll();
            while (!reached.getAsBoolean()) {
                if (ended != null) {
                    throw new DurabilityUnknownException(what + " did not become durable: " + ended);
                }
                if (left <= 0) {
                    throw new DurabilityUnknownException(what + " did not become durable within " + timeout
                            + " (durability-timeout); it is kept and shipping goes on");
                }
                left = progress.awaitNanos(left);
            }
            return durableTxid;
        } finally {
            waiters--;
            lock.unlock();
        }
    }

    /** Nothing will become durable any more; everyone who waits is told why. */
    void end(String reason) {
        lock.lock();
        try {
            ended = reason;
            progress.signalAll();
            poked = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- figures

    boolean anythingUncut() {
        return firstUncutNanos.get() != 0;
    }

    boolean anythingStaged() {
        return firstStaged().isPresent();
    }

    boolean anythingPending() {
        return anythingUncut() || anythingStaged();
    }

    long durableTxid() {
        lock.lock();
        try {
            return durableTxid;
        } finally {
            lock.unlock();
        }
    }

    /** The TXID that holds, or will hold, the latest commit. */
    long committedTxid() {
        lock.lock();
        try {
            return txidOf(committed.get());
        } finally {
            lock.unlock();
        }
    }

    /** The TXID of the first group that surely holds a commit: maybe one late, never early. */
    long txidOf(long commit) {
        lock.lock();
        try {
            for (Group group : staged) {
                if (group.lastCommit >= commit) {
                    return group.segment.txid();
                }
            }
            if (commit <= durableCommit) {
                return durableTxid;
            }
            boolean inTheCut = underWay.map(cut -> cut.lastCommit >= commit).orElse(true);
            return anythingUncut() || underWay.isPresent() ? stagedTxid + (inTheCut ? 1 : 2) : stagedTxid;
        } finally {
            lock.unlock();
        }
    }

    long stagedBytes() {
        return stagedBytes;
    }

    long segments() {
        lock.lock();
        try {
            return segments;
        } finally {
            lock.unlock();
        }
    }

    /** Age of the oldest commit that is not durable. Cheap enough to be asked at every write. */
    Duration lag() {
        long staged = firstStagedNanos;
        long since = staged != 0 ? staged : firstUncutNanos.get();
        return since == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, System.nanoTime() - since));
    }

    /** Whether commits wait and nothing has become durable for so long. */
    boolean stalledFor(Duration limit) {
        return lag().compareTo(limit) > 0 && System.nanoTime() - lastShippedNanos() > limit.toNanos();
    }

    /**
     * Waits while a condition holds that can only end when something is shipped, or shipping ends.
     *
     * @return whether it has ended
     */
    boolean awaitEndOf(BooleanSupplier condition, Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (ended == null && condition.getAsBoolean()) {
                if (left <= 0) {
                    return false;
                }
                left = progress.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Has those who wait look at their condition. */
    void lookAgain() {
        lock.lock();
        try {
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits a moment that ends early when the shipper is woken. */
    void pause(Duration time) throws InterruptedException {
        lock.lock();
        try {
            if (ended == null) {
                work.await(time.toNanos(), TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }
}
