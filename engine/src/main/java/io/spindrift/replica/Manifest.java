package io.spindrift.replica;

import io.spindrift.ltx.LtxHeader.RollingChecksums;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;

/**
 * {@code manifest.json}: the snapshots and the chain of compacted objects, so that a restore needs one GET and one LIST
 * of level 0. A hint: it may be missing or old, and can always be rebuilt from a listing.
 *
 * <pre>
 * {"version": 1, "segments": [{"level": 9, "min": "0000000000000001", "max": "000000000000002a",
 *   "bytes": 123456, "time": "2026-11-20T10:30:41Z",
 *   "before": "0000000000000000", "after": "b90956c775a41001"}, …]}
 * </pre>
 *
 * @param entries in the order of {@link SegmentName}
 */
public record Manifest(List<Entry> entries) {
    /** The object's name under the replica's root. */
    public static final String NAME = "manifest.json";

    /** Larger manifests are refused. */
    public static final int MAX_BYTES = 16 << 20;

    private static final int VERSION = 1;

    /**
     * One object.
     *
     * @param segment its time is that of its last commit where that is known, else when the store got it
     * @param checksums rolling checksums of the database before and after it, where they are known
     */
    public record Entry(Segment segment, Optional<RollingChecksums> checksums) {}

    public Manifest {
        entries = entries.stream()
                .sorted((a, b) -> a.segment.name().compareTo(b.segment.name()))
                .toList();
    }

    /** The objects it lists. */
    public List<Segment> segments() {
        return entries.stream().map(Entry::segment).toList();
    }

    /** The latest TXID of an object it lists, 0 if there is none. */
    public long latest() {
        return entries.stream().mapToLong(e -> e.segment.name().maxTxid()).max().orElse(0);
    }

    public byte[] encode() {
        return Json.write(out -> {
            out.writeStartObject();
            out.writeFieldName("version").writeValue(VERSION);
            out.writeFieldName("segments").writeStartArray();
            entries.forEach(entry -> write(entry, out));
            out.writeEndArray();
            out.writeEndObject();
        });
    }

    private static void write(Entry entry, JsonWriter out) {
        SegmentName name = entry.segment.name();
        out.writeStartObject();
        out.writeFieldName("level").writeValue(name.level());
        out.writeFieldName("min").writeValue(hex(name.minTxid()));
        out.writeFieldName("max").writeValue(hex(name.maxTxid()));
        out.writeFieldName("bytes").writeValue(entry.segment.bytes());
        out.writeFieldName("time").writeValue(entry.segment.modified().toString());
        entry.checksums.ifPresent(checksums -> {
            out.writeFieldName("before").writeValue(hex(checksums.before()));
            out.writeFieldName("after").writeValue(hex(checksums.after()));
        });
        out.writeEndObject();
    }

    /** Reads a manifest; empty if it is of a version or form this one does not know. */
    public static Optional<Manifest> decode(byte[] content) {
        try {
            JsonNode node = Json.read(content, NAME);
            if (Json.number(node, "version").orElse(0L) != VERSION) {
                return Optional.empty();
            }
            List<Entry> entries = new ArrayList<>();
            for (JsonNode entry : node.field("segments").orElseThrow().asArray()) {
                entries.add(read(entry));
            }
            return Optional.of(new Manifest(entries));
        } catch (StoreException | RuntimeException e) {
            return Optional.empty(); // only a hint: the caller lists instead
        }
    }

    private static Entry read(JsonNode entry) {
        SegmentName name = new SegmentName(
                Json.number(entry, "level").orElseThrow().intValue(),
                hex(entry, "min").orElseThrow(),
                hex(entry, "max").orElseThrow());
        Segment segment = new Segment(
                name,
                Json.number(entry, "bytes").orElseThrow(),
                Instant.parse(Json.text(entry, "time").orElseThrow()));
        Optional<Long> after = hex(entry, "after");
        return new Entry(segment, hex(entry, "before").flatMap(b -> after.map(a -> new RollingChecksums(b, a))));
    }

    private static Optional<Long> hex(JsonNode entry, String name) {
        return Json.text(entry, name).map(digits -> Long.parseUnsignedLong(digits, 16));
    }

    private static String hex(long value) {
        return String.format("%016x", value);
    }
}
