package io.spindrift.benchmarks;

/** How many small transactions pass the writer gate, and how long the unluckiest waits. */
final class ContentionFigure implements Figure {
    private static final double TRANSACTIONS = 0.9;
    private static final double TAIL = 0.25;
    private static final double LONGEST = 0.1;

    @Override
    public String name() {
        return "contention";
    }

    @Override
    public String description() {
        return "64 threads, small read-modify-write, mode immediate / an unfair lock around the bare driver";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters threads = Parameters.none().with("threads", 64).with("rows", 1_000);
        Side gate = new Side(
                "gate",
                TransactionTrial.class,
                threads.with("subject", "engine").with("config.transaction-mode", "immediate"));
        Parameters bare = threads.with("subject", "bare");
        Side unfair = new Side("unfair lock", TransactionTrial.class, bare.with("unfair_lock", true));
        Side busyTimeout = new Side("busy_timeout", TransactionTrial.class, bare);
        Rounds rounds = bench.rounds(gate, unfair, busyTimeout);
        Spread transactions = rounds.ratio(gate, unfair, "tx_per_s");
        bench.row(
                "64 threads, small read-modify-write: tx/s / an unfair lock around bare connections",
                transactions + "; " + rounds.spread(gate, "tx_per_s") + " tx/s, lock "
                        + rounds.spread(unfair, "tx_per_s") + ", `busy_timeout` "
                        + rounds.spread(busyTimeout, "tx_per_s"),
                "≥ 0.9",
                transactions.median() >= TRANSACTIONS);
        Spread tail = rounds.ratio(gate, unfair, "tx_p999_ms");
        bench.row(
                "the same: p99.9 / that of the unfair lock",
                tail + "; " + rounds.spread(gate, "tx_p999_ms") + " ms, lock " + rounds.spread(unfair, "tx_p999_ms"),
                "≤ 0.25",
                tail.median() <= TAIL);
        Spread longest = rounds.ratio(gate, busyTimeout, "tx_max_ms");
        bench.row(
                "the same: the longest / that of `busy_timeout`",
                longest + "; " + rounds.spread(gate, "tx_max_ms") + " ms, `busy_timeout` "
                        + rounds.spread(busyTimeout, "tx_max_ms"),
                "≤ 0.1",
                longest.median() <= LONGEST);
    }
}
