/**
 * A replica in a bucket of S3 or of anything that speaks its protocol.
 *
 * <p>Start at {@link io.spindrift.replica.s3.S3ReplicaStore}. Writes are conditional ({@code If-None-Match: *}) or safe
 * to repeat, every request is tried again by ourselves and never by the SDK, and no thread is started.
 */
package io.spindrift.replica.s3;
