package io.spindrift.cli;

import io.spindrift.Position;
import io.spindrift.ownership.LeaseReport;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import picocli.CommandLine.Command;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;

@Command(
        name = "status",
        description = {
            "Says where a replica stands and who owns it.",
            "",
            "What the owner has committed and not yet shipped is not known here: ask the server. A replica that was"
                    + " last written long ago is behind only if its owner wrote since.",
            ""
        },
        footer = {"", "Example:", "    status --replica 's3://bucket/prod?region=eu-central-1' --name ledger --json"})
final class StatusCommand extends ReplicaCommand {
    /** What there is, and the lease. */
    private record Found(List<Segment> segments, Optional<LeaseReport> lease, Instant now) {
        Position latest() {
            return new Position(Chain.latest(segments));
        }

        long bytes() {
            return segments.stream().mapToLong(Segment::bytes).sum();
        }

        Optional<Position> snapshot() {
            return segments.stream()
                    .filter(s -> s.name().level() == SegmentName.SNAPSHOT_LEVEL)
                    .map(s -> new Position(s.name().maxTxid()))
                    .max(Comparator.naturalOrder());
        }

        Optional<Instant> written() {
            return segments.stream().map(Segment::modified).max(Comparator.naturalOrder());
        }

        Optional<Long> secondsSinceWrite() {
            return written().map(at -> Math.max(0, Duration.between(at, now).toSeconds()));
        }

        NavigableSet<Long> points() {
            return Chain.points(segments, 0).navigableKeySet();
        }
    }

    @Override
    int run() throws IOException {
        try (Replica open = openReplica()) {
            Found found = new Found(open.list(), LeaseReport.read(open), Instant.now());
            answer(text(found), out -> write(found, out));
            return DONE;
        }
    }

    private static String text(Found found) {
        NavigableSet<Long> points = found.points();
        String restorable = points.isEmpty()
                ? "none"
                : points.size() + " positions, from " + new Position(points.first()) + " to "
                        + new Position(points.last());
        return String.join(
                System.lineSeparator(),
                "position         " + found.latest(),
                "last written     " + Main.orDash(found.written())
                        + found.secondsSinceWrite()
                                .map(s -> " (" + s + " s ago)")
                                .orElse(""),
                "restorable       " + restorable,
                "newest snapshot  " + Main.orDash(found.snapshot()),
                "objects          " + found.segments.size() + ", " + found.bytes() + " bytes",
                "owner            "
                        + found.lease.map(lease -> owner(lease, found.now)).orElse("-"));
    }

    private static String owner(LeaseReport lease, Instant now) {
        return lease.node().orElse("unknown") + ", epoch " + lease.epoch() + ", since " + Main.orDash(lease.since())
                + ", lease " + lease.state(now)
                + lease.expires().map(at -> " (" + at + ")").orElse("");
    }

    private static void write(Found found, JsonWriter out) {
        NavigableSet<Long> points = found.points();
        out.writeStartObject();
        out.writeFieldName("position").writeValue(found.latest().toString());
        out.writeFieldName("objects").writeValue(found.segments.size());
        out.writeFieldName("bytes").writeValue(found.bytes());
        found.written().ifPresent(at -> out.writeFieldName("lastWritten").writeValue(at.toString()));
        found.secondsSinceWrite()
                .ifPresent(s -> out.writeFieldName("secondsSinceWrite").writeValue(s));
        found.snapshot().ifPresent(at -> out.writeFieldName("newestSnapshot").writeValue(at.toString()));
        out.writeFieldName("restorablePoints").writeValue(points.size());
        if (!points.isEmpty()) {
            out.writeFieldName("oldestRestorable").writeValue(new Position(points.first()).toString());
        }
        if (found.lease.isPresent()) {
            LeaseReport lease = found.lease.get();
            out.writeFieldName("lease").writeStartObject();
            out.writeFieldName("epoch").writeValue(lease.epoch());
            lease.node().ifPresent(node -> out.writeFieldName("node").writeValue(node));
            lease.since().ifPresent(at -> out.writeFieldName("since").writeValue(at.toString()));
            lease.expires().ifPresent(at -> out.writeFieldName("expires").writeValue(at.toString()));
            out.writeFieldName("state").writeValue(lease.state(found.now));
            out.writeEndObject();
        }
        out.writeEndObject();
    }
}
