package io.spindrift.benchmarks;

/** Whether SQLite's "database is locked" ever reaches an application. */
final class BusyFigure implements Figure {
    private static final int TIMES_SECONDS = 6;

    @Override
    public String name() {
        return "busy";
    }

    @Override
    public String description() {
        return "BUSY and BUSY_SNAPSHOT surfaced, 16 writers that read first, six times --seconds, both modes";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters writers = Parameters.none()
                .with("threads", 16)
                .with("rows", 64)
                .with("seconds", TIMES_SECONDS * bench.settings().seconds());
        Side optimistic = side("optimistic", writers);
        Side immediate = side("immediate", writers);
        Rounds rounds = bench.rounds(optimistic, immediate);
        double most = Math.max(
                rounds.spread(optimistic, "busy").most(),
                rounds.spread(immediate, "busy").most());
        bench.row(
                "BUSY and BUSY_SNAPSHOT surfaced, 16 writers read-then-write, 60 s, both modes",
                Measurements.format(most) + "; optimistic " + rounds.spread(optimistic, "transactions")
                        + " transactions and " + rounds.spread(optimistic, "conflicts") + " conflicts, immediate "
                        + rounds.spread(immediate, "transactions") + " and " + rounds.spread(immediate, "conflicts")
                        + "; every sum exact",
                "0",
                most == 0);
    }

    private static Side side(String mode, Parameters writers) {
        return new Side(
                mode, TransactionTrial.class, writers.with("subject", "engine").with("config.transaction-mode", mode));
    }
}
