package io.spindrift.sync;

import io.spindrift.Database;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import java.net.URI;
import java.nio.file.Path;

/** Restores databases in a process of its own: arguments are a replica URL, then pairs of name and output. */
public final class RestoringProcess {
    private RestoringProcess() {}

    public static void main(String[] arguments) {
        for (int i = 1; i < arguments.length; i += 2) {
            RestoreResult result = Database.restore(RestoreRequest.builder()
                    .replica(URI.create(arguments[0]))
                    .name(arguments[i])
                    .output(Path.of(arguments[i + 1]))
                    .build());
            System.out.println("restored " + arguments[i] + " " + result.position() + " " + result.proven());
        }
    }
}
