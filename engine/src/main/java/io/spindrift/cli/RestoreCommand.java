package io.spindrift.cli;

import io.spindrift.Database;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "restore",
        description = "Restores a database to a new file, verified by its rolling checksum and quick_check.")
final class RestoreCommand extends ReplicaCommand {
    @Option(names = "--output", required = true, paramLabel = "FILE", description = "The file; it must not exist.")
    private Path output;

    @Option(names = "--txid", paramLabel = "HEX", description = "The position; the latest by default.")
    private Optional<Position> txid = Optional.empty();

    @Override
    int run() {
        RestoreRequest.Builder request =
                RestoreRequest.builder().replica(replica).output(output);
        name.ifPresent(request::name);
        txid.ifPresent(request::position);
        encryptionKeyset.ifPresent(request::encryptionKeyset);
        RestoreResult result = Database.restore(request.build());
        answer(
                "Restored position " + result.position() + " to " + output + ": " + result.bytes() + " bytes from "
                        + result.objects() + " objects in " + result.took().toMillis() + " ms"
                        + (result.proven() ? ", checksum proven" : "; the replica carries no checksum to compare with"),
                out -> {
                    out.writeStartObject();
                    out.writeFieldName("position").writeValue(result.position().toString());
                    out.writeFieldName("output").writeValue(output.toString());
                    out.writeFieldName("bytes").writeValue(result.bytes());
                    out.writeFieldName("objects").writeValue(result.objects());
                    out.writeFieldName("checksum").writeValue(String.format("%016x", result.rollingChecksum()));
                    out.writeFieldName("proven").writeValue(result.proven());
                    out.writeFieldName("millis").writeValue(result.took().toMillis());
                    out.writeEndObject();
                });
        return DONE;
    }
}
