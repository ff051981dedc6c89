package io.spindrift.cli;

import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxReader;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.restore.RestorePlan;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;

@Command(
        name = "verify",
        description = "Reads every object of a replica, checks it against its own checksum, and that objects with a"
                + " rolling checksum agree at every position where they meet.")
final class VerifyCommand extends ReplicaCommand {
    @Override
    int run() throws IOException {
        try (Replica open = openReplica()) {
            List<Segment> segments = open.list();
            if (segments.isEmpty()) {
                throw new SpindriftException(
                        "There is nothing to verify at " + open.store().describe() + "; check the URL and the name");
            }
            ChainCheck chain = new ChainCheck();
            long bytes = 0;
            for (Segment segment : segments) {
                try (InputStream in = open.open(segment.name())) {
                    LtxReader reader = new LtxReader(in, "Segment " + segment.name());
                    Replica.requireRange(segment.name(), reader.header());
                    while (reader.next()) {
                        // reading is checking
                    }
                    chain.add(segment.name(), reader.header());
                }
                bytes += segment.bytes();
            }
            Position latest =
                    RestorePlan.find(segments, Position.NONE, Optional.empty()).target();
            long total = bytes;
            answer("Verified " + segments.size() + " objects, " + bytes + " bytes, up to position " + latest, out -> {
                out.writeStartObject();
                out.writeFieldName("position").writeValue(latest.toString());
                out.writeFieldName("objects").writeValue(segments.size());
                out.writeFieldName("bytes").writeValue(total);
                out.writeEndObject();
            });
            return DONE;
        }
    }
}
