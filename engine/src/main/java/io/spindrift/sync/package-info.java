/**
 * From commit to replica: cutting groups from the write-ahead log, staging and shipping them, checkpoints, snapshots,
 * and the start-up that reconciles a local file with its replica.
 *
 * <p>Start at {@link io.spindrift.sync.LocalLog}, the local end of the log. {@code Replicator} drives it, {@code StartUp}
 * decides what a found file means, {@code Sidecar} is the folder beside the database.
 */
package io.spindrift.sync;
