package io.spindrift.cli;

import io.spindrift.Position;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.restore.RestorePlan;
import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;

@Command(name = "status", description = "Says where a replica stands: its latest position, size and newest snapshot.")
final class StatusCommand extends ReplicaCommand {
    @Override
    int run() throws IOException {
        try (Replica open = openReplica()) {
            List<Segment> segments = open.list();
            Position latest = new Position(RestorePlan.latest(segments));
            long bytes = segments.stream().mapToLong(Segment::bytes).sum();
            Optional<Position> snapshot = segments.stream()
                    .filter(s -> s.name().level() == SegmentName.SNAPSHOT_LEVEL)
                    .map(s -> new Position(s.name().maxTxid()))
                    .max(Comparator.naturalOrder());
            Optional<Instant> written = segments.stream().map(Segment::modified).max(Comparator.naturalOrder());
            answer(
                    "Position " + latest + ", " + segments.size() + " objects, " + bytes + " bytes, last written "
                            + Main.orDash(written) + ", newest snapshot " + Main.orDash(snapshot),
                    out -> {
                        out.writeStartObject();
                        out.writeFieldName("position").writeValue(latest.toString());
                        out.writeFieldName("objects").writeValue(segments.size());
                        out.writeFieldName("bytes").writeValue(bytes);
                        written.ifPresent(
                                at -> out.writeFieldName("lastWritten").writeValue(at.toString()));
                        snapshot.ifPresent(
                                at -> out.writeFieldName("newestSnapshot").writeValue(at.toString()));
                        out.writeEndObject();
                    });
            return DONE;
        }
    }
}
