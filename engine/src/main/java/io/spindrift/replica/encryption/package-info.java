/**
 * Encryption of a replica's segments and snapshots before they leave the process.
 *
 * <p>Start at {@link io.spindrift.replica.encryption.EncryptedReplicaStore}, which stands in front of any other store.
 * Nothing here is loaded unless a keyset is configured.
 */
package io.spindrift.replica.encryption;
