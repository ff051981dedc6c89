package io.spindrift.cli;

import io.spindrift.Database;
import io.spindrift.Position;
import io.spindrift.PromoteResult;
import io.spindrift.RestorePoint;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "restore",
        description = {
            "Restores a database to a file: the latest position, or a point of the past.",
            "",
            "The file is verified before it gets its name: each object's checksum, the rolling checksum of the whole"
                    + " file, and SQLite's quick_check. Nothing is written to the replica, unless --promote is given.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  The latest state:",
            "    restore --replica 's3://bucket/prod?region=eu-central-1' --name ledger --output copy.db",
            "  As it was at a time (the last position at or before it):",
            "    restore --replica file:///replica --name ledger --output copy.db --timestamp 2026-11-20T10:30:00Z",
            "  Make the state at a position the present again; whatever runs now stops writing:",
            "    restore --replica s3://bucket/prod --name ledger --output present.db --txid 2a --promote"
        })
final class RestoreCommand extends ReplicaCommand {
    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "The file to write. It must not exist, unless --overwrite is given.")
    private Path output;

    @Option(
            names = "--overwrite",
            description = "Replace the file if it exists, at the very end. Refused while a database has it open.")
    private boolean overwrite;

    @ArgGroup
    private Point point = new Point();

    @Option(
            names = "--promote",
            description = "Make the restored point the present: take ownership of the replica and write all its pages"
                    + " as the next position. The positions in between stay restorable. A server that owns the"
                    + " database loses it at its next write; restart it. Needs --name.")
    private boolean promote;

    /** At most one of the two. */
    static final class Point {
        @Option(
                names = "--txid",
                paramLabel = "HEX",
                description = "Exactly this position, as list prints it. Where it cannot be restored, the error names"
                        + " the nearest that can.")
        private Optional<Position> txid = Optional.empty();

        @Option(
                names = "--timestamp",
                paramLabel = "ISO-8601",
                description = "The last restorable position at or before this time, such as 2026-11-20T10:30:00Z or"
                        + " 2026-11-20T11:30:00+01:00, by the clock of the server that wrote it.")
        private Optional<Instant> timestamp = Optional.empty();
    }

    @Override
    int run() {
        RestoreRequest.Builder request =
                RestoreRequest.builder().replica(replica).output(output).overwrite(overwrite);
        name.ifPresent(request::name);
        point.txid.map(RestorePoint::of).ifPresent(request::point);
        point.timestamp.map(RestorePoint::of).ifPresent(request::point);
        encryptionKeyset.ifPresent(request::encryptionKeyset);
        if (!json && ProgressBar.isTerminal()) {
            request.progress(new ProgressBar(errors()));
        }
        try {
            Optional<PromoteResult> promoted =
                    promote ? Optional.of(Database.promote(request.build())) : Optional.empty();
            RestoreResult result =
                    promoted.map(PromoteResult::restored).orElseGet(() -> Database.restore(request.build()));
            tell(result, promoted.map(PromoteResult::present));
            return DONE;
        } catch (SpindriftException e) {
            if (!json && ProgressBar.isTerminal()) {
                errors().println();
            }
            throw e;
        }
    }

    private void tell(RestoreResult result, Optional<Position> present) {
        answer(
                "Restored position " + result.position() + " of " + result.time() + " to " + output + ": "
                        + result.bytes() + " bytes from " + result.objects() + " objects in "
                        + result.took().toMillis() + " ms"
                        + (result.proven() ? ", checksum proven" : "; the replica carries no checksum to compare with")
                        + present.map(p -> ". It is the present now, at position " + p + "; restart the servers that"
                                        + " serve this database")
                                .orElse(""),
                out -> {
                    out.writeStartObject();
                    out.writeFieldName("position").writeValue(result.position().toString());
                    out.writeFieldName("time").writeValue(result.time().toString());
                    out.writeFieldName("output").writeValue(output.toString());
                    out.writeFieldName("bytes").writeValue(result.bytes());
                    out.writeFieldName("objects").writeValue(result.objects());
                    out.writeFieldName("checksum").writeValue(String.format("%016x", result.rollingChecksum()));
                    out.writeFieldName("proven").writeValue(result.proven());
                    out.writeFieldName("millis").writeValue(result.took().toMillis());
                    present.ifPresent(p -> out.writeFieldName("present").writeValue(p.toString()));
                    out.writeEndObject();
                });
    }
}
