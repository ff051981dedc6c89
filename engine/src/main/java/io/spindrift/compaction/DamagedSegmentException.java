package io.spindrift.compaction;

import io.spindrift.replica.SegmentName;
import java.io.IOException;

/**
 * An object of the replica is damaged or does not continue the one before it. It is merged no more; a new snapshot makes
 * the present restorable without it.
 */
public final class DamagedSegmentException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient SegmentName segment;

    DamagedSegmentException(SegmentName segment, String message) {
        super(message);
        this.segment = segment;
    }

    SegmentName segment() {
        return segment;
    }
}
