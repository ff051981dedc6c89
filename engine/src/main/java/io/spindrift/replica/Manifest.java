package io.spindrift.replica;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;

/**
 * {@code manifest.json}: the objects of levels 1 to 9, so that a restore needs one GET and one LIST of level 0. A hint:
 * it may be missing or old, and can always be rebuilt from a listing.
 *
 * <pre>
 * {"version": 1, "segments": [{"level": 9, "min": "0000000000000001", "max": "000000000000002a",
 *   "bytes": 123456, "time": "2026-11-20T10:30:41Z"}, …]}
 * </pre>
 *
 * @param segments in the order of {@link SegmentName}
 */
public record Manifest(List<Segment> segments) {
    /** The object's name under the replica's root. */
    public static final String NAME = "manifest.json";

    /** Larger manifests are refused. */
    public static final int MAX_BYTES = 16 << 20;

    private static final int VERSION = 1;

    public Manifest {
        segments =
                segments.stream().sorted((a, b) -> a.name().compareTo(b.name())).toList();
    }

    /** The manifest of a listing: everything above level 0. */
    public static Manifest of(Collection<Segment> listing) {
        return new Manifest(listing.stream().filter(s -> s.name().level() > 0).toList());
    }

    public byte[] encode() {
        return Json.write(out -> {
            out.writeStartObject();
            out.writeFieldName("version").writeValue(VERSION);
            out.writeFieldName("segments").writeStartArray();
            for (Segment segment : segments) {
                out.writeStartObject();
                out.writeFieldName("level").writeValue(segment.name().level());
                out.writeFieldName("min").writeValue(hex(segment.name().minTxid()));
                out.writeFieldName("max").writeValue(hex(segment.name().maxTxid()));
                out.writeFieldName("bytes").writeValue(segment.bytes());
                out.writeFieldName("time").writeValue(segment.modified().toString());
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        });
    }

    /** Reads a manifest; empty if it is of a version or form this one does not know. */
    public static Optional<Manifest> decode(byte[] content) {
        try {
            JsonNode node = Json.read(content, NAME);
            if (Json.number(node, "version").orElse(0L) != VERSION) {
                return Optional.empty();
            }
            List<Segment> segments = new ArrayList<>();
            for (JsonNode entry : node.field("segments").orElseThrow().asArray()) {
                segments.add(new Segment(
                        new SegmentName(
                                Json.number(entry, "level").orElseThrow().intValue(),
                                Long.parseUnsignedLong(Json.text(entry, "min").orElseThrow(), 16),
                                Long.parseUnsignedLong(Json.text(entry, "max").orElseThrow(), 16)),
                        Json.number(entry, "bytes").orElseThrow(),
                        Instant.parse(Json.text(entry, "time").orElseThrow())));
            }
            return Optional.of(new Manifest(segments));
        } catch (StoreException | RuntimeException e) {
            return Optional.empty(); // only a hint: the caller lists instead
        }
    }

    private static String hex(long txid) {
        return String.format("%016x", txid);
    }
}
