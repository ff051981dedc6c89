package io.spindrift.restore;

import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.Position;
import io.spindrift.RestorePoint;
import io.spindrift.RestoreProgress;
import io.spindrift.RestoreProgress.Phase;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.Chain;
import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.wal.DatabaseFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.sqlite.SQLiteConfig;

/**
 * Rebuilds a database file from its replica: plan, fetch and write to a temporary file with several threads, prove it,
 * force it to disk, rename it into place. Until the rename nothing exists under the file's name; what fails leaves the
 * name as it was.
 *
 * <p>Memory is bounded, see {@link PlanRun}: for a database of 1 TB with pages of 4 KiB about 110 MiB, half of it pieces.
 */
public final class Restorer {
    private static final int PLANS = 3;
    private static final String TEMPORARY = ".restoring";
    private static final List<String> COMPANIONS = List.of("-wal", "-shm", "-journal");

    private final Replica replica;
    private final Crew crew;
    private final Consumer<RestoreProgress> progress;

    /** Restores with threads of its own, which end with the restore: for plain Java, never inside a container. */
    public Restorer(Replica replica) {
        this(replica, DatabaseEnvironment.standalone(DatabaseListener.NONE).executor(), none -> {});
    }

    /**
     * Restores with the threads of an executor.
     *
     * @param executor runs up to 15 short tasks beside the calling thread; one that is busy or refuses them makes the
     *     restore slower, not impossible
     * @param progress is told on the calling thread, a few times a second
     */
    public Restorer(Replica replica, Executor executor, Consumer<RestoreProgress> progress) {
        this.replica = replica;
        this.crew = new Crew(executor, Crew.usualSize());
        this.progress = progress;
    }

    /** Something to do right before a file gets its name. */
    @FunctionalInterface
    public interface Preparation {
        void run() throws IOException;
    }

    /** Restores a position, the latest if empty; see {@link #restore(RestorePoint, Path, Path)}. */
    public RestoreResult restore(Optional<Position> position, Path output, Path lost) throws IOException {
        return restore(position.map(RestorePoint::of).orElseGet(RestorePoint::latest), output, lost);
    }

    /**
     * Restores a point to a file that does not exist yet.
     *
     * @param output the file; the parent folder is created
     * @param lost where a left-over {@code -wal}, {@code -shm} or {@code -journal} of an earlier file is moved, because
     *     SQLite would replay it into the restored one
     * @throws SpindriftException if the file exists, the point is not in the replica or the result cannot be proven
     * @throws IOException if the store or the disk fails
     */
    public RestoreResult restore(RestorePoint point, Path output, Path lost) throws IOException {
        requireFree(output);
        return replace(point, output, lost, () -> requireFree(output));
    }

    private static void requireFree(Path output) {
        if (Files.exists(output)) {
            throw new SpindriftException(
                    "The output " + output + " exists already; choose another file or move it away first");
        }
    }

    /**
     * Like {@link #restore(RestorePoint, Path, Path)}, but replaces a file of that name.
     *
     * @param preparation runs once the new file is proven, before it takes the place of the old one
     */
    public RestoreResult replace(RestorePoint point, Path output, Path lost, Preparation preparation)
            throws IOException {
        long started = System.nanoTime();
        Files.createDirectories(output.toAbsolutePath().getParent());
        Path temporary = output.resolveSibling(output.getFileName() + TEMPORARY);
        try {
            Applied applied = applyWithNewPlans(point, temporary);
            Position position = applied.plan.target();
            preparation.run();
            moveCompanionsAway(output, lost);
            DurableFiles.moveInto(temporary, output);
            report(applied.plan, Phase.DONE);
            return new RestoreResult(
                    position,
                    applied.last.timestamp(),
                    (long) applied.last.pages() * applied.last.pageSize(),
                    applied.last.pageSize(),
                    applied.plan.segments().size(),
                    applied.rolling,
                    applied.last.checksums().isPresent(),
                    Duration.ofNanos(applied.fetchedAt - started),
                    Duration.ofNanos(System.nanoTime() - started));
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * What a point turned out to be.
     *
     * @param time when it was committed, by the clock of the owner that wrote it
     * @param bytes size of the database
     * @param settled whether groups that come later cannot change which position the point is
     */
    public record Target(Position position, Instant time, long bytes, boolean settled) {}

    /**
     * Finds out which position a point is.
     *
     * @throws SpindriftException if it cannot be restored; the sentence names the nearest that can
     */
    public Target resolve(RestorePoint point) throws IOException {
        Collection<Segment> segments = look(point);
        RestorePlan plan = plan(segments, point);
        LtxHeader last =
                replica.header(plan.segments().get(plan.segments().size() - 1).name());
        boolean settled = point instanceof RestorePoint.Exactly
                || point instanceof RestorePoint.AtOrBefore && plan.target().txid() < Chain.latest(segments);
        return new Target(plan.target(), last.timestamp(), (long) last.pages() * last.pageSize(), settled);
    }

    /** Moves files that SQLite would take for part of a new database of that name into a folder. */
    public static void moveCompanionsAway(Path database, Path lost) throws IOException {
        for (String suffix : COMPANIONS) {
            Path companion = database.resolveSibling(database.getFileName() + suffix);
            if (Files.exists(companion)) {
                DurableFiles.createFolder(lost);
                DurableFiles.moveInto(companion, lost.resolve(companion.getFileName()));
            }
        }
    }

    /**
     * A file that was written and proven.
     *
     * @param last the header of the plan's last object
     * @param rolling the checksum of the file
     * @param fetchedAt when all pages were written, by the monotonic clock
     */
    private record Applied(RestorePlan plan, LtxHeader last, long rolling, long fetchedAt) {}

    /** An object may be compacted away between the plan and its GET: then the replica has another way, so plan anew. */
    private Applied applyWithNewPlans(RestorePoint point, Path temporary) throws IOException {
        Collection<Segment> segments = look(point);
        for (int attempt = 1; ; attempt++) {
            try {
                return apply(plan(segments, point), temporary);
            } catch (ObjectMissingException e) {
                if (attempt == PLANS) {
                    throw e;
                }
                segments = replica.list();
            }
        }
    }

    /** The manifest leads to a position, but only a listing has every point near an instant. */
    private Collection<Segment> look(RestorePoint point) throws IOException {
        return point instanceof RestorePoint.AtOrBefore ? replica.list() : replica.outline();
    }

    private RestorePlan plan(Collection<Segment> segments, RestorePoint point) throws IOException {
        Optional<RestorePlan> plan = tryToPlan(segments, point);
        if (plan.isPresent()) {
            return plan.get();
        }
        // The manifest is older than a compaction whose sources are gone: only a listing tells all.
        Collection<Segment> all = replica.list();
        if (all.isEmpty()) {
            throw new SpindriftException(
                    "There is nothing to restore at " + replica.store().describe() + "; check the URL and the name");
        }
        return tryToPlan(all, point).orElseThrow(() -> unreachable(all, point));
    }

    private Optional<RestorePlan> tryToPlan(Collection<Segment> segments, RestorePoint point) throws IOException {
        Optional<Position> target = Optional.empty();
        if (point instanceof RestorePoint.Exactly exactly) {
            target = Optional.of(exactly.position());
        } else if (point instanceof RestorePoint.AtOrBefore time) {
            target = PointSearch.find(replica, segments, time.instant());
            if (target.isEmpty()) {
                return Optional.empty();
            }
        }
        try {
            return Optional.of(RestorePlan.find(segments, Position.NONE, target));
        } catch (SpindriftException noExactChain) {
            return Optional.empty();
        }
    }

    /** The sentence for a point that a complete listing does not lead to. */
    private static SpindriftException unreachable(Collection<Segment> segments, RestorePoint point) {
        if (point instanceof RestorePoint.Exactly exactly) {
            return RestorePlan.unreachable(segments, Position.NONE, exactly.position());
        }
        SpindriftException latest =
                RestorePlan.unreachable(segments, Position.NONE, new Position(Chain.latest(segments)));
        return point instanceof RestorePoint.Latest
                ? latest
                : new SpindriftException("Which position is " + point
                        + " is not certain, because the chain of objects is" + " broken: " + latest.getMessage());
    }

    private Applied apply(RestorePlan plan, Path temporary) throws IOException {
        try (DatabaseFile file = DatabaseFile.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            LtxHeader last = new PlanRun(replica, plan, file.channel(), crew, progress).run();
            long fetchedAt = System.nanoTime();
            report(plan, Phase.PROVE);
            FileProof proof = new FileProof(file.channel(), last.pageSize(), last.pages());
            crew.work(proof::read, () -> {
                file.channel().force(true);
                report(plan, Phase.CHECK);
                quickCheck(temporary, plan.target());
                proof.read();
            });
            requireSameOnDisk(proof.rolling(), last, plan.target());
            return new Applied(plan, last, proof.rolling(), fetchedAt);
        }
    }

    private void report(RestorePlan plan, Phase phase) {
        progress.accept(new RestoreProgress(plan.target(), phase, plan.bytes(), plan.bytes()));
    }

    /** What was read back has to be what the last object says the database is. */
    private static void requireSameOnDisk(long found, LtxHeader last, Position target) {
        last.checksums().ifPresent(expected -> {
            if (expected.after() != found) {
                throw new SpindriftException(String.format(
                        "The restored file is not the database of position %s: expected checksum %016x, found %016x; run"
                                + " verify to find the damaged object, check the disk, or restore an earlier position",
                        target, expected.after(), found));
            }
        });
    }

    private static void quickCheck(Path file, Position target) throws IOException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        // immutable: SQLite takes no lock and makes no -wal beside a file that is about to be renamed
        String url = "jdbc:sqlite:" + file.toAbsolutePath().toUri() + "?immutable=1";
        try (Connection connection = config.createConnection(url);
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("PRAGMA quick_check(1)")) {
            String first = answer.next() ? answer.getString(1) : "no answer";
            if (!"ok".equals(first)) {
                throw new SpindriftException("The database restored at position " + target
                        + " is damaged: quick_check says \"" + first + "\"; try an earlier position");
            }
        } catch (SQLException e) {
            throw new SpindriftException(
                    "The database restored at position " + target + " cannot be opened by SQLite: " + e.getMessage(),
                    e);
        }
    }
}
