package io.spindrift.proof;

import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxFormatException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxReader;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.replica.DamagedObjectException;
import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.restore.PageEffect;
import io.spindrift.restore.RestorePlan;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Reads every object of a replica in the order of the positions they begin at, and keeps the checksum of every page of
 * the database at the position it has come to, 8 bytes a page. Every object that begins there is applied to it, whatever
 * its level: the result has to be what the object promises and what every other object gives at the same position. The
 * shortest object leads on. Each object is read once, unless a damaged one has to be walked around. Not thread-safe.
 */
final class ChainWalk {
    /** Each reads a chain from its beginning again; where more is damaged, that is told already. */
    private static final int MAX_DETOURS = 100;

    private final Replica replica;
    private final Consumer<Finding> findings;

    private final List<Segment> segments;
    private final Map<SegmentName, LtxHeader> headers = new HashMap<>();
    private final Set<SegmentName> unusable = new HashSet<>();
    private final Set<SegmentName> retired = new HashSet<>();
    private final Map<Long, Statement> statements = new HashMap<>();
    private final NavigableSet<Long> reachable = new TreeSet<>(Set.of(0L));
    private int detours;

    private PageChecksums database;
    private long position;

    /** What an object says of the database at a position. */
    private record Statement(SegmentName by, long checksum) {}

    ChainWalk(Replica replica, Collection<Segment> listing, Consumer<Finding> findings) {
        this.replica = replica;
        this.findings = findings;
        this.segments =
                listing.stream().sorted((a, b) -> a.name().compareTo(b.name())).toList();
    }

    /** Reads everything. */
    void run() throws IOException {
        NavigableMap<Long, List<Segment>> byStart = new TreeMap<>();
        segments.forEach(s -> byStart.computeIfAbsent(s.name().minTxid() - 1, k -> new ArrayList<>())
                .add(s));
        for (Map.Entry<Long, List<Segment>> start : byStart.entrySet()) {
            if (start.getKey() == 0) {
                readBeginnings(start.getValue(), byStart.navigableKeySet());
            } else {
                readFrom(start.getKey(), start.getValue());
            }
        }
    }

    /** The headers of all sound objects. */
    Map<SegmentName, LtxHeader> headers() {
        return headers;
    }

    /** Objects that were deleted while the walk went on: the promise they stood for was over. */
    Set<SegmentName> retired() {
        return retired;
    }

    /** The positions to which a chain of sound objects leads. */
    NavigableSet<Long> reachable() {
        return reachable;
    }

    /** Objects from TXID 1 need nothing before them. The database of the first one that others continue is kept. */
    private void readBeginnings(List<Segment> beginnings, NavigableSet<Long> starts) throws IOException {
        for (Segment segment : beginnings) {
            boolean leadsOn = database == null && starts.contains(segment.name().maxTxid());
            read(segment, Optional.empty(), leadsOn);
        }
    }

    private void readFrom(long start, List<Segment> objects) throws IOException {
        if (position != start || database == null) {
            goTo(start);
        }
        // The others first: the one that leads on changes the database.
        for (Segment segment : objects.subList(1, objects.size())) {
            read(segment, Optional.ofNullable(database), false);
        }
        read(objects.get(0), Optional.ofNullable(database), true);
    }

    /** Finds a way around what is damaged or missing. Without one the database is not known there. */
    private void goTo(long start) throws IOException {
        database = null;
        if (!reachable.contains(start) || detours++ >= MAX_DETOURS) {
            return;
        }
        RestorePlan plan = RestorePlan.find(sound(), Position.NONE, Optional.of(new Position(start)));
        for (Segment segment : plan.segments()) {
            read(segment, Optional.ofNullable(database), true);
            if (database == null) {
                return; // the store has changed since
            }
        }
    }

    /**
     * @param before the database the object applies to, empty if it is not known
     * @param leadOn whether that database is brought to where the object ends
     */
    private void read(Segment segment, Optional<PageChecksums> before, boolean leadOn) throws IOException {
        SegmentName name = segment.name();
        try (InputStream in = replica.open(name)) {
            LtxReader reader = new LtxReader(in, "Segment " + name);
            LtxHeader header = reader.header();
            Replica.requireRange(name, header);
            PageChecksums base = name.minTxid() == 1 ? new PageChecksums(header.pageSize()) : before.orElse(null);
            Optional<Long> rollingBefore = before.map(PageChecksums::rolling); // applying may change it
            Optional<Long> result = base == null ? drain(reader) : Optional.of(apply(name, reader, base, leadOn));
            headers.put(name, header);
            if (reachable.contains(name.minTxid() - 1)) {
                reachable.add(name.maxTxid()); // whatever leads to its beginning was read before it
            }
            compare(name, header, rollingBefore, result);
            if (leadOn) {
                database = base;
                position = name.maxTxid();
            }
        } catch (LtxFormatException | DamagedObjectException | SpindriftException e) {
            unusable(name, leadOn);
            report(name, e.getMessage());
        } catch (ObjectMissingException e) {
            unusable(name, leadOn);
            retired.add(name);
        }
    }

    private static Optional<Long> drain(LtxReader reader) throws IOException {
        while (reader.next()) {
            continue; // reading is checking
        }
        return Optional.empty();
    }

    private static long apply(SegmentName name, LtxReader reader, PageChecksums base, boolean keep) throws IOException {
        PageEffect effect = new PageEffect(name, reader.header(), base, keep);
        while (reader.next()) {
            effect.add(reader.pageNumber(), reader.page());
        }
        return effect.finish();
    }

    private void compare(SegmentName name, LtxHeader header, Optional<Long> before, Optional<Long> result) {
        header.checksums().ifPresent(promised -> {
            if (name.minTxid() > 1) {
                before.filter(found -> found != promised.before())
                        .ifPresent(found -> report(
                                name,
                                String.format(
                                        "Segment %s does not continue what lies before it: it expects database checksum %016x,"
                                                + " found %016x",
                                        name, promised.before(), found)));
                agree(name, name.minTxid() - 1, promised.before());
            }
            result.filter(found -> found != promised.after())
                    .ifPresent(found -> report(
                            name,
                            String.format(
                                    "Segment %s does not give the database it promises: expected checksum %016x, found %016x",
                                    name, promised.after(), found)));
            agree(name, name.maxTxid(), promised.after());
        });
        result.ifPresent(found -> agree(name, name.maxTxid(), found));
    }

    private void agree(SegmentName name, long txid, long checksum) {
        Statement other = statements.putIfAbsent(txid, new Statement(name, checksum));
        if (other != null && other.checksum != checksum) {
            report(
                    name,
                    String.format(
                            "Segments %s and %s do not agree on the database at position %s: checksums %016x and %016x",
                            other.by, name, new Position(txid), other.checksum, checksum));
        }
    }

    private void unusable(SegmentName name, boolean ledOn) {
        if (ledOn) {
            database = null; // perhaps half changed
        }
        unusable.add(name);
    }

    private List<Segment> sound() {
        return segments.stream().filter(s -> !unusable.contains(s.name())).toList();
    }

    private void report(SegmentName name, String sentence) {
        findings.accept(new Finding(name.toString(), sentence));
    }
}
