/**
 * Proves that a replica can be restored.
 *
 * <p>Start at {@link io.spindrift.proof.ReplicaVerification}, which reads every object and checks that all of them tell
 * one history.
 */
package io.spindrift.proof;
