package io.spindrift.sync;

import io.spindrift.SpindriftException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a local database file stands in the replica's history, as the sidecar keeps it: lines of {@code name=value}.
 *
 * @param txid the last group that is in the replica
 * @param pageSize bytes a page
 * @param pages size of the database after it
 * @param checksum rolling checksum of the database after it
 * @param salt1 which run of the write-ahead log the group ended in
 * @param salt2 its second salt
 * @param walFrames how many frames of it belong to the position
 */
public record LocalPosition(long txid, int pageSize, int pages, long checksum, int salt1, int salt2, long walFrames) {

    byte[] encode() {
        return ("txid=" + txid + "\npageSize=" + pageSize + "\npages=" + pages + "\nchecksum="
                        + Long.toUnsignedString(checksum, 16) + "\nsalt1=" + salt1 + "\nsalt2=" + salt2
                        + "\nwalFrames=" + walFrames + "\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    static LocalPosition decode(byte[] content, String file) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : new String(content, StandardCharsets.US_ASCII).split("\n")) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        try {
            return new LocalPosition(
                    Long.parseLong(values.get("txid")),
                    Integer.parseInt(values.get("pageSize")),
                    Integer.parseInt(values.get("pages")),
                    Long.parseUnsignedLong(values.get("checksum"), 16),
                    Integer.parseInt(values.get("salt1")),
                    Integer.parseInt(values.get("salt2")),
                    Long.parseLong(values.get("walFrames")));
        } catch (NumberFormatException e) {
            throw new SpindriftException("The position file " + file + " cannot be read; delete it, and say with"
                    + " restore=replace or restore=adopt-local which of file and replica is right");
        }
    }
}
