/**
 * Retrying a transaction that lost against a concurrent one.
 *
 * <p>Start at {@link io.spindrift.transaction.RetryOnConflict}, an interceptor binding that goes outside
 * {@code @Transactional}. {@link io.spindrift.transaction.ConflictRetry} is the same loop for code without CDI.
 */
package io.spindrift.transaction;
