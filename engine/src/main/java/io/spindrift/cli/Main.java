package io.spindrift.cli;

import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Entry point of the command line. Exit codes: 0 done, 1 failed with a sentence on standard error, 2 wrong usage.
 */
@Command(
        name = "spindrift-cli",
        description = "Looks at replicas of SQLite databases and restores them.",
        subcommands = {
            RestoreCommand.class,
            ListCommand.class,
            VerifyCommand.class,
            StatusCommand.class,
            KeysetCommand.class
        })
public final class Main {
    @CommandLine.Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .registerConverter(io.spindrift.Position.class, (ITypeConverter<io.spindrift.Position>) text -> {
                    try {
                        return io.spindrift.Position.parse(text);
                    } catch (IllegalArgumentException e) {
                        throw new TypeConversionException(e.getMessage());
                    }
                });
    }

    /** The text of an optional value, for answers. */
    static String orDash(Optional<?> value) {
        return value.map(Object::toString).orElse("-");
    }
}
