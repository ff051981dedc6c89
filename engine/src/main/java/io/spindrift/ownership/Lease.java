package io.spindrift.ownership;

import io.spindrift.replica.Json;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One ownership: an epoch number that no other owner of the replica has, and the object that announces it.
 *
 * <pre>
 * lease/000000000000002a.json  {"version": 1, "epoch": 42, "node": "…", "instance": "…",
 *                               "since": "…", "expires": "…", "released": false, "claim": "000000000000002b"}
 * </pre>
 *
 * The instance is a random UUID: on a store that tells owners apart by content alone, no two leases are the same.
 *
 * <p>The object is created once, renewed by its owner, and the one with the highest epoch is never deleted. Times are by
 * the owner's clock and only for people and courtesy: safety rests on the claim. Not thread-safe.
 */
public final class Lease {
    private static final String FOLDER = "lease/";
    private static final Pattern OBJECT = Pattern.compile(FOLDER + "([0-9a-f]{16})\\.json");
    private static final int VERSION = 1;
    private static final int MAX_TRIES = 100;

    private final Replica replica;
    private final long epoch;
    private final String node;
    private final String instance;
    private final Duration ttl;
    private final Clock clock;
    private final Instant since;
    private long claim;

    private Lease(Replica replica, long epoch, String node, String instance, Duration ttl, Clock clock) {
        this.replica = replica;
        this.epoch = epoch;
        this.node = node;
        this.instance = instance;
        this.ttl = ttl;
        this.clock = clock;
        this.since = clock.instant();
    }

    /**
     * Takes the next epoch.
     *
     * @param node who takes it, for operators
     * @param ttl how far the lease reaches into the future at each renewal
     */
    public static Lease acquire(Replica replica, String node, Duration ttl, Clock clock) throws IOException {
        String writeId = UUID.randomUUID().toString();
        long epoch = 0;
        for (int attempt = 0; attempt < MAX_TRIES; attempt++) {
            Map<Long, String> earlier = leases(replica);
            epoch = Math.max(epoch, earlier.keySet().stream().max(Long::compare).orElse(0L)) + 1;
            Lease lease = new Lease(replica, epoch, node, writeId, ttl, clock);
            if (replica.store().create(name(epoch), lease.encode(false), writeId, SendGuard.ALWAYS) == Created.OURS) {
                replica.store().delete(List.copyOf(earlier.values()), SendGuard.ALWAYS);
                return lease;
            }
        }
        throw new StoreException("No lease could be taken at " + replica.store().describe() + " in " + MAX_TRIES
                + " tries: other processes keep taking the next one; stop all but one");
    }

    /** The number of this ownership, 1 or greater. */
    public long epoch() {
        return epoch;
    }

    /** Notes the TXID this owner claimed; it travels with the next renewal. */
    public void claimed(long txid) {
        claim = txid;
    }

    /** Moves the lease's end to a {@code ttl} from now. */
    public void renew() throws IOException {
        replica.store().put(name(epoch), encode(false), SendGuard.ALWAYS);
    }

    /** Says that the owner has stopped and everything it had is in the replica. */
    public void release() throws IOException {
        replica.store().put(name(epoch), encode(true), SendGuard.ALWAYS);
    }

    /** How long until the next renewal is due, from the one before. */
    public Duration renewalInterval() {
        return ttl.dividedBy(3);
    }

    /** The names of the leases there are, by epoch. */
    private static Map<Long, String> leases(Replica replica) throws IOException {
        Map<Long, String> names = new HashMap<>();
        for (ObjectInfo object : replica.store().list(FOLDER)) {
            Matcher name = OBJECT.matcher(object.name());
            if (name.matches()) {
                names.put(Long.parseUnsignedLong(name.group(1), 16), object.name());
            }
        }
        return names;
    }

    private byte[] encode(boolean released) {
        return Json.write(out -> {
            out.writeStartObject();
            out.writeFieldName("version").writeValue(VERSION);
            out.writeFieldName("epoch").writeValue(epoch);
            out.writeFieldName("node").writeValue(node);
            out.writeFieldName("instance").writeValue(instance);
            out.writeFieldName("since").writeValue(since.toString());
            out.writeFieldName("expires").writeValue(clock.instant().plus(ttl).toString());
            out.writeFieldName("released").writeValue(released);
            if (claim > 0) {
                out.writeFieldName("claim").writeValue(String.format("%016x", claim));
            }
            out.writeEndObject();
        });
    }

    private static String name(long epoch) {
        return FOLDER + String.format("%016x", epoch) + ".json";
    }
}
