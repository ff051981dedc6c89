package io.spindrift;

import java.time.Duration;

/**
 * Replication of one database, as an application or an operator sees it.
 *
 * <p>All methods may be called from any thread. In a container, inject it: {@code @Inject @Named("ledger") SyncEngine}.
 */
public interface SyncEngine {
    /** The database's name. */
    String name();

    /** A snapshot of the figures an operator watches; never blocks on the store. */
    DatabaseStatus status();

    /**
     * Waits until everything committed before the call, by whomever, is as durable as is asked for. Shares its request
     * with everyone who waits; returns at once if it is already.
     *
     * @param timeout how long to wait at most
     * @return a durable position that holds every commit made before the call; with other levels than {@link
     *     Durability#REPLICA} the one that holds or will hold them
     * @throws DurabilityUnknownException if it is not by then; what was committed stays so, and shipping goes on
     * @throws SpindriftException if this level cannot be reached now: there is no replica, or shipping is stopped
     */
    Position awaitDurable(Durability level, Duration timeout);

    /**
     * Ships everything committed so far and returns when it is durable in the replica.
     *
     * @return the position that holds every commit made before the call
     * @throws DurabilityUnknownException if that has not happened within {@code durability-timeout}; the commits are
     *     kept and shipping goes on
     */
    Position flush();

    /**
     * Flushes, then writes a snapshot (all pages in one object) at that position, or at a later one if writers went on.
     *
     * @return the snapshot's position
     * @throws SpindriftException if the snapshot could not be written
     */
    Position snapshot();

    /** Resumes shipping after {@link #stopSync()}; does nothing if it is running. */
    void startSync();

    /** Pauses shipping: commits go on and collect in the write-ahead log until {@link #startSync()}. */
    void stopSync();
}
