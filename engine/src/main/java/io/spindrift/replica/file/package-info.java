/** A replica in a folder. Start at {@link io.spindrift.replica.file.FileReplicaStore}. */
package io.spindrift.replica.file;
