/**
 * What surrounds a transaction: retrying one that lost against a concurrent one, and waiting until one is durable.
 *
 * <p>Start at {@link io.spindrift.transaction.RetryOnConflict}, an interceptor binding that goes outside
 * {@code @Transactional}; {@link io.spindrift.retry.Transactions} is the same without CDI.
 * {@link io.spindrift.transaction.Durable} goes outside of both, {@link io.spindrift.transaction.DurabilityWait} is its
 * wait without CDI.
 */
package io.spindrift.transaction;
