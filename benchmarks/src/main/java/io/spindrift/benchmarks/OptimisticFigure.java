package io.spindrift.benchmarks;

/** What it gains not to hold the writer while a transaction does something else than write. */
final class OptimisticFigure implements Figure {
    private static final double TARGET = 8;

    @Override
    public String name() {
        return "optimistic";
    }

    @Override
    public String description() {
        return "16 threads, 5 ms of work between reading and writing a row of their own: optimistic / immediate";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters threads = Parameters.none()
                .with("threads", 16)
                .with("own_rows", true)
                .with("work_ms", 5)
                .with("subject", "engine");
        Side optimistic =
                new Side("optimistic", TransactionTrial.class, threads.with("config.transaction-mode", "optimistic"));
        Side immediate =
                new Side("immediate", TransactionTrial.class, threads.with("config.transaction-mode", "immediate"));
        Rounds rounds = bench.rounds(optimistic, immediate);
        Spread ratio = rounds.ratio(optimistic, immediate, "tx_per_s");
        bench.row(
                "16 threads, 5 ms of work between read and write on different rows: optimistic / immediate",
                ratio + "; " + rounds.spread(optimistic, "tx_per_s") + " tx/s, immediate "
                        + rounds.spread(immediate, "tx_per_s") + "; conflicts "
                        + rounds.spread(optimistic, "conflicts") + "; every sum exact",
                "≥ 8",
                ratio.median() >= TARGET);
    }
}
