package io.spindrift.cli;

import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.SegmentName;
import java.util.HashMap;
import java.util.Map;

/** At each position all objects that begin or end there have to name the same rolling checksum. */
final class ChainCheck {
    private record Claim(SegmentName by, long checksum) {}

    private final Map<Long, Claim> claims = new HashMap<>();

    void add(SegmentName name, LtxHeader header) {
        header.checksums().ifPresent(checksums -> {
            if (name.minTxid() > 1) {
                check(name.minTxid() - 1, name, checksums.before());
            }
            check(name.maxTxid(), name, checksums.after());
        });
    }

    private void check(long txid, SegmentName name, long checksum) {
        Claim other = claims.putIfAbsent(txid, new Claim(name, checksum));
        if (other != null && other.checksum != checksum) {
            throw new SpindriftException(String.format(
                    "Segments %s and %s do not fit together at position %s: checksums %016x and %016x",
                    other.by, name, new Position(txid), other.checksum, checksum));
        }
    }
}
