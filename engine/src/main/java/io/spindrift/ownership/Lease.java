package io.spindrift.ownership;

import io.spindrift.replica.Json;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One ownership: an epoch number that no other owner of the replica has, and the object that announces it.
 *
 * <pre>
 * lease/000000000000002a.json  {"version": 1, "epoch": 42, "node": "…", "home": "…", "instance": "…", "since": "…",
 *                               "expires": "…", "ttl": "PT15S", "renewals": 7, "released": false,
 *                               "claim": "000000000000002b"}
 * </pre>
 *
 * The home is the id of the sidecar folder beside the owner's file, the instance a random UUID. The object is created
 * once, renewed by its owner, and the one with the highest epoch is never deleted. No two contents are the same: each
 * renewal counts up, so that a waiter can see it whatever the clocks say. Times are by the owner's clock and for people.
 * It is a courtesy only: safety rests on the claim. Thread-safe.
 *
 * @see Candidacy#look() how to get one
 */
public final class Lease {
    private static final String FOLDER = "lease/";
    private static final Pattern OBJECT = Pattern.compile(FOLDER + "([0-9a-f]{16})\\.json");
    static final int MAX_BYTES = 1 << 16;
    private static final int VERSION = 1;
    /** A damaged lease must not keep everybody waiting for ever. */
    private static final Duration LONGEST_TTL = Duration.ofDays(1);

    private final Replica replica;
    private final long epoch;
    private final Owner owner;
    private final Duration ttl;
    private final Clock clock;
    private final Instant since;
    private long claim;
    private long renewals;
    private boolean released;

    Lease(Replica replica, long epoch, Owner owner, Duration ttl, Clock clock) {
        this.replica = replica;
        this.epoch = epoch;
        this.owner = owner;
        this.ttl = ttl;
        this.clock = clock;
        this.since = clock.instant();
    }

    /**
     * Who holds a lease.
     *
     * @param node what operators call it
     * @param home the id of the sidecar folder it works in
     * @param instance one for each process that opens the database
     */
    record Owner(String node, String home, String instance) {}

    /** The number of this ownership, 1 or greater. */
    public long epoch() {
        return epoch;
    }

    /** Notes the TXID this owner claimed, for people; it travels with the next renewal. */
    public synchronized void claimed(long txid) {
        claim = txid;
    }

    /** Says that the owner lives: those who wait begin to wait anew. */
    public synchronized void renew() throws IOException {
        renewals++;
        released = false;
        write();
    }

    /** Says that the owner has stopped and leaves nothing behind: those who wait may go on at once. */
    public synchronized void release() throws IOException {
        renewals++;
        released = true;
        write();
    }

    /**
     * What a retention pass has to keep, see {@link Claims#of}.
     *
     * @throws StoreException if a later epoch was taken
     */
    public Set<Long> claims() throws IOException {
        long highest = highest(replica);
        if (highest > epoch) {
            throw new StoreException("Another process has taken epoch " + highest + " of "
                    + replica.store().describe() + ", this one has epoch " + epoch + "; nothing is deleted any more");
        }
        return Claims.of(replica);
    }

    /** The highest epoch that was taken, 0 if there is none. */
    static long highest(Replica replica) throws IOException {
        return epochs(replica).stream().max(Long::compare).orElse(0L);
    }

    /** The epochs that have a lease now. */
    static Set<Long> epochs(Replica replica) throws IOException {
        Set<Long> epochs = new TreeSet<>();
        for (ObjectInfo object : replica.store().list(FOLDER)) {
            Matcher name = OBJECT.matcher(object.name());
            if (name.matches()) {
                epochs.add(Long.parseUnsignedLong(name.group(1), 16));
            }
        }
        return epochs;
    }

    private void write() throws IOException {
        replica.store().put(name(epoch), encode(), SendGuard.ALWAYS);
    }

    /**
     * Makes sure that no later ownership has begun. One listing.
     *
     * @throws StoreException if one has
     */
    public void requireHighest() throws IOException {
        List<ObjectInfo> later = replica.store().list(FOLDER, name(epoch));
        if (!later.isEmpty()) {
            throw new StoreException("Another process has taken the replica "
                    + replica.store().describe() + ": it has " + later.get(0).name() + ", this one has " + name(epoch)
                    + "; stop one of the two");
        }
    }

    /** How long until the next renewal is due, from the one before. */
    public Duration renewalInterval() {
        return ttl.dividedBy(3);
    }

    byte[] encode() {
        return Json.write(out -> {
            out.writeStartObject();
            out.writeFieldName("version").writeValue(VERSION);
            out.writeFieldName("epoch").writeValue(epoch);
            out.writeFieldName("node").writeValue(owner.node());
            out.writeFieldName("home").writeValue(owner.home());
            out.writeFieldName("instance").writeValue(owner.instance());
            out.writeFieldName("since").writeValue(since.toString());
            out.writeFieldName("expires").writeValue(clock.instant().plus(ttl).toString());
            out.writeFieldName("ttl").writeValue(ttl.toString());
            out.writeFieldName("renewals").writeValue(renewals);
            out.writeFieldName("released").writeValue(released);
            if (claim > 0) {
                out.writeFieldName("claim").writeValue(String.format("%016x", claim));
            }
            out.writeEndObject();
        });
    }

    static String name(long epoch) {
        return FOLDER + String.format("%016x", epoch) + ".json";
    }

    /**
     * A lease as others read it; members that are missing are empty.
     *
     * @param ttl how long its owner promised to leave it unchanged at most
     */
    record Read(
            long epoch,
            Optional<String> node,
            Optional<String> home,
            Optional<String> instance,
            Optional<Instant> since,
            Optional<Duration> ttl,
            boolean released) {

        /** Reads a lease; one that cannot be read is held by somebody unknown. */
        static Read of(long epoch, byte[] content) {
            try {
                var json = Json.read(content, name(epoch));
                return new Read(
                        epoch,
                        Json.text(json, "node"),
                        Json.text(json, "home"),
                        Json.text(json, "instance"),
                        Json.text(json, "since").map(Instant::parse),
                        Json.text(json, "ttl").map(Duration::parse).filter(ttl -> ttl.compareTo(LONGEST_TTL) <= 0),
                        json.field("released")
                                .map(node -> node.isBoolean() && node.asBoolean())
                                .orElse(false));
            } catch (IOException | java.time.DateTimeException e) {
                return new Read(
                        epoch,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        false);
            }
        }
    }
}
