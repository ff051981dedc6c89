package io.spindrift.cli;

import io.spindrift.SpindriftException;
import io.spindrift.replica.Json;
import io.spindrift.replica.Replica;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands that read a replica share: the replica they read, and how they answer. */
@Command(
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:failed, with a sentence on standard error", "2:wrong usage"})
abstract class ReplicaCommand implements Callable<Integer> {
    static final int DONE = 0;
    static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--replica",
            required = true,
            paramLabel = "URL",
            description = "s3://bucket/prefix?region=...&endpoint=...&path-style=true or file:///folder."
                    + " Credentials come from the environment, a profile or a role.")
    URI replica;

    @Option(
            names = "--name",
            paramLabel = "DB",
            description = "The database under the replica; without it the URL itself is the root, as with any"
                    + " Litestream replica.")
    Optional<String> name = Optional.empty();

    @Option(
            names = "--encryption-keyset",
            paramLabel = "FILE",
            description = "The keys of an encrypted replica; readable by its owner only.")
    Optional<Path> encryptionKeyset = Optional.empty();

    @Option(names = "--json", description = "Answer as one JSON object.")
    boolean json;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    @Override
    public final Integer call() {
        try {
            return run();
        } catch (SpindriftException | IOException e) {
            complain(e.getMessage());
            return FAILED;
        } catch (RuntimeException e) {
            complain("The command failed unexpectedly with " + e + "; please report it");
            return FAILED;
        }
    }

    /** Standard error. */
    PrintWriter errors() {
        return spec.commandLine().getErr();
    }

    /** Prints a sentence to standard error. */
    void complain(String sentence) {
        errors().println(sentence);
    }

    abstract int run() throws IOException;

    Replica openReplica() throws IOException {
        return Replica.open(replica, name, encryptionKeyset);
    }

    /** Prints the sentence or, if it was asked for, the JSON. */
    void answer(String sentence, Json.Document document) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? new String(Json.write(document), StandardCharsets.UTF_8) : sentence);
    }
}
