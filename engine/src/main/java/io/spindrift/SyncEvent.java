package io.spindrift;

import java.time.Duration;
import java.time.Instant;

/** Something that happened to a database or its replica. Events of one database are delivered in order. */
public sealed interface SyncEvent {
    /** The database it happened to. */
    String database();

    /** When it happened, by this machine's clock. */
    Instant at();

    /** A database file was rebuilt from the replica, verified and put in place. */
    record Restored(String database, Instant at, Position position, long bytes, Duration took) implements SyncEvent {}

    /**
     * Another process owns the database; this one waits for it to stop and takes over then.
     *
     * @param owner who it is, since when, and what ends the wait, as the rest of a sentence
     */
    record OwnershipAwaited(String database, Instant at, String owner) implements SyncEvent {}

    /** This process owns the database from now on: its claim stands and writes are accepted. */
    record OwnershipClaimed(String database, Instant at, long epoch, Position position) implements SyncEvent {}

    /**
     * Another owner has written to the replica. Writes are refused from now on; what was not shipped is in the
     * {@code lost} folder beside the file.
     *
     * @param lostCommits commits acknowledged here that the replica does not have
     */
    record OwnershipLost(String database, Instant at, long epoch, Position position, long lostCommits)
            implements SyncEvent {}

    /**
     * A segment is in the replica: every commit up to this position is durable.
     *
     * @param bytes its size
     * @param lag from its oldest commit to now
     * @param commits how many transactions it holds
     * @param shipping the last part of the lag: from the staged file to now
     */
    record SegmentDurable(
            String database, Instant at, Position position, long bytes, Duration lag, long commits, Duration shipping)
            implements SyncEvent {}

    /** A snapshot is in the replica. */
    record SnapshotDurable(String database, Instant at, Position position, long bytes) implements SyncEvent {}

    /**
     * The history of the file could not be proven to continue the replica's, so all pages were shipped again.
     *
     * @param reason what was found, as a sentence
     */
    record GapRepaired(String database, Instant at, Position position, String reason) implements SyncEvent {}

    /**
     * Commits that the replica does not have were set aside because the replica went on without them.
     *
     * @param folder where they are
     */
    record CommitsSetAside(String database, Instant at, long commits, String folder, String reason)
            implements SyncEvent {}

    /** A step failed and will be tried again; reported once when it starts failing and whenever the sentence changes. */
    record SyncFailed(String database, Instant at, String problem) implements SyncEvent {}

    /**
     * Commits wait and nothing has become durable for {@code stall-after}; over with the next {@link SegmentDurable}.
     *
     * @param durable the position that is in the replica
     * @param lag age of the oldest commit that is not
     */
    record SyncStalled(String database, Instant at, Position durable, Duration lag, String problem)
            implements SyncEvent {}

    /**
     * Too much was staged, and {@code on-limit=continue} freed the disk: what was committed behind the position is in the
     * local file alone until all pages are shipped ({@link GapRepaired}), and no point in between can be restored.
     *
     * @param bytes how much was given up
     */
    record HistoryGivenUp(String database, Instant at, Position position, long bytes) implements SyncEvent {}

    /** Writers are held up or refused, because the replica is too far behind: see {@code on-limit}. */
    record WritesLimited(String database, Instant at, String reason) implements SyncEvent {}

    /** Writers go on again. */
    record WritesResumed(String database, Instant at) implements SyncEvent {}

    /** A drill restored this position, and it is the database: see {@code drill-interval}. */
    record DrillSucceeded(String database, Instant at, Position position, long bytes, Duration took)
            implements SyncEvent {}

    /** A drill could not restore this position, or restored another database; the next follows within an hour. */
    record DrillFailed(String database, Instant at, Position position, String problem) implements SyncEvent {}

    /** What had failed works again. */
    record SyncRecovered(String database, Instant at, Duration after) implements SyncEvent {}

    /**
     * The native LZ4 library cannot be loaded: pure Java compresses, which takes several times the processor time.
     *
     * @param reason why, as a part of a sentence
     */
    record CompressionIsSlow(String database, Instant at, String reason) implements SyncEvent {}
}
