package io.spindrift.cli;

import io.spindrift.Position;
import io.spindrift.RestorePoint;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Entry point of the command line. Exit codes: 0 done, 1 failed with a sentence on standard error, 2 wrong usage.
 */
@Command(
        name = "spindrift-cli",
        description = {
            "Looks at replicas of SQLite databases and restores them.",
            "",
            "restore, list, verify and status only read, take no ownership, and may run while a server owns the"
                    + " database (but for restore --promote).",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:failed, with a sentence on standard error", "2:wrong usage"},
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
                .registerConverter(Position.class, converter(Position::parse))
                .registerConverter(Instant.class, converter(RestorePoint::parseInstant))
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, arguments) -> {
                    CommandLine wrong = e.getCommandLine();
                    wrong.getErr()
                            .println(e.getMessage() + "; see "
                                    + wrong.getCommandSpec().qualifiedName() + " --help");
                    return wrong.getCommandSpec().exitCodeOnInvalidInput();
                });
    }

    private static <T> ITypeConverter<T> converter(Function<String, T> parse) {
        return text -> {
            try {
                return parse.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
    }

    /** The text of an optional value, for answers. */
    static String orDash(Optional<?> value) {
        return value.map(Object::toString).orElse("-");
    }
}
