/**
 * Proves that a replica can be restored.
 *
 * <p>{@link io.spindrift.proof.ReplicaVerification} reads every object and checks that all of them tell one history.
 * {@link io.spindrift.proof.RestoreDrill} restores the present, as an accident would have it, and compares.
 */
package io.spindrift.proof;
