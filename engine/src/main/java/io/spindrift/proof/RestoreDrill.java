package io.spindrift.proof;

import io.spindrift.Position;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.replica.Replica;
import io.spindrift.restore.Restorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/**
 * Restores the latest durable position to a file that is thrown away, as an accident would have it: proof, from time to
 * time, that it can be done. What comes out must be the database the owner has, page by page, by the rolling checksum it
 * keeps itself; the restore proves the chain and runs {@code quick_check}.
 *
 * <p>The file is in a folder of its own that is emptied before and after, so that a crash leaves at most one database
 * behind, until the next start. Thread-safe; one run at a time.
 */
public final class RestoreDrill {
    /** After a failure the next one does not wait for the whole interval. */
    static final Duration RETRY = Duration.ofHours(1);

    private static final long ROOM_TO_SPARE = 64L << 20;

    private final Replica replica;
    private final Executor executor;
    private final Path folder;
    private final DrillRecord.File recordFile;
    private final Clock clock;
    private final Duration interval;
    private DrillRecord record;

    /**
     * The database as its owner knows it.
     *
     * @param position durable
     * @param bytes size there
     * @param checksum rolling checksum there
     */
    public record Expected(Position position, long bytes, long checksum) {}

    /**
     * Prepares drills; removes what a crash left behind.
     *
     * @param executor whose threads restore
     * @param sidecar the folder beside the database, where the drill has a folder and a file
     * @param interval from one to the next; zero for none
     */
    public RestoreDrill(Replica replica, Executor executor, Path sidecar, Clock clock, Duration interval)
            throws IOException {
        this.replica = replica;
        this.executor = executor;
        this.folder = sidecar.resolve("drill");
        this.recordFile = new DrillRecord.File(sidecar.resolve("drilled"));
        this.clock = clock;
        this.interval = interval;
        empty();
        this.record = recordFile.read().orElseGet(() -> DrillRecord.beginning(clock.instant()));
        recordFile.write(record);
    }

    /** How long until the next one, zero or less for now; empty if there are none. */
    public synchronized Optional<Duration> untilDue() {
        if (interval.isZero()) {
            return Optional.empty();
        }
        Duration pause = record.problem().isPresent() && RETRY.compareTo(interval) < 0 ? RETRY : interval;
        return Optional.of(Duration.between(clock.instant(), record.triedAt().plus(pause)));
    }

    /** When a drill last succeeded. */
    public synchronized Optional<Instant> lastVerifiedAt() {
        return record.verifiedAt();
    }

    /** Why the last one failed, empty if it did not. */
    public synchronized Optional<String> problem() {
        return record.problem();
    }

    /**
     * Restores and compares.
     *
     * @throws SpindriftException if the position cannot be restored exactly, or is another database
     * @throws IOException if the store or the disk fails
     */
    public RestoreResult runOnce(Expected expected) throws IOException {
        empty();
        try {
            requireRoom(expected);
            RestoreResult result = new Restorer(replica, executor, progress -> {})
                    .restore(
                            Optional.of(expected.position()),
                            folder.resolve("restored.db"),
                            folder.resolve("left-over"));
            requireSame(expected, result);
            return result;
        } finally {
            empty();
        }
    }

    /** Notes a success. */
    public synchronized void succeeded() throws IOException {
        record = record.succeeded(clock.instant());
        recordFile.write(record);
    }

    /** Notes a failure, which stands until one succeeds. */
    public synchronized void failed(String problem) throws IOException {
        record = record.failed(clock.instant(), problem);
        recordFile.write(record);
    }

    private void requireRoom(Expected expected) throws IOException {
        DurableFiles.createFolder(folder);
        long needed = expected.bytes() + expected.bytes() / 10 + ROOM_TO_SPARE;
        long usable = Files.getFileStore(folder).getUsableSpace();
        if (usable < needed) {
            throw new SpindriftException("A restore drill needs " + needed + " bytes in " + folder + ", found " + usable
                    + "; free some space, or turn drills off (drill-interval=0s) and verify from another machine");
        }
    }

    private void requireSame(Expected expected, RestoreResult result) {
        if (result.rollingChecksum() != expected.checksum()) {
            throw new SpindriftException(String.format(
                    "The replica %s restores another database than this one at position %s: expected checksum %016x,"
                            + " found %016x; keep the local file and take a snapshot",
                    replica.store().describe(), expected.position(), expected.checksum(), result.rollingChecksum()));
        }
    }

    private void empty() throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
