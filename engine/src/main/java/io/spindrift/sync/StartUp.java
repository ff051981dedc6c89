package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.RestorePolicy;
import io.spindrift.Position;
import io.spindrift.RestorePoint;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.io.DurableFiles;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.ownership.Claims;
import io.spindrift.ownership.TimeFence;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.restore.RestorePlan;
import io.spindrift.restore.Restorer;
import io.spindrift.restore.SegmentApplier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Brings a local file and its replica together before SQLite opens the file, by the table of {@code docs/durability.md}:
 * look at both, decide, act, and look again until the file stands where the replica ends.
 *
 * <p>Nothing that exists is overwritten: what the replica does not have moves to the sidecar's {@code lost} folder.
 */
final class StartUp {
    private static final int MAX_ROUNDS = 8;

    private final DatabaseConfig config;
    private final Path path;
    private final Sidecar sidecar;
    private final Clock clock;
    private final LocalSqlite sqlite;
    private final Executor executor;
    private final Consumer<SyncEvent> events;

    StartUp(
            DatabaseConfig config,
            Sidecar sidecar,
            Clock clock,
            LocalSqlite sqlite,
            Executor executor,
            Consumer<SyncEvent> events) {
        this.config = config;
        this.path = config.path();
        this.sidecar = sidecar;
        this.clock = clock;
        this.sqlite = sqlite;
        this.executor = executor;
        this.events = events;
    }

    /**
     * What has to be written first.
     *
     * @param log the local file, in WAL mode
     * @param nextTxid the TXID the claim takes
     * @param full whether the claim has to carry all pages
     * @param checksumBefore rolling checksum of the replica before the claim
     * @param reason why all pages, if that repairs something
     * @param segments what the replica has
     */
    record Claim(
            LocalLog log,
            long nextTxid,
            boolean full,
            long checksumBefore,
            Optional<String> reason,
            List<Segment> segments) {}

    /** What a database without a replica needs: a file in WAL mode. */
    LocalLog local() throws IOException {
        Optional<LocalLog> found = openLog();
        if (found.isPresent() && found.get().walMode()) {
            return found.get();
        }
        if (found.isPresent()) {
            found.get().close();
        }
        return createOrConvert();
    }

    /**
     * Reconciles file and replica.
     *
     * @param fence bounds the time from the listing to the last write that relies on it
     * @throws SpindriftException if the operator has to decide; the sentence names the choices
     * @throws IOException if store or disk fail; nothing was lost, try again
     */
    Claim reconcile(Replica replica, TimeFence fence) throws IOException {
        Round round = new Round(replica, fence);
        for (int i = 0; i < MAX_ROUNDS; i++) {
            Optional<Claim> claim = round.run();
            if (claim.isPresent()) {
                return claim.get();
            }
        }
        throw new IOException("The file " + path + " and its replica could not be brought together in " + MAX_ROUNDS
                + " rounds; something else is changing one of them");
    }

    /** Opens the file if the store cannot be reached: for reading, if it is known to be a position of the replica. */
    Optional<LocalLog> withoutReplica() throws IOException {
        return openLog();
    }

    private Optional<LocalLog> openLog() throws IOException {
        sqlite.rollBackJournal(path);
        return LocalLog.open(path, sidecar, clock);
    }

    private LocalLog createOrConvert() throws IOException {
        if (!Files.exists(path)) {
            Restorer.moveCompanionsAway(path, sidecar.lostFolder(clock.instant()));
        }
        sqlite.createOrConvert(path);
        return LocalLog.open(path, sidecar, clock)
                .orElseThrow(() -> new IOException("SQLite created no database at " + path));
    }

    /** Looks at both sides once and takes one step. */
    private final class Round {
        private final Replica replica;
        private final TimeFence fence;

        Round(Replica replica, TimeFence fence) {
            this.replica = replica;
            this.fence = fence;
        }

        /** The claim to make, or empty if a step was taken and both sides have to be looked at again. */
        Optional<Claim> run() throws IOException {
            List<Segment> segments = replica.list();
            Remote remote = remote(segments);
            if (shipStaged(remote)) {
                return Optional.empty();
            }
            Optional<LocalLog> found = openLog();
            if (found.isEmpty()) {
                createOrRestore(remote);
                return Optional.empty();
            }
            LocalLog log = found.get();
            boolean keepOpen = false;
            try {
                Optional<Claim> claim = decide(log, remote);
                keepOpen = claim.isPresent();
                return claim;
            } finally {
                if (!keepOpen) {
                    log.close();
                }
            }
        }

        /** The replica: its last TXID, the header of an object that ends there, and all its objects. */
        private record Remote(long txid, Optional<LtxHeader> header, List<Segment> segments) {
            Optional<Long> checksum() {
                return header.flatMap(LtxHeader::checksums).map(RollingChecksums::after);
            }
        }

        private Remote remote(List<Segment> segments) throws IOException {
            long latest = Chain.latest(segments);
            Optional<SegmentName> last = segments.stream()
                    .map(Segment::name)
                    .filter(name -> name.maxTxid() == latest)
                    .findFirst();
            return last.isEmpty()
                    ? new Remote(0, Optional.empty(), List.of())
                    : new Remote(latest, Optional.of(replica.header(last.get())), segments);
        }

        /** Ships staged segments that continue the replica; true if any was, so that the replica ends elsewhere now. */
        private boolean shipStaged(Remote remote) throws IOException {
            List<StagedSegment> staged = sidecar.staged();
            boolean shipped = false;
            long end = remote.txid();
            long checksum = remote.checksum().orElse(0L);
            for (StagedSegment segment : staged) {
                if (segment.txid() <= remote.txid()) {
                    if (!has(remote, segment)) {
                        return shipped;
                    }
                } else if (segment.txid() != end + 1 || segment.checksumBefore() != checksum || !ship(segment)) {
                    return shipped;
                }
                end = Math.max(end, segment.txid());
                checksum = segment.checksumAfter();
                if (sidecar.position().map(LocalPosition::txid).orElse(0L) < segment.txid()) {
                    sidecar.save(LocalLog.positionAfter(segment.header()));
                } // otherwise it was shipped and removed before, and a loss of power brought it back
                sidecar.discard(segment);
                shipped = true;
            }
            return shipped;
        }

        /** By the object itself, or by another that ends where it does: retention may have deleted the first. */
        private boolean has(Remote remote, StagedSegment segment) throws IOException {
            Optional<SegmentName> sameEnd = remote.segments().stream()
                    .map(Segment::name)
                    .filter(name -> name.maxTxid() == segment.txid())
                    .findFirst();
            if (sameEnd.isEmpty()) {
                return false;
            }
            Optional<RollingChecksums> there = replica.header(sameEnd.get()).checksums();
            return there.filter(checksums -> checksums.after() == segment.checksumAfter())
                    .isPresent();
        }

        private boolean ship(StagedSegment segment) throws IOException {
            Claims.announce(replica, segment.txid(), fence);
            return replica.create(
                            segment.name(),
                            segment.file(),
                            segment.writeId(),
                            segment.header().timestamp(),
                            fence)
                    == Created.OURS;
        }

        private void createOrRestore(Remote remote) throws IOException {
            if (remote.txid() == 0) {
                createOrConvert().close();
                sidecar.forgetPosition();
            } else if (config.restore() == RestorePolicy.NEVER) {
                throw new SpindriftException("The database file " + path + " is missing and the replica "
                        + replica.store().describe() + " has it at position " + new Position(remote.txid())
                        + ", but restore=never; set restore=if-missing to restore it");
            } else {
                restore();
            }
        }

        private void restore() throws IOException {
            setAside("the file is restored from the replica");
            if (Files.exists(path)) {
                Files.delete(path); // an empty file: SQLite's way to say no database
            }
            RestoreResult result = new Restorer(replica, executor, none -> {})
                    .restore(RestorePoint.latest(), path, sidecar.lostFolder(clock.instant()));
            sidecar.save(new LocalPosition(
                    result.position().txid(),
                    result.pageSize(),
                    (int) (result.bytes() / result.pageSize()),
                    result.rollingChecksum(),
                    0,
                    0,
                    0));
            events.accept(new SyncEvent.Restored(
                    config.name(), clock.instant(), result.position(), result.bytes(), result.took()));
        }

        private Optional<Claim> decide(LocalLog log, Remote remote) throws IOException {
            if (remote.header().isEmpty()) {
                return firstSegment(log);
            }
            int pageSizeOfReplica = remote.header().get().pageSize();
            if (pageSizeOfReplica != log.pageSize()) {
                return otherPageSize(log, pageSizeOfReplica);
            }
            if (log.proven()) {
                return continueOrCatchUp(log, remote);
            }
            return unproven(log, remote);
        }

        /** A page size cannot change within a replica, so one of the two has to go. */
        private Optional<Claim> otherPageSize(LocalLog log, int pageSizeOfReplica) throws IOException {
            if (config.restore() != RestorePolicy.REPLACE) {
                throw new SpindriftException("The database " + path + " has pages of " + log.pageSize()
                        + " bytes, its replica " + replica.store().describe() + " has pages of " + pageSizeOfReplica
                        + "; a page size cannot change within a replica: use another replica-url, or set"
                        + " restore=replace to set the file aside and restore");
            }
            log.close();
            setAside("restore=replace");
            return Optional.empty();
        }

        /** A replica without anything: the file as it is becomes its beginning. */
        private Optional<Claim> firstSegment(LocalLog log) throws IOException {
            for (StagedSegment segment : sidecar.staged()) {
                sidecar.discard(segment); // its commits are in the file, of which every page is shipped
            }
            Optional<String> emptied = sidecar.position()
                    .map(shipped -> "the replica " + replica.store().describe() + " is empty although position "
                            + new Position(shipped.txid()) + " had been shipped");
            return adopt(log, new Remote(0, Optional.empty(), List.of()), emptied);
        }

        /** Ships the whole file under the next TXID. */
        private Optional<Claim> adopt(LocalLog log, Remote remote, Optional<String> reason) throws IOException {
            if (!log.walMode()) {
                log.close();
                createOrConvert().close();
                return Optional.empty();
            }
            log.absorbPending();
            sqlite.requireSound(path, log::close);
            LocalLog sound = LocalLog.open(path, sidecar, clock)
                    .orElseThrow(() -> new IOException("The database file " + path + " has vanished"));
            sound.absorbPending();
            return Optional.of(
                    new Claim(sound, remote.txid() + 1, true, remote.checksum().orElse(0L), reason, remote.segments()));
        }

        private Optional<Claim> continueOrCatchUp(LocalLog log, Remote remote) throws IOException {
            boolean sameEnd = log.txid() == remote.txid()
                    && remote.checksum().map(c -> c == log.checksum()).orElse(true);
            if (sameEnd) {
                return Optional.of(
                        new Claim(log, remote.txid() + 1, false, log.checksum(), Optional.empty(), remote.segments()));
            }
            Optional<RestorePlan> missing =
                    sidecar.staged().isEmpty() && log.pendingCommits() == 0 ? planFrom(log, remote) : Optional.empty();
            if (missing.isPresent()) {
                apply(log, missing.get());
            } else {
                log.close();
                setAside("the replica " + replica.store().describe() + " is at " + new Position(remote.txid())
                        + " and does not continue the file's position " + new Position(log.txid()));
            }
            return Optional.empty();
        }

        /** How to get from the file's position to the replica's end, if the replica continues it. */
        private Optional<RestorePlan> planFrom(LocalLog log, Remote remote) throws IOException {
            if (log.txid() >= remote.txid()) {
                return Optional.empty();
            }
            try {
                RestorePlan plan = RestorePlan.find(
                        remote.segments(), new Position(log.txid()), Optional.of(new Position(remote.txid())));
                boolean continues = replica.header(plan.segments().get(0).name())
                        .checksums()
                        .map(c -> c.before() == log.checksum())
                        .orElse(false);
                return continues ? Optional.of(plan) : Optional.empty();
            } catch (SpindriftException noExactChain) {
                return Optional.empty();
            }
        }

        private void apply(LocalLog log, RestorePlan plan) throws IOException {
            log.foldWal();
            try (FileChannel out = FileChannel.open(path, StandardOpenOption.WRITE)) {
                SegmentApplier applier = new SegmentApplier(out, log.checksums());
                for (Segment segment : plan.segments()) {
                    try (InputStream in = replica.open(segment.name())) {
                        applier.apply(segment.name(), in);
                    }
                }
                out.force(true);
            }
            log.advance(plan.target().txid(), log.position());
            sidecar.save(log.record());
        }

        private Optional<Claim> unproven(LocalLog log, Remote remote) throws IOException {
            Optional<LocalPosition> recorded = sidecar.position();
            if (recorded.isEmpty() && sidecar.staged().isEmpty()) {
                return unknownFile(log, remote);
            }
            // With a part in the log, the file may be an earlier state that lost its log: not an edit to be shipped.
            if (isUntouched(log)) {
                log.close();
                setAside("the content of the file " + path + " has changed although nothing has written to it since it"
                        + " was closed: the disk or its cables may be failing");
                return Optional.empty();
            }
            boolean wasAtEnd = sidecar.staged().isEmpty()
                    && recorded.map(p -> (p.walFrames() == 0 || sidecar.hasGap())
                                    && p.txid() == remote.txid()
                                    && remote.checksum()
                                            .map(c -> c == p.checksum())
                                            .orElse(true))
                            .orElse(false);
            if (wasAtEnd && sqlite.isSound(path, log::close)) {
                LocalLog again = LocalLog.open(path, sidecar, clock)
                        .orElseThrow(() -> new IOException("The database file " + path + " has vanished"));
                return adopt(
                        again,
                        remote,
                        Optional.of(
                                sidecar.hasGap()
                                        ? "the file " + path
                                                + " has commits whose history was given up (on-limit=continue)"
                                        : "the file " + path
                                                + " was changed by another program while it was closed here"));
            }
            log.close();
            setAside("the file " + path + " is not what it was when it was last open here");
            return Optional.empty();
        }

        /** Whether the file system says that the file, without a log, is as a clean stop left it. */
        private boolean isUntouched(LocalLog log) throws IOException {
            return log.walBytes() == 0
                    && sidecar.stamp().isPresent()
                    && sidecar.stamp().equals(FileStamp.of(path));
        }

        /** A file without a sidecar: it may be the replica's end, otherwise the operator has to say what it is. */
        private Optional<Claim> unknownFile(LocalLog log, Remote remote) throws IOException {
            if (remote.checksum().map(c -> c == log.checksum()).orElse(false)) {
                log.advance(remote.txid(), log.position());
                sidecar.save(log.record());
                return Optional.empty();
            }
            return switch (config.restore()) {
                case ADOPT_LOCAL ->
                    adopt(log, remote, Optional.of("restore=adopt-local made the file " + path + " the present"));
                case REPLACE -> {
                    log.close();
                    setAside("restore=replace");
                    yield Optional.empty();
                }
                case IF_MISSING, NEVER ->
                    throw new SpindriftException("The file " + path
                            + " was not written through this replica: its content differs from "
                            + replica.store().describe() + " at position " + new Position(remote.txid())
                            + "; set restore=replace to set the file aside and restore, or restore=adopt-local to ship it as"
                            + " the new present");
            };
        }

        /** Moves the file and everything it has beyond the replica to a folder of its own. */
        private void setAside(String reason) throws IOException {
            List<StagedSegment> staged = sidecar.staged();
            boolean fileExists = Files.exists(path) && Files.size(path) > 0;
            if (staged.isEmpty() && !fileExists) {
                return;
            }
            if (fileExists && config.restore() == RestorePolicy.NEVER) {
                throw new SpindriftException("The file " + path + " has to be replaced because " + reason
                        + ", but restore=never; set restore=if-missing to set it aside and restore");
            }
            Path lost = sidecar.lostFolder(clock.instant());
            DurableFiles.createFolder(lost);
            if (fileExists) {
                stageRest();
                staged = sidecar.staged();
            }
            long commits = staged.stream().mapToLong(StagedSegment::commits).sum();
            sidecar.setStagedAside(lost);
            if (fileExists) {
                Restorer.moveCompanionsAway(path, lost);
                DurableFiles.moveInto(path, lost.resolve(path.getFileName()));
            }
            sidecar.forgetPosition();
            events.accept(
                    new SyncEvent.CommitsSetAside(config.name(), clock.instant(), commits, lost.toString(), reason));
        }

        /** Cuts what was committed after the last staged segment, so that it is set aside as LTX, too. */
        private void stageRest() throws IOException {
            try (LocalLog log = LocalLog.open(path, sidecar, clock).orElseThrow()) {
                if (log.proven()) {
                    log.cut(Long.MAX_VALUE, 0);
                }
            } catch (SpindriftException notReadable) {
                // Then the file itself, which is set aside whole, is all there is.
            }
        }
    }
}
