package io.spindrift;

/**
 * A past point that was made the present.
 *
 * @param restored the point, and the file it was restored to
 * @param present the position of the replica that has its pages now; what lies between the two is history
 */
public record PromoteResult(RestoreResult restored, Position present) {}
