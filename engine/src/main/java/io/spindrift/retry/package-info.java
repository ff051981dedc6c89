/**
 * Running a transaction again that lost against a concurrent one, with or without a container.
 *
 * <p>Start at {@link io.spindrift.retry.Transactions}. {@code @RetryOnConflict} of the CDI extension does the same around
 * a method. {@code docs/transactions.md} has examples.
 */
package io.spindrift.retry;
