package io.spindrift.proof;

import io.spindrift.Position;
import java.util.List;

/**
 * What a verification read and found.
 *
 * @param latest the latest position of any object
 * @param objects how many segments and snapshots there are
 * @param bytes their size
 * @param proven whether every object carried the rolling checksum to compare with; those of other writers may not
 * @param findings empty if every promised position can be restored from sound objects
 */
public record VerificationReport(Position latest, int objects, long bytes, boolean proven, List<Finding> findings) {
    public VerificationReport {
        findings = List.copyOf(findings);
    }
}
