package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.OnLimit;
import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.compaction.Levels;
import io.spindrift.compaction.LocalSegments;
import io.spindrift.compaction.SteadyClock;
import io.spindrift.io.DurableFiles;
import io.spindrift.jdbc.WriterGate;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ownership.Claims;
import io.spindrift.ownership.Lease;
import io.spindrift.ownership.TimeFence;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.SegmentName;
import io.spindrift.sync.EngineConnections.WalState;
import io.spindrift.sync.LocalLog.GapException;
import io.spindrift.sync.OpenFiles.InterferenceException;
import io.spindrift.sync.ShippingProgress.Group;
import io.spindrift.wal.WalFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Ships one open database: cuts groups of commits into segments, stages them, puts them into the replica one after
 * another, checkpoints what was staged and writes snapshots.
 *
 * <p>One thread at a time calls {@link #cut} and {@link #checkpoint()}, one at a time {@link #renewAndShip}, again and again; {@link
 * #writeSnapshot} may run beside them. The lock guards the local log; no request to the store and no listener runs under
 * it, with the one exception of a repair.
 */
final class Replicator implements AutoCloseable {
    private static final Duration LONGEST_TIME_BETWEEN_SNAPSHOTS = Duration.ofHours(24);

    /** An owner with nothing to ship looks whether another has gone on once in so many renewals. */
    private static final int RENEWALS_A_LOOK = 12;

    private final DatabaseConfig config;
    private final Replica replica;
    private final Lease lease;
    private final Sidecar sidecar;
    private final Clock clock;
    private final WriterGate gate;
    private final ShippingProgress progress;
    private final OpenConnections applications;
    private final Consumer<SyncEvent> events;

    private final ReentrantLock logLock = new ReentrantLock();
    private LocalLog log;
    private EngineConnections connections;
    private Checkpointer checkpointer;
    private OpenFiles files;
    private boolean snapshotReading;
    private String gapReason;
    private SnapshotClock snapshots;
    private Levels levels;
    private LocalSegments shipped;
    private Upkeep upkeep;
    private int renewals;
    private volatile long renewedAtNanos = System.nanoTime();

    Replicator(
            DatabaseConfig config,
            Replica replica,
            Lease lease,
            Sidecar sidecar,
            Clock clock,
            WriterGate gate,
            ShippingProgress progress,
            OpenConnections applications,
            Consumer<SyncEvent> events) {
        this.config = config;
        this.replica = replica;
        this.lease = lease;
        this.sidecar = sidecar;
        this.clock = clock;
        this.gate = gate;
        this.progress = progress;
        this.applications = applications;
        this.events = events;
    }

    /** Another owner has taken the next TXID. */
    static final class OwnershipLostException extends Exception {
        private static final long serialVersionUID = 1L;

        OwnershipLostException(String message) {
            super(message);
        }
    }

    /**
     * Claims the replica: puts what the file has beyond it, then an object of our own under the next TXID. Nothing may
     * be written to the database before this has answered true.
     *
     * @return false if another owner took a TXID in between; the file has to be reconciled anew
     */
    boolean claim(StartUp.Claim claim, TimeFence fence) throws IOException {
        log = claim.log();
        levels = new Levels(claim.segments(), new SteadyClock());
        if (!claim.full()) {
            Optional<StagedSegment> rest = log.cut(Long.MAX_VALUE, lease.epoch());
            if (rest.isPresent() && !put(rest.get(), fence)) {
                return false;
            }
        }
        long txid = claim.full() ? claim.nextTxid() : log.txid() + 1;
        StagedSegment segment = claim.full()
                ? log.writeFull(txid, lease.epoch(), claim.checksumBefore())
                : log.writeClaim(txid, lease.epoch());
        // An answer that comes too late does not count: others may have gone on, and their objects may be gone by now.
        if (createForEver(segment, SegmentName.group(txid), fence) != Created.OURS || fence.closed()) {
            return false;
        }
        levels.written(segment.name(), stored(segment), segment.header());
        log.advance(txid, log.position());
        sidecar.save(log.record());
        sidecar.forgetStamp();
        sidecar.closeGap();
        Files.deleteIfExists(segment.file());
        lease.claimed(txid);
        progress.opened(txid);
        snapshots = SnapshotClock.of(claim.segments(), log.databaseBytes(), clock.instant());
        if (claim.full()) {
            snapshots.shippedWhole(stored(segment), log.databaseBytes());
        }
        shipped = new LocalSegments(sidecar.shipped());
        replica.store()
                .get(Manifest.NAME, Manifest.MAX_BYTES)
                .flatMap(Manifest::decode)
                .ifPresent(levels::learn);
        upkeep = new Upkeep(
                config, replica, lease, levels, shipped, clock, progress::durableTxid, snapshots::requestNow);
        claim.reason()
                .ifPresent(reason -> events.accept(
                        new SyncEvent.GapRepaired(config.name(), clock.instant(), new Position(txid), reason)));
        events.accept(
                new SyncEvent.OwnershipClaimed(config.name(), clock.instant(), lease.epoch(), new Position(txid)));
        return true;
    }

    /** Puts a staged segment during start-up. */
    private boolean put(StagedSegment segment, TimeFence fence) throws IOException {
        if (createForEver(segment, segment.name(), fence) != Created.OURS) {
            return false;
        }
        levels.written(segment.name(), stored(segment), segment.header());
        sidecar.save(LocalLog.positionAfter(segment.header()));
        sidecar.discard(segment);
        return true;
    }

    /** SQLite has the file open from now on. */
    void attach(EngineConnections engineConnections) throws IOException {
        connections = engineConnections;
        checkpointer = new Checkpointer(config, log, connections, gate, applications);
        files = new OpenFiles(config.path());
    }

    long epoch() {
        return lease.epoch();
    }

    /** Compaction and retention of this ownership. */
    Upkeep upkeep() {
        return upkeep;
    }

    /** Bytes that are not in the replica: frames that are not staged, and staged segments. */
    long pendingBytes() throws SQLException {
        long unstaged = progress.anythingUncut()
                ? bytes(log.pendingFrames(connections.walState().frames()))
                : 0;
        return unstaged + progress.stagedBytes();
    }

    private long bytes(long frames) {
        return WalFile.frameBytes(frames, log.pageSize());
    }

    /**
     * Cuts a group if one is due. Works on the local disk only.
     *
     * @param everything whether to cut what there is without waiting for the interval
     */
    void cut(boolean everything) throws IOException, SQLException {
        progress.alive();
        long frames = requireUntouched();
        if (config.onLimit() == OnLimit.CONTINUE && progress.stagedBytes() > config.maxStagedBytes()) {
            giveUpStaged();
        }
        if (waitsForRepair()) {
            return;
        }
        long pending = log.pendingFrames(frames);
        if (pending > 0 && !progress.anythingUncut()) {
            progress.committed(); // by another process; shipped as soon as our own would be
        }
        boolean full = bytes(pending) >= config.segmentMaxBytes();
        boolean due = everything || progress.groupDue();
        if (full || due && !progress.anythingStaged()) {
            cutGroup();
        }
    }

    /** Copies the log into the database file if that is due. Works on the local disk only. */
    void checkpoint() throws IOException, SQLException {
        checkpoint(waitsForRepair() ? Checkpointer.Staging.NONE : this::cutOrFail);
    }

    /** Whether nothing is cut now: what is missed is shipped with all pages when the store is back. */
    private boolean waitsForRepair() {
        return log.inGap() && progress.anythingStaged();
    }

    /**
     * What SQLite has open must be what lies under the names; if not, what can still be read of it is staged first.
     *
     * @return how many committed frames the log has
     */
    private long requireUntouched() throws IOException, SQLException {
        try {
            files.requireDatabase();
            long frames = connections.walState().frames();
            files.requireLog(frames, log.pageSize());
            return frames;
        } catch (InterferenceException e) {
            try {
                cutOrFail();
            } catch (IOException | SQLException nothingToRead) {
                e.addSuppressed(nothingToRead);
            }
            throw e;
        }
    }

    /** Renews the lease if that is due and puts every staged segment; blocks on the store. */
    void renewAndShip() throws IOException, OwnershipLostException {
        renewLeaseIfDue();
        ship();
    }

    /** Whether a snapshot is due by itself. */
    boolean snapshotDue() throws IOException {
        return snapshots.due(
                progress.durableTxid(),
                log.databaseBytes(),
                config.snapshotMinBytes(),
                clock.instant(),
                LONGEST_TIME_BETWEEN_SNAPSHOTS);
    }

    private void renewLeaseIfDue() throws IOException, OwnershipLostException {
        if (untilRenewal().toNanos() <= 0) {
            renewLease();
            if (++renewals % RENEWALS_A_LOOK == 0) {
                requireNextKeyIsFree();
            }
        }
    }

    /** Renews the lease; may be called beside shipping. */
    void renewLease() throws IOException {
        lease.renew();
        renewedAtNanos = System.nanoTime();
    }

    /** Who has nothing to ship would not notice that another owner has gone on: its claim, or what follows, is there. */
    private void requireNextKeyIsFree() throws IOException, OwnershipLostException {
        long next = progress.durableTxid() + 1;
        if (!progress.anythingStaged() && replica.has(SegmentName.group(next))) {
            throw lostTo(next);
        }
    }

    private OwnershipLostException lostTo(long txid) {
        return new OwnershipLostException("Another process owns the replica "
                + replica.store().describe() + " of database " + config.name() + ": it has written position "
                + new Position(txid) + "; stop one of the two");
    }

    /** How long until the lease has to be renewed. */
    Duration untilRenewal() {
        return lease.renewalInterval().minusNanos(System.nanoTime() - renewedAtNanos);
    }

    /** How long until the lease, not renewed when it was due, should be renewed beside shipping. */
    Duration untilOverdue() {
        return untilRenewal().plus(lease.renewalInterval().dividedBy(2));
    }

    // ---- giving up

    /** Frees the disk: what is staged behind the segment that may have been sent will be shipped with all pages. */
    private void giveUpStaged() throws IOException {
        logLock.lock();
        try {
            if (log.inGap()) {
                return;
            }
            StagedSegment first = progress.firstStaged().orElseThrow().segment();
            sidecar.noteGap();
            long bytes = 0;
            for (StagedSegment segment : progress.dropAllButFirst()) {
                bytes += segment.bytes();
                sidecar.discard(segment);
            }
            log.giveUpBehind(first.txid(), first.checksumAfter());
            gapReason = "on-limit=continue gave up the history behind position " + new Position(first.txid());
            events.accept(
                    new SyncEvent.HistoryGivenUp(config.name(), clock.instant(), new Position(first.txid()), bytes));
        } finally {
            logLock.unlock();
        }
    }

    // ---- cutting

    private void cutGroup() throws IOException, SQLException {
        try {
            cutOrFail();
        } catch (GapException gap) {
            repair(gap);
        }
    }

    private void cutOrFail() throws IOException, SQLException {
        stage(() -> log.cut(connections.walState().frames(), lease.epoch()));
    }

    @FunctionalInterface
    private interface Cutting {
        Optional<StagedSegment> run() throws IOException, SQLException;
    }

    private Optional<Group> stage(Cutting cutting) throws IOException, SQLException {
        logLock.lock();
        try {
            ShippingProgress.Cut cut = progress.beginCut();
            try {
                return progress.endCut(cut, cutting.run(), config.exactRetention());
            } catch (IOException | SQLException | RuntimeException e) {
                progress.abandonCut(cut);
                throw e;
            }
        } finally {
            logLock.unlock();
        }
    }

    /** Ships every page again under the next TXID, with writers held off: the history cannot be continued otherwise. */
    private void repair(GapException gap) throws IOException, SQLException {
        Group repaired;
        try (WriterGate.Permit permit = gate.acquireForEngine(config.gateTimeout())) {
            repaired = stage(() -> Optional.of(log.cutFull(lease.epoch()))).orElseThrow();
        }
        sidecar.closeGap();
        snapshots.requestNow();
        events.accept(new SyncEvent.GapRepaired(
                config.name(),
                clock.instant(),
                new Position(repaired.segment().txid()),
                gapReason != null ? gapReason : gap.getMessage()));
        gapReason = null;
    }

    // ---- shipping

    private void ship() throws IOException, OwnershipLostException {
        Optional<Group> next = progress.firstStaged();
        while (next.isPresent()) {
            StagedSegment segment = next.get().segment();
            if (progress.durableTxid() < segment.txid()) { // else only noting it failed
                put(next.get());
            }
            sidecar.save(LocalLog.positionAfter(segment.header()));
            shipped.keep(segment.name(), segment.file());
            progress.shipped();
            next = progress.firstStaged();
        }
    }

    /** Puts a segment; from then on its commits are durable, whatever becomes of this process. */
    private void put(Group staged) throws IOException, OwnershipLostException {
        Group group = staged;
        if (group.fence().closed()) {
            progress.replaceFence(group, fenceAfterListing(group));
            group = progress.firstStaged().orElseThrow();
        }
        StagedSegment segment = group.segment();
        if (create(segment, segment.name(), group.fence()) != Created.OURS) {
            throw lostTo(segment.txid());
        }
        levels.written(segment.name(), stored(segment), segment.header());
        snapshots.shipped(segment.bytes());
        events.accept(new SyncEvent.SegmentDurable(
                config.name(),
                clock.instant(),
                new Position(segment.txid()),
                segment.bytes(),
                group.age(),
                segment.commits(),
                group.sinceStaged()));
        progress.durable(group);
    }

    /** After a very long outage the replica has to be looked at again before anything is written to it. */
    private TimeFence fenceAfterListing(Group next) throws IOException, OwnershipLostException {
        TimeFence fence = TimeFence.startingNow(config.exactRetention());
        long latest = Chain.latest(replica.list());
        boolean nextIsThere = latest == next.segment().txid(); // ours after a lost answer, or not: its PUT will tell
        if (latest != progress.durableTxid() && !nextIsThere) {
            throw new OwnershipLostException("The replica " + replica.store().describe() + " of database "
                    + config.name() + " is at " + new Position(latest) + ", this process left it at "
                    + new Position(progress.durableTxid()) + "; another process owns it now");
        }
        return fence;
    }

    private Created createForEver(StagedSegment segment, SegmentName name, TimeFence fence) throws IOException {
        Claims.announce(replica, name.maxTxid(), fence);
        return create(segment, name, fence);
    }

    /** The size of the object that a segment becomes. */
    private long stored(StagedSegment segment) {
        return replica.store().storedBytes(segment.bytes());
    }

    private Created create(StagedSegment segment, SegmentName name, TimeFence fence) throws IOException {
        return replica.create(
                name, segment.file(), segment.writeId(), segment.header().timestamp(), fence::beforeSend);
    }

    // ---- checkpoints

    private void checkpoint(Checkpointer.Staging staging) throws IOException, SQLException {
        logLock.lock();
        try {
            if (!snapshotReading) {
                checkpointer.runIfDue(staging);
            }
        } catch (GapException gap) {
            return; // found again and repaired at the next cut, without the lock
        } finally {
            files.checkpointed();
            logLock.unlock();
        }
    }

    // ---- snapshots

    /**
     * Writes a snapshot of the present. Blocks until it is in the replica; writers wait only while the position is
     * pinned. One at a time.
     */
    Position writeSnapshot() throws IOException, SQLException, InterruptedException {
        PinnedImage pinned = pin();
        StagedSegment written;
        try {
            written = log.writeSnapshot(pinned.image, pinned.header);
        } finally {
            unpin();
        }
        try {
            long txid = written.txid();
            progress.awaitTxid(txid, pinned.generation, config.durabilityTimeout());
            TimeFence fence = TimeFence.startingNow(config.exactRetention());
            SegmentName name = SegmentName.snapshot(txid);
            Created created = create(written, name, fence); // taken means: the same snapshot is there already
            long bytes = created == Created.OURS ? stored(written) : replica.bytes(name);
            levels.written(name, bytes, written.header());
            levels.publish(replica, fence);
            snapshots.taken(txid, clock.instant(), bytes, log.databaseBytes());
            events.accept(
                    new SyncEvent.SnapshotDurable(config.name(), clock.instant(), new Position(txid), written.bytes()));
            return new Position(txid);
        } finally {
            Files.deleteIfExists(written.file());
        }
    }

    private record PinnedImage(DatabaseImage image, LtxHeader header, long generation) {}

    private PinnedImage pin() throws IOException, SQLException {
        checkpoint(this::cutOrFail); // the log grows until the snapshot is read
        cutOrFail(); // while writers go on, so that little is left to cut when they wait
        try (WriterGate.Permit permit = gate.acquireForEngine(config.gateTimeout())) {
            logLock.lock();
            try {
                cutOrFail();
                levels.snapshotBegins(log.txid());
                connections.snapshotPin().hold();
                snapshotReading = true;
                boolean pinned = false;
                try {
                    WalState state = connections.walState();
                    log.checkpointed(state.frames(), state.copied());
                    LtxHeader header = log.headerHere(1, log.txid(), lease.epoch(), 0);
                    PinnedImage image = new PinnedImage(log.imageHere(), header, progress.generation());
                    pinned = true;
                    return image;
                } finally {
                    if (!pinned) {
                        unpin();
                    }
                }
            } finally {
                logLock.unlock();
            }
        }
    }

    private void unpin() throws SQLException {
        logLock.lock();
        try {
            snapshotReading = false;
            connections.snapshotPin().release();
        } finally {
            logLock.unlock();
        }
    }

    Optional<Instant> lastSnapshotAt() {
        return snapshots == null ? Optional.empty() : snapshots.lastAt();
    }

    // ---- the end

    /**
     * Leaves a file that is the database without its log, once everything is in the replica and applications are gone:
     * only such a file can be told from one that lost its log when another program changes it while it is closed here.
     */
    void emptyLog() throws IOException, SQLException {
        logLock.lock();
        try {
            checkpointer.truncate();
            sidecar.save(log.record());
        } finally {
            logLock.unlock();
        }
    }

    /**
     * Sets aside what the replica will never have. Called once no transaction can commit any more.
     *
     * @return how many commits were set aside; empty if the replica has everything
     */
    OptionalLong setUnshippedAside() throws IOException, SQLException {
        logLock.lock();
        try {
            boolean complete = stageRest();
            List<StagedSegment> staged = sidecar.staged();
            if (complete && staged.isEmpty()) {
                return OptionalLong.empty();
            }
            Path lost = sidecar.lostFolder(clock.instant());
            DurableFiles.createFolder(lost);
            long commits = 0;
            for (StagedSegment segment : staged) {
                DurableFiles.moveInto(
                        segment.file(), lost.resolve(segment.file().getFileName()));
                commits += segment.commits();
            }
            if (complete) {
                sidecar.save(log.record()); // where the file stands, so that nobody sets the same commits aside again
            }
            return OptionalLong.of(commits);
        } finally {
            logLock.unlock();
        }
    }

    /** Answers false if no segment can say what follows; the file itself is set aside at the next start. */
    private boolean stageRest() throws IOException, SQLException {
        try {
            log.cut(connections.walState().frames(), lease.epoch());
            return true;
        } catch (GapException e) {
            return false;
        }
    }

    /** Gives the local log away, to be closed when SQLite has closed the file. */
    LocalLog handOver() {
        return log;
    }

    /** Releases the lease: everything is in the replica. */
    void release() throws IOException {
        lease.release();
    }

    /** Closes the engine's channel to the file; SQLite must have closed it before. */
    @Override
    public void close() {
        try {
            if (log != null) {
                log.close();
            }
        } catch (IOException e) {
            throw new SpindriftException(
                    "The database " + config.path() + " could not be closed: " + e.getMessage(), e);
        }
    }
}
