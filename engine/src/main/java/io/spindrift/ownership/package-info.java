/**
 * Who may write a replica.
 *
 * <p>Start at {@link io.spindrift.ownership.Candidacy}, which waits for its turn and gives out the {@link
 * io.spindrift.ownership.Lease}: each owner has an epoch of its own. What keeps two owners from writing the same history is
 * not the lease but the claim, a level-0 object under the next TXID that can be created only once and is never deleted
 * ({@link io.spindrift.ownership.Claims}); see {@code docs/durability.md} for the three rules.
 */
package io.spindrift.ownership;
