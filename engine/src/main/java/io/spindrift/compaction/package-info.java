/**
 * Keeps a replica short: merges segments into levels 1 to 3, and deletes what no promise needs any more.
 *
 * <p>Start at {@link io.spindrift.compaction.Compaction} and {@link io.spindrift.compaction.Retention}, one call a pass.
 * {@link io.spindrift.compaction.Levels} knows what there is and what is due; {@link
 * io.spindrift.compaction.RetentionPlan} says what may be deleted.
 */
package io.spindrift.compaction;
