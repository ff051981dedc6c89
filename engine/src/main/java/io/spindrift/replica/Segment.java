package io.spindrift.replica;

import java.time.Instant;

/**
 * An LTX object that a replica has.
 *
 * @param name its level and TXIDs
 * @param bytes its size
 * @param modified when the store got it
 */
public record Segment(SegmentName name, long bytes, Instant modified) {}
