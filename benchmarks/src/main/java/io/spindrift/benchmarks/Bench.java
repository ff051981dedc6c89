package io.spindrift.benchmarks;

import io.spindrift.testing.ChildJvm;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Runs the sides of one figure, each run in a new JVM, and prints what they measured. The store is a process of its own
 * that serves all runs of the figure.
 */
final class Bench implements AutoCloseable {
    private static final Duration LONGEST_RUN = Duration.ofMinutes(45);

    private final Settings settings;
    private final PrintStream out;
    private final Path folder;
    private StoreProcess store;
    private int runs;

    Bench(Settings settings, String figure, PrintStream out) throws IOException {
        this.settings = settings;
        this.out = out;
        this.folder = settings.folder().resolve(figure).toAbsolutePath();
        Folders.delete(folder);
        Files.createDirectories(folder);
    }

    Settings settings() {
        return settings;
    }

    StoreProcess store() throws IOException, InterruptedException {
        if (store == null) {
            store = StoreProcess.start(folder.resolve("store"));
        }
        return store;
    }

    /**
     * Makes a database and its replica that stay until the figure is done.
     *
     * @param snapshot whether the last thing in the replica is a snapshot
     * @return the parameters {@code file} and {@code replica} of runs that use them
     */
    Parameters library(int megabytes, boolean snapshot) throws IOException, InterruptedException {
        Parameters prepared = Parameters.none()
                .with("file", Files.createDirectories(folder.resolve("library")).resolve("bench.db"))
                .with("replica", store().replicaUrl("library"));
        Parameters filled = prepared.with("megabytes", megabytes).with("snapshot", snapshot);
        run(0, new Side("preparing", LibraryTrial.class, filled));
        return prepared;
    }

    /** Runs every side once a round; the order is turned round from round to round. */
    Rounds rounds(Side... sides) throws IOException, InterruptedException {
        Rounds rounds = new Rounds();
        List<Side> order = new ArrayList<>(List.of(sides));
        for (int round = 1; round <= settings.pairs(); round++) {
            for (Side side : order) {
                rounds.add(side, run(round, side));
            }
            Collections.reverse(order);
        }
        return rounds;
    }

    /**
     * Runs one side once. Where its parameters name no {@code file} and {@code replica}, they are new ones that are
     * removed afterwards.
     */
    Measurements run(int number, Side side) throws IOException, InterruptedException {
        String name = "run-" + ++runs;
        Path scratch = Files.createDirectories(folder.resolve(name));
        Parameters parameters = defaults(side.parameters(), "folder", scratch);
        parameters = defaults(parameters, "file", scratch.resolve("bench.db"));
        parameters = defaults(parameters, "replica", store().replicaUrl(name));
        parameters = defaults(parameters, "seconds", settings.seconds());
        parameters = defaults(parameters, "warmup", settings.warmupSeconds());
        for (Map.Entry<String, String> option : settings.config().entrySet()) {
            parameters = defaults(parameters, "config." + option.getKey(), option.getValue());
        }
        List<String> arguments = new ArrayList<>();
        arguments.add(side.trial().getName());
        arguments.addAll(parameters.arguments());
        Measurements measured;
        try (ChildJvm child = ChildJvm.start(
                side.jvmOptions(), StoreProcess.CREDENTIALS, TrialMain.class, arguments.toArray(String[]::new))) {
            String line = child.awaitLine(TrialMain.RESULT, LONGEST_RUN);
            measured = Measurements.parse(line.substring(TrialMain.RESULT.length()));
            child.awaitExit(LONGEST_RUN);
        }
        out.printf("  %d %-24s %s%n", number, side.label(), measured);
        Folders.delete(scratch);
        store().forget(name);
        return measured;
    }

    private static Parameters defaults(Parameters parameters, String name, Object value) {
        return parameters.text(name, "").isEmpty() ? parameters.with(name, value) : parameters;
    }

    /** Prints the line of {@code docs/benchmarks.md}. */
    void row(String what, String measured, String target, boolean met) {
        String verdict = settings.quick() ? "not a measurement" : met ? "met" : "**missed**";
        out.printf("| %s | %s | %s | %s |%n", what, measured, target, verdict);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (store != null) {
            store.close();
        }
        Folders.delete(folder);
    }
}
