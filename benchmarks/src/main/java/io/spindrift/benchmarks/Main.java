package io.spindrift.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures the figures of {@code docs/benchmarks.md} and prints their lines. */
@Command(
        name = "benchmarks",
        mixinStandardHelpOptions = true,
        description = "Measures figures of docs/benchmarks.md. \"jmh …\" runs the micro benchmarks instead.",
        footerHeading = "%nFigures:%n")
public final class Main implements Callable<Integer> {
    private static final List<Figure> FIGURES = List.of(
            new WriterFigure(),
            new SnapshotFigure(),
            new LocalDurabilityFigure(),
            new ReplicaDurabilityFigure(),
            new RestoreFigure(),
            new GroupsFigure(),
            new WalFigure(),
            new EncodeFigure(),
            new HeapFigure(),
            new IdleFigure(),
            new StatementsFigure(),
            new ContentionFigure(),
            new BusyFigure(),
            new OptimisticFigure());

    @Parameters(arity = "0..*", paramLabel = "FIGURE", description = "What to measure")
    private List<String> names = List.of();

    @Option(names = "--all", description = "Every figure, one after another")
    private boolean all;

    @Option(names = "--quick", description = "Small and short: shows that it runs, measures nothing")
    private boolean quick;

    @Option(names = "--pairs", defaultValue = "5", description = "How often both sides are run (${DEFAULT-VALUE})")
    private int pairs;

    @Option(names = "--seconds", defaultValue = "10", description = "How long a run measures (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--folder",
            defaultValue = "benchmarks/target/run",
            description = "Where databases and objects go meanwhile (${DEFAULT-VALUE}); several GB are needed")
    private Path folder;

    @Option(
            names = "--config",
            paramLabel = "KEY=VALUE",
            description = "An option of the engine for the runs that write, such as wal-max-bytes=1GiB; repeatable")
    private Map<String, String> config = Map.of();

    @Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] arguments) throws IOException {
        if (arguments.length > 0 && arguments[0].equals("jmh")) {
            org.openjdk.jmh.Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
            return;
        }
        CommandLine line = new CommandLine(new Main());
        line.getCommandSpec()
                .usageMessage()
                .footer(FIGURES.stream()
                        .map(f -> String.format("  %-20s %s", f.name(), f.description()))
                        .toArray(String[]::new));
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        List<Figure> chosen = all ? FIGURES : names.stream().map(this::figure).toList();
        if (chosen.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Name a figure, or --all");
        }
        Settings settings =
                quick ? new Settings(1, 1, true, folder, config) : new Settings(pairs, seconds, false, folder, config);
        System.out.println(describe());
        for (Figure figure : chosen) {
            System.out.println(figure.name() + ": " + figure.description());
            try (Bench bench = new Bench(settings, figure.name(), System.out)) {
                figure.measure(bench);
            }
        }
        return 0;
    }

    private static String describe() throws SQLException, IOException {
        return "Machine: " + Machine.describe();
    }

    private Figure figure(String name) {
        return FIGURES.stream()
                .filter(f -> f.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ParameterException(spec.commandLine(), "There is no figure " + name));
    }
}
