package io.spindrift.ownership;

import io.spindrift.replica.Json;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which level-0 objects are kept for ever: the first rule of ownership.
 *
 * <pre>
 * claims/000000000000002b.json  {"version": 1, "txid": "000000000000002b"}
 * </pre>
 *
 * A start announces every key it is about to write, the claim and what it ships before it, <em>before</em> it writes
 * it. So whatever happens to the process in between, an object that was written at a start is announced; one that is
 * announced and was never written costs nothing but its name. Announcements are never changed in meaning and never
 * deleted, so no order of owners, crashes and late requests can lose one.
 */
public final class Claims {
    private static final String FOLDER = "claims/";
    private static final Pattern OBJECT = Pattern.compile(FOLDER + "([0-9a-f]{16})\\.json");
    private static final int VERSION = 1;

    private Claims() {}

    /**
     * The TXIDs whose level-0 objects must never be deleted, those of all earlier owners included.
     *
     * <p>Ask <em>after</em> the listing from which objects are chosen for deletion: then every claim in that listing is
     * in the answer. One listing.
     */
    public static Set<Long> of(Replica replica) throws IOException {
        Set<Long> txids = new TreeSet<>();
        for (ObjectInfo object : replica.store().list(FOLDER)) {
            Matcher name = OBJECT.matcher(object.name());
            if (name.matches()) {
                txids.add(Long.parseUnsignedLong(name.group(1), 16));
            }
        }
        return txids;
    }

    /** Says that the object of this TXID, which is about to be written, has to be kept for ever. Repeatable. */
    public static void announce(Replica replica, long txid, SendGuard guard) throws IOException {
        String digits = String.format("%016x", txid);
        byte[] content = Json.write(out -> {
            out.writeStartObject();
            out.writeFieldName("version").writeValue(VERSION);
            out.writeFieldName("txid").writeValue(digits);
            out.writeEndObject();
        });
        replica.store().put(FOLDER + digits + ".json", content, guard);
    }
}
