package io.spindrift;

import io.spindrift.jdbc.GateStatistics;
import io.spindrift.replica.StoreStatistics;
import io.spindrift.replica.StoreStatistics.Operation;
import io.spindrift.replica.StoreStatistics.Requests;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What a database was doing at one moment.
 *
 * @param name the database
 * @param state whether it can be used
 * @param problem why it is not {@link State#OPEN}, or what keeps shipping from going on, as a sentence
 * @param running whether shipping is on and has a replica to ship to
 * @param epoch the number of the ownership this process holds, 0 if none
 * @param committed the position that holds, or will hold, the latest commit
 * @param durable the latest position that is in the replica
 * @param pendingBytes bytes of write-ahead log and staged segments that are not in the replica yet
 * @param lag age of the oldest commit that is not durable; zero if all are
 * @param totalSynced segments written to the replica since the database was opened
 * @param syncErrors requests to the replica that failed since the database was opened
 * @param databaseBytes size of the database file
 * @param walBytes size of the write-ahead log file
 * @param lastSyncAt when the last segment became durable
 * @param lastSnapshotAt when the last snapshot became durable
 * @param restoredAt when the file was restored from the replica, if this open did so
 * @param lastVerifiedRestoreAt when a restore, or a drill, last proved that the replica can be restored
 * @param limited whether writers are held up or refused because the replica is too far behind
 * @param stalled whether commits wait and nothing has become durable for {@code stall-after}
 * @param hung whether a step on the local disk has not returned for {@code stall-after}: only a restart can help
 * @param unknownOutcomes waits for durability since the database was opened that ended without it (08007)
 * @param gate how busy the writer gate is
 * @param requests what the store was asked, by kind, since the database was opened
 */
public record DatabaseStatus(
        String name,
        State state,
        Optional<String> problem,
        boolean running,
        long epoch,
        Position committed,
        Position durable,
        long pendingBytes,
        Duration lag,
        long totalSynced,
        long syncErrors,
        long databaseBytes,
        long walBytes,
        Optional<Instant> lastSyncAt,
        Optional<Instant> lastSnapshotAt,
        Optional<Instant> restoredAt,
        Optional<Instant> lastVerifiedRestoreAt,
        boolean limited,
        boolean stalled,
        boolean hung,
        long unknownOutcomes,
        GateStatistics gate,
        Map<Operation, Requests> requests) {

    /** Whether a database can be used. */
    public enum State {
        /** Being opened: looking at the replica, restoring, claiming ownership. No connections yet. */
        OPENING,
        /** Readable and writable. */
        OPEN,
        /** Readable; writes wait for ownership, or were stopped by its loss. */
        READ_ONLY,
        /** Not usable; {@link DatabaseStatus#problem()} says why. Opening is tried again. */
        FAILED,
        /** Closed. */
        CLOSED
    }

    /** The status of a database that cannot even be tried to open, because its configuration cannot be honoured. */
    public static DatabaseStatus unusable(String name, String problem) {
        return new DatabaseStatus(
                name,
                State.FAILED,
                Optional.of(problem),
                false,
                0,
                Position.NONE,
                Position.NONE,
                0,
                Duration.ZERO,
                0,
                0,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false,
                0,
                GateStatistics.NONE,
                StoreStatistics.none());
    }

    /** Whether this process may write: the file is open and ownership is held. */
    public boolean writable() {
        return state == State.OPEN;
    }
}
