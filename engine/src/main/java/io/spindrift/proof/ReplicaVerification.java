package io.spindrift.proof;

import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Json;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;

/**
 * Reads every object of a replica, at every level, and tells whether what is promised can be restored: each object is
 * what was written, all of them tell one history page by page, and every position within {@code exact-retention} is
 * there and can be reached. The manifest, the lease and the announced claims have to agree with what is there.
 *
 * <p>Only reads, and may run beside the owner. Memory: 8 bytes a page of the database, and some a object. An object that
 * no promise needs any more and nothing names may have been deleted; it is not missed.
 */
public final class ReplicaVerification {
    private static final Pattern LEASE = Pattern.compile("lease/([0-9a-f]{16})\\.json");
    private static final Pattern CLAIM = Pattern.compile("claims/([0-9a-f]{16})\\.json");
    private static final int LEASE_MAX_BYTES = 1 << 16;
    private static final int LONGEST_LIST = 20;

    private final Replica replica;
    private final Duration exactRetention;
    private final Set<Finding> findings = new LinkedHashSet<>();

    /** @param exactRetention for how long before the last write every position is promised */
    public ReplicaVerification(Replica replica, Duration exactRetention) {
        this.replica = replica;
        this.exactRetention = exactRetention;
    }

    /**
     * Verifies.
     *
     * @param atLeast a position that has to be there, such as one that was durable once; without it nothing tells that
     *     the very last objects are missing
     * @throws SpindriftException if there is nothing to verify
     * @throws IOException if the store fails; what was found so far says nothing about the rest
     */
    public VerificationReport run(Optional<Position> atLeast) throws IOException {
        List<ObjectInfo> objects = replica.store().list("");
        List<Segment> segments = replica.segments(objects);
        if (segments.isEmpty()) {
            throw new SpindriftException(
                    "There is nothing to verify at " + replica.store().describe() + "; check the URL and the name");
        }
        ChainWalk walk = new ChainWalk(replica, segments, findings::add);
        walk.run();
        List<Segment> there = segments.stream()
                .filter(s -> !walk.retired().contains(s.name()))
                .toList();
        requireStillRetired(walk.retired());
        long latest = Chain.latest(there);
        checkPromises(there, walk, newest(objects));
        checkAtLeast(atLeast, latest);
        checkManifest(objects, there, walk.headers());
        checkLease(objects, walk.headers(), latest);
        checkClaims(objects, there, latest);
        return new VerificationReport(
                new Position(latest),
                there.size(),
                there.stream().mapToLong(Segment::bytes).sum(),
                walk.headers().values().stream().allMatch(h -> h.checksums().isPresent()),
                List.copyOf(findings));
    }

    /** The time by the store's clock: an owner renews its lease all the time. */
    private static Instant newest(List<ObjectInfo> objects) {
        return objects.stream()
                .map(ObjectInfo::modified)
                .max(Instant::compareTo)
                .orElseThrow();
    }

    /** An object that vanished while we read was deleted by its owner, unless a listing still has it. */
    private void requireStillRetired(Set<SegmentName> retired) throws IOException {
        if (retired.isEmpty()) {
            return;
        }
        for (Segment segment : replica.list()) {
            if (retired.contains(segment.name())) {
                report(
                        segment.name().toString(),
                        "Segment " + segment.name() + " is listed but cannot be read: the store has lost it");
            }
        }
    }

    // ---- what is promised

    private void checkPromises(List<Segment> segments, ChainWalk walk, Instant now) {
        long latest = Chain.latest(segments);
        Set<Long> raw = new HashSet<>();
        segments.stream()
                .filter(s -> s.name().level() == 0)
                .forEach(s -> raw.add(s.name().maxTxid()));
        Ranges missing = new Ranges();
        Ranges unreachable = new Ranges();
        for (long txid = exactFrom(segments, walk.headers(), now.minus(exactRetention)); txid <= latest; txid++) {
            if (!raw.contains(txid)) {
                missing.add(txid);
            }
            if (!walk.reachable().contains(txid)) {
                unreachable.add(txid);
            }
        }
        if (!walk.reachable().contains(latest)) {
            unreachable.add(latest);
        }
        NavigableSet<Long> byListing = Chain.reachable(segments, 0);
        byListing.stream().filter(txid -> !walk.reachable().contains(txid)).forEach(unreachable::add);
        missing.forEach(range -> report(
                "level 0",
                "Level 0 lacks " + range + ", which exact-retention (" + exactRetention
                        + ") promises; find out who deleted objects from the bucket, and take a snapshot"));
        unreachable.forEach(
                range -> report(
                        "chain",
                        "No chain of sound objects leads to " + range
                                + "; take a snapshot, so that the present can be restored, and keep what is left of the others"));
    }

    /** The first TXID that was surely committed within the time, one beyond the latest if none was. */
    private static long exactFrom(List<Segment> segments, Map<SegmentName, LtxHeader> headers, Instant from) {
        NavigableMap<Long, Instant> times = new TreeMap<>();
        for (Segment segment : segments) {
            LtxHeader header = headers.get(segment.name());
            Instant time = header == null ? segment.modified() : header.timestamp();
            times.merge(segment.name().maxTxid(), time, (a, b) -> a.isBefore(b) ? a : b);
        }
        for (Map.Entry<Long, Instant> time : times.entrySet()) {
            if (!time.getValue().isBefore(from)) {
                return time.getKey();
            }
        }
        return Chain.latest(segments) + 1;
    }

    private void checkAtLeast(Optional<Position> atLeast, long latest) {
        atLeast.filter(wanted -> wanted.txid() > latest)
                .ifPresent(wanted -> report(
                        "level 0",
                        "The replica ends at position " + new Position(latest) + ", but " + wanted
                                + " has to be there: its last objects are missing"));
    }

    // ---- what names other objects

    private void checkManifest(List<ObjectInfo> objects, List<Segment> segments, Map<SegmentName, LtxHeader> headers)
            throws IOException {
        Optional<byte[]> content = replica.store().get(Manifest.NAME, Manifest.MAX_BYTES);
        if (content.isEmpty()) {
            boolean ours =
                    objects.stream().anyMatch(o -> LEASE.matcher(o.name()).matches());
            if (ours && segments.stream().anyMatch(s -> s.name().level() > 0)) {
                report(Manifest.NAME, "The manifest is missing; the next snapshot writes it anew");
            }
            return;
        }
        Optional<Manifest> manifest = content.flatMap(Manifest::decode);
        if (manifest.isEmpty()) {
            report(Manifest.NAME, "The manifest cannot be read; the next snapshot writes it anew");
            return;
        }
        List<Segment> disagreeing = disagreeing(manifest.get(), segments);
        if (!disagreeing.isEmpty()) {
            disagreeing = disagreeing(manifestNow(), replica.list()); // a pass may have been under way
        }
        disagreeing.forEach(entry -> report(
                Manifest.NAME,
                "The manifest names object " + entry.name() + " of " + entry.bytes()
                        + " bytes, which is not there; it was deleted or replaced"));
    }

    private Manifest manifestNow() throws IOException {
        return replica.store()
                .get(Manifest.NAME, Manifest.MAX_BYTES)
                .flatMap(Manifest::decode)
                .orElse(new Manifest(List.of()));
    }

    private static List<Segment> disagreeing(Manifest manifest, List<Segment> segments) {
        Map<SegmentName, Long> bytes = new HashMap<>();
        segments.forEach(s -> bytes.put(s.name(), s.bytes()));
        return manifest.segments().stream()
                .filter(entry -> !Long.valueOf(entry.bytes()).equals(bytes.get(entry.name())))
                .toList();
    }

    /** The highest lease is never deleted, and its claim has to be in the history. */
    private void checkLease(List<ObjectInfo> objects, Map<SegmentName, LtxHeader> headers, long latest)
            throws IOException {
        long epoch = txids(objects, LEASE).stream().max(Long::compare).orElse(0L);
        headers.entrySet().stream()
                .filter(e ->
                        e.getValue().checksums().isPresent() && e.getValue().nodeId() > epoch)
                .findFirst()
                .ifPresent(e -> report(
                        "lease",
                        "Segment " + e.getKey() + " was written by the owner of epoch "
                                + e.getValue().nodeId() + ", whose lease is missing (the highest is " + epoch
                                + "); the next start writes one"));
        if (epoch > 0) {
            checkLeaseContent(String.format("lease/%016x.json", epoch), epoch, latest);
        }
    }

    private void checkLeaseContent(String name, long epoch, long latest) throws IOException {
        Optional<byte[]> content = replica.store().get(name, LEASE_MAX_BYTES);
        if (content.isEmpty()) {
            return; // a later one has replaced it since
        }
        try {
            JsonNode lease = Json.read(content.get(), name);
            if (Json.number(lease, "epoch").orElse(0L) != epoch) {
                report(name, "The lease " + name + " does not say the epoch of its name; it was changed");
            }
            Json.text(lease, "claim")
                    .filter(claim -> claim.compareTo(String.format("%016x", latest)) > 0)
                    .ifPresent(claim -> report(
                            name,
                            "The lease " + name + " names the claim " + claim + ", but the replica ends at "
                                    + new Position(latest) + ": its last objects are missing"));
        } catch (StoreException e) {
            report(name, e.getMessage());
        }
    }

    /** The level-0 object of an announced claim is never deleted; that ownership rests on it. */
    private void checkClaims(List<ObjectInfo> objects, List<Segment> segments, long latest) {
        Set<SegmentName> names = new HashSet<>();
        segments.forEach(s -> names.add(s.name()));
        for (long txid : txids(objects, CLAIM)) {
            if (txid <= latest && !names.contains(SegmentName.group(txid))) {
                report(
                        SegmentName.group(txid).toString(),
                        "The claim " + SegmentName.group(txid)
                                + " is missing: an earlier owner that wakes up could write there; find out who deleted it");
            }
        }
    }

    private static List<Long> txids(List<ObjectInfo> objects, Pattern pattern) {
        return objects.stream()
                .map(o -> pattern.matcher(o.name()))
                .filter(Matcher::matches)
                .map(m -> Long.parseUnsignedLong(m.group(1), 16))
                .toList();
    }

    private void report(String object, String sentence) {
        findings.add(new Finding(object, sentence));
    }

    /** Positions, told as ranges; at most {@value #LONGEST_LIST} of them. */
    private static final class Ranges {
        private final NavigableMap<Long, Long> ranges = new TreeMap<>();

        void add(long txid) {
            Map.Entry<Long, Long> before = ranges.floorEntry(txid);
            if (before != null && before.getValue() >= txid - 1) {
                ranges.put(before.getKey(), Math.max(before.getValue(), txid));
            } else {
                ranges.put(txid, txid);
            }
        }

        void forEach(Consumer<String> each) {
            ranges.entrySet().stream()
                    .limit(LONGEST_LIST)
                    .map(r -> r.getKey().equals(r.getValue())
                            ? "position " + new Position(r.getKey())
                            : "positions " + new Position(r.getKey()) + " to " + new Position(r.getValue()))
                    .forEach(each);
        }
    }
}
