package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.jdbc.WriterGate;
import io.spindrift.sync.EngineConnections.WalState;
import io.spindrift.wal.WalFile;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;

/**
 * Copies the write-ahead log into the database file, so that it is started over. Most is copied, and forced to disk,
 * while writers go on; the gate is taken for the last frames only. A log that is longer than {@code wal-max-bytes} is cut
 * to nothing then. One thread at a time.
 */
final class Checkpointer {
    private static final Duration GATE_WAIT = Duration.ofMillis(100);

    /** The gate is taken once no more than this is left to copy. */
    private static final long FRAMES_UNDER_GATE = 1_000;

    /** How often the rest is copied without the gate; a writer may be faster. */
    private static final int MOST_ROUNDS = 8;

    private static final Duration RETRY_BEHIND_READER = Duration.ofSeconds(1);

    private final DatabaseConfig config;
    private final LocalLog log;
    private final EngineConnections connections;
    private final WriterGate gate;
    private final OpenConnections applications;
    private long notBeforeNanos = System.nanoTime();

    Checkpointer(
            DatabaseConfig config,
            LocalLog log,
            EngineConnections connections,
            WriterGate gate,
            OpenConnections applications) {
        this.config = config;
        this.log = log;
        this.connections = connections;
        this.gate = gate;
        this.applications = applications;
    }

    /** What has to be on disk elsewhere before it is copied. */
    @FunctionalInterface
    interface Staging {
        /** Nothing: what is committed may be copied. */
        Staging NONE = () -> {};

        /** Stages all that has been committed. */
        void stage() throws IOException, SQLException;
    }

    /** Checkpoints from a sixteenth of {@code wal-max-bytes} on. */
    void runIfDue(Staging staging) throws IOException, SQLException {
        WalState state = connections.walState();
        if (bytes(state) < config.checkpointBytes() || System.nanoTime() - notBeforeNanos < 0) {
            return;
        }
        for (int round = 0; round < MOST_ROUNDS && worthAnotherRound(state, round); round++) {
            long copiedBefore = state.copied();
            state = copy(staging);
            if (state.copied() == copiedBefore) {
                readerIsInTheWay();
                break;
            }
        }
        boolean tooLong = log.walBytes() > config.walMaxBytes();
        if (tooLong || state.uncopied() > 0 && state.uncopied() <= FRAMES_UNDER_GATE) {
            startOver(staging);
        } // else the next commit starts it over, or the next step goes on
    }

    private boolean worthAnotherRound(WalState state, int round) {
        return state.uncopied() > FRAMES_UNDER_GATE && (round == 0 || bytes(state) < config.walMaxBytes());
    }

    /** Every try stages, so it would ship more often than {@code sync-interval} says, and hold up writers. */
    private void readerIsInTheWay() {
        Duration interval = config.syncInterval();
        notBeforeNanos = System.nanoTime()
                + (interval.compareTo(RETRY_BEHIND_READER) > 0 ? interval : RETRY_BEHIND_READER).toNanos();
    }

    private long bytes(WalState state) {
        return WalFile.frameBytes(state.frames(), log.pageSize());
    }

    /**
     * Copies what is staged while writers run. The pin comes first and the staging after it, so the copying, which stops
     * at the pin, never passes what is staged; and the pin is taken while frames are not copied, so that no writer starts
     * the log over.
     */
    private WalState copy(Staging staging) throws IOException, SQLException {
        connections.checkpointPin().hold();
        WalState state;
        try {
            staging.stage();
            state = connections.passive();
            log.checkpointed(state.frames(), state.copied());
        } finally {
            connections.checkpointPin().release();
        }
        log.forceDatabase(); // SQLite does it with the last frame, when writers wait
        return state;
    }

    /** Copies the last frames while no one writes. A reader in the way postpones it. */
    private void startOver(Staging staging) throws IOException, SQLException {
        try (WriterGate.Permit permit = gate.acquireForEngine(GATE_WAIT)) {
            staging.stage();
            if (log.walBytes() > config.walMaxBytes()) {
                truncate();
            } else {
                WalState state = connections.restart();
                log.checkpointed(state.frames(), state.copied());
                if (state.busy()) {
                    readerIsInTheWay();
                }
            }
        } catch (SQLTimeoutException writersAreBusy) {
            return; // tried again at the next step
        }
    }

    /** Copies everything and cuts the log to nothing, unless a reader is in the way; the caller keeps writers off. */
    void truncate() throws IOException, SQLException {
        WalState state = connections.truncate();
        if (state.busy()
                && log.walBytes() > config.walMaxBytes()
                && applications.endReadsOlderThan(config.maxReadAge()) > 0) {
            state = connections.truncate(); // at once, before they read again
        }
        if (state.busy()) {
            readerIsInTheWay();
            log.checkpointed(state.frames(), state.copied());
        } else {
            log.truncated();
        }
    }
}
