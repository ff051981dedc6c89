package io.spindrift.ownership;

import io.spindrift.replica.Json;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the latest lease of a replica says, for people. Times are by the owner's clock.
 *
 * @param node who has it, empty if the lease does not say
 * @param expires until when it is good unless it is renewed
 * @param released whether its owner has stopped and left nothing behind
 */
public record LeaseReport(
        long epoch, Optional<String> node, Optional<Instant> since, Optional<Instant> expires, boolean released) {
    private static final String FOLDER = "lease/";
    private static final Pattern OBJECT = Pattern.compile(FOLDER + "([0-9a-f]{16})\\.json");
    private static final int MAX_BYTES = 1 << 16;

    /** Reads the lease with the highest epoch, empty if there is none. */
    public static Optional<LeaseReport> read(Replica replica) throws IOException {
        Optional<String> latest = replica.store().list(FOLDER).stream()
                .map(ObjectInfo::name)
                .filter(name -> OBJECT.matcher(name).matches())
                .max(Comparator.naturalOrder());
        if (latest.isEmpty()) {
            return Optional.empty();
        }
        Matcher name = OBJECT.matcher(latest.get());
        name.matches();
        long epoch = Long.parseUnsignedLong(name.group(1), 16);
        Optional<byte[]> content = replica.store().get(latest.get(), MAX_BYTES);
        return content.map(json -> decode(epoch, json));
    }

    private static LeaseReport decode(long epoch, byte[] content) {
        try {
            var json = Json.read(content, FOLDER);
            return new LeaseReport(
                    epoch,
                    Json.text(json, "node"),
                    Json.text(json, "since").map(Instant::parse),
                    Json.text(json, "expires").map(Instant::parse),
                    json.field("released").map(released -> released.asBoolean()).orElse(false));
        } catch (IOException | DateTimeException unreadable) {
            return new LeaseReport(epoch, Optional.empty(), Optional.empty(), Optional.empty(), false);
        }
    }

    /** Whether somebody owns the replica, as far as a lease can tell. */
    public String state(Instant now) {
        if (released) {
            return "released";
        }
        return expires.map(until -> until.isBefore(now) ? "expired" : "held").orElse("unknown");
    }
}
