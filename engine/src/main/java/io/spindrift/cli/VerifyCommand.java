package io.spindrift.cli;

import io.spindrift.Position;
import io.spindrift.proof.Finding;
import io.spindrift.proof.ReplicaVerification;
import io.spindrift.proof.VerificationReport;
import io.spindrift.replica.Replica;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "verify",
        description =
                "Reads every object of a replica and proves that all of them tell one history, page by page, and"
                        + " that every promised position can be restored. What is wrong is told in a sentence each, exit code 1.")
final class VerifyCommand extends ReplicaCommand {
    private static final int MOST_SENTENCES = 50;

    @Option(
            names = "--txid",
            paramLabel = "HEX",
            description = "A position that has to be there, such as a server's durable one: nothing else tells that the"
                    + " last objects are missing.")
    private Optional<Position> txid = Optional.empty();

    @Option(
            names = "--exact-retention",
            paramLabel = "ISO-8601",
            defaultValue = "PT24H",
            description =
                    "The database's exact-retention: every position that young has to be there; ${DEFAULT-VALUE} by"
                            + " default.")
    private Duration exactRetention;

    @Override
    int run() throws IOException {
        try (Replica open = openReplica()) {
            VerificationReport report = new ReplicaVerification(open, exactRetention).run(txid);
            report.findings().stream().limit(MOST_SENTENCES).forEach(finding -> complain(finding.sentence()));
            if (report.findings().size() > MOST_SENTENCES) {
                complain("…and " + (report.findings().size() - MOST_SENTENCES) + " more; --json has all");
            }
            boolean sound = report.findings().isEmpty();
            answer(
                    (sound ? "Verified " : "Read ") + report.objects() + " objects, " + report.bytes()
                            + " bytes, up to position " + report.latest()
                            + (sound ? "" : ": " + report.findings().size() + " findings")
                            + (report.proven() ? "" : "; not every object carries a checksum of the database"),
                    out -> {
                        out.writeStartObject();
                        out.writeFieldName("position")
                                .writeValue(report.latest().toString());
                        out.writeFieldName("objects").writeValue(report.objects());
                        out.writeFieldName("bytes").writeValue(report.bytes());
                        out.writeFieldName("proven").writeValue(report.proven());
                        out.writeFieldName("findings").writeStartArray();
                        for (Finding finding : report.findings()) {
                            out.writeStartObject();
                            out.writeFieldName("object").writeValue(finding.object());
                            out.writeFieldName("sentence").writeValue(finding.sentence());
                            out.writeEndObject();
                        }
                        out.writeEndArray();
                        out.writeEndObject();
                    });
            return sound ? DONE : FAILED;
        }
    }
}
