package io.spindrift.cli;

import io.spindrift.Position;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "list",
        description = {
            "Lists the objects of a replica, or the positions that can be restored from them.",
            "",
            "An object is named by its level (0: one group of commits, 1 to 3: merged groups, 9: snapshots) and its first"
                    + " and last position. Times are when the store got the object.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "    list --replica 's3://bucket/prod?region=eu-central-1' --name ledger",
            "    list --replica file:///replica --name ledger --points --json"
        })
final class ListCommand extends ReplicaCommand {
    @Option(
            names = "--points",
            description = "List every position that can be restored exactly, with the time it was written.")
    private boolean points;

    @Override
    int run() throws IOException {
        try (Replica open = openReplica()) {
            if (points) {
                listPoints(List.copyOf(Chain.points(open.list(), 0).values()));
            } else {
                listObjects(open.list());
            }
            return DONE;
        }
    }

    private void listPoints(List<Segment> ends) {
        answer(
                table(
                        "position          written",
                        ends.stream().map(s -> new Position(s.name().maxTxid()) + "  " + s.modified())),
                out -> {
                    out.writeStartObject();
                    out.writeFieldName("points").writeStartArray();
                    for (Segment end : ends) {
                        out.writeStartObject();
                        out.writeFieldName("position")
                                .writeValue(new Position(end.name().maxTxid()).toString());
                        out.writeFieldName("written").writeValue(end.modified().toString());
                        out.writeEndObject();
                    }
                    out.writeEndArray();
                    out.writeEndObject();
                });
    }

    private void listObjects(List<Segment> segments) {
        answer(
                table(
                        "level  first             last                     bytes  written",
                        segments.stream()
                                .map(s -> String.format(
                                        "%5d  %016x  %016x  %12d  %s",
                                        s.name().level(),
                                        s.name().minTxid(),
                                        s.name().maxTxid(),
                                        s.bytes(),
                                        s.modified()))),
                out -> {
                    out.writeStartObject();
                    out.writeFieldName("segments").writeStartArray();
                    for (Segment segment : segments) {
                        out.writeStartObject();
                        out.writeFieldName("level").writeValue(segment.name().level());
                        out.writeFieldName("min")
                                .writeValue(new Position(segment.name().minTxid()).toString());
                        out.writeFieldName("max")
                                .writeValue(new Position(segment.name().maxTxid()).toString());
                        out.writeFieldName("bytes").writeValue(segment.bytes());
                        out.writeFieldName("time").writeValue(segment.modified().toString());
                        out.writeEndObject();
                    }
                    out.writeEndArray();
                    out.writeEndObject();
                });
    }

    private static String table(String heading, Stream<String> lines) {
        return Stream.concat(Stream.of(heading), lines).collect(Collectors.joining(System.lineSeparator()));
    }
}
