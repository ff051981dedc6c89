package io.spindrift.restore;

import io.spindrift.Position;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.wal.DatabaseFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteConfig;

/**
 * Rebuilds a database file from its replica: plan, apply to a temporary file, prove it, force it to disk, rename it into
 * place. Until the rename nothing exists under the file's name; what fails leaves the name as it was.
 */
public final class Restorer {
    private static final int PLANS = 3;
    private static final String TEMPORARY = ".restoring";
    private static final List<String> COMPANIONS = List.of("-wal", "-shm", "-journal");

    private final Replica replica;

    public Restorer(Replica replica) {
        this.replica = replica;
    }

    /**
     * Restores a position to a file that does not exist yet.
     *
     * @param position the latest if empty
     * @param output the file; the parent folder is created
     * @param lost where a left-over {@code -wal}, {@code -shm} or {@code -journal} of an earlier file is moved, because
     *     SQLite would replay it into the restored one
     * @throws SpindriftException if the file exists, the position is not in the replica or the result cannot be proven
     * @throws IOException if the store or the disk fails
     */
    public RestoreResult restore(Optional<Position> position, Path output, Path lost) throws IOException {
        long started = System.nanoTime();
        if (Files.exists(output)) {
            throw new SpindriftException(
                    "The output " + output + " exists already; choose another file or move it away first");
        }
        Path folder = output.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path temporary = output.resolveSibling(output.getFileName() + TEMPORARY);
        try {
            Applied applied = applyWithNewPlans(position, temporary);
            quickCheck(temporary, applied.plan.target());
            moveCompanionsAway(output, lost);
            DurableFiles.moveInto(temporary, output);
            return new RestoreResult(
                    applied.plan.target(),
                    (long) applied.checksums.pages() * applied.checksums.pageSize(),
                    applied.checksums.pageSize(),
                    applied.plan.segments().size(),
                    applied.checksums.rolling(),
                    applied.proven,
                    Duration.ofNanos(System.nanoTime() - started));
        } finally {
            Files.deleteIfExists(temporary);
        }
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

    private record Applied(RestorePlan plan, PageChecksums checksums, boolean proven) {}

    /** An object may be compacted away between the plan and its GET: then the replica has another way, so plan anew. */
    private Applied applyWithNewPlans(Optional<Position> position, Path temporary) throws IOException {
        Collection<Segment> segments = replica.outline();
        for (int attempt = 1; ; attempt++) {
            try {
                return apply(plan(segments, position), temporary);
            } catch (ObjectMissingException e) {
                if (attempt == PLANS) {
                    throw e;
                }
                segments = replica.list();
            }
        }
    }

    private RestorePlan plan(Collection<Segment> segments, Optional<Position> position) throws IOException {
        try {
            return RestorePlan.find(segments, Position.NONE, position);
        } catch (SpindriftException manifestIsOld) {
            Collection<Segment> all = replica.list();
            if (all.isEmpty()) {
                throw new SpindriftException("There is nothing to restore at "
                        + replica.store().describe() + "; check the URL and the name");
            }
            return RestorePlan.find(all, Position.NONE, position);
        }
    }

    private Applied apply(RestorePlan plan, Path temporary) throws IOException {
        try (DatabaseFile file = DatabaseFile.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            SegmentApplier applier = new SegmentApplier(file.channel());
            for (Segment segment : plan.segments()) {
                try (InputStream in = replica.open(segment.name())) {
                    applier.apply(segment.name(), in);
                }
            }
            file.channel().force(true);
            requireSameOnDisk(file, applier.checksums(), plan.target());
            return new Applied(plan, applier.checksums(), applier.proven());
        }
    }

    /** Reads the file back, so that what is proven is what is on disk. */
    private static void requireSameOnDisk(DatabaseFile file, PageChecksums expected, Position target)
            throws IOException {
        PageChecksums found = file.checksums(expected.pageSize(), expected.pages());
        if (found.rolling() != expected.rolling()) {
            throw new SpindriftException(String.format(
                    "The restored file does not hold what was written to it at position %s: expected checksum %016x,"
                            + " found %016x; check the disk",
                    target, expected.rolling(), found.rolling()));
        }
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
