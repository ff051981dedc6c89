/**
 * From a replica to a database file.
 *
 * <p>Start at {@link io.spindrift.restore.Restorer}. {@link io.spindrift.restore.RestorePlan} chooses the objects, {@link
 * io.spindrift.restore.SegmentApplier} writes their pages and proves the chain.
 */
package io.spindrift.restore;
