package io.spindrift.cli;

import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

@Command(name = "list", description = "Lists the segments and snapshots of a replica: level, TXIDs, bytes, time.")
final class ListCommand extends ReplicaCommand {
    @Override
    int run() throws IOException {
        try (Replica open = openReplica()) {
            List<Segment> segments = open.list();
            answer(
                    segments.stream()
                            .map(s -> s.name() + "  " + s.bytes() + "  " + s.modified())
                            .collect(Collectors.joining(System.lineSeparator())),
                    out -> {
                        out.writeStartObject();
                        out.writeFieldName("segments").writeStartArray();
                        for (Segment segment : segments) {
                            out.writeStartObject();
                            out.writeFieldName("level")
                                    .writeValue(segment.name().level());
                            out.writeFieldName("min")
                                    .writeValue(String.format(
                                            "%016x", segment.name().minTxid()));
                            out.writeFieldName("max")
                                    .writeValue(String.format(
                                            "%016x", segment.name().maxTxid()));
                            out.writeFieldName("bytes").writeValue(segment.bytes());
                            out.writeFieldName("time")
                                    .writeValue(segment.modified().toString());
                            out.writeEndObject();
                        }
                        out.writeEndArray();
                        out.writeEndObject();
                    });
            return DONE;
        }
    }
}
