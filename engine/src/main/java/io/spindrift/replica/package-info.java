/**
 * Where a database's log and snapshots live: objects in a bucket or files in a folder.
 *
 * <p>Start at {@link io.spindrift.replica.ReplicaStore}, which knows names and bytes; the S3 and file stores implement
 * it. {@link io.spindrift.replica.ReplicaLayout} names the levels.
 */
package io.spindrift.replica;
