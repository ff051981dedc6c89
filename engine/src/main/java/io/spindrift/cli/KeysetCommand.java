package io.spindrift.cli;

import io.spindrift.SpindriftException;
import io.spindrift.replica.encryption.EncryptionKeys;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "keyset",
        description =
                "Makes the file with the keys that encrypt a replica. Keep a copy of it: what was encrypted is lost"
                        + " without it.")
final class KeysetCommand {
    @Spec
    private CommandSpec spec;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    @Command(name = "create", description = "Makes a keyset with one new key.")
    int create(@Parameters(paramLabel = "FILE", description = "The file; it must not exist.") Path file) {
        return answer(EncryptionKeys::create, file);
    }

    @Command(
            name = "rotate",
            description =
                    "Adds a new key, which encrypts once the database is opened anew; earlier keys go on decrypting.")
    int rotate(@Parameters(paramLabel = "FILE", description = "An existing keyset.") Path file) {
        return answer(EncryptionKeys::rotate, file);
    }

    @Command(name = "list", description = "Names the keys of a keyset, the one that encrypts first.")
    int list(@Parameters(paramLabel = "FILE", description = "An existing keyset.") Path file) {
        return answer(EncryptionKeys::load, file);
    }

    private int answer(Function<Path, EncryptionKeys> action, Path file) {
        try {
            EncryptionKeys keys = action.apply(file);
            spec.commandLine()
                    .getOut()
                    .println("Keyset " + file + ": " + keys.ids().get(0) + " encrypts; " + String.join(", ", keys.ids())
                            + " decrypt");
            return ReplicaCommand.DONE;
        } catch (SpindriftException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return ReplicaCommand.FAILED;
        }
    }
}
