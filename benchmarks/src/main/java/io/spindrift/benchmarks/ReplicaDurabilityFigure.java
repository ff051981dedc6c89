package io.spindrift.benchmarks;

/** Commits that are in the replica when they return: many clients share one PUT. */
final class ReplicaDurabilityFigure implements Figure {
    private static final double COMMITS_PER_PUT = 20;
    private static final double COMMIT_WINDOW_MILLIS = 5;

    @Override
    public String name() {
        return "replica";
    }

    @Override
    public String description() {
        return "durability replica, 32 clients and a pool of 32: commits per PUT, p99 beside that of the PUTs";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Side clients = new Side(
                "32 clients",
                WriteTrial.class,
                Parameters.none()
                        .with("subject", "replica")
                        .with("config.durability", "replica")
                        .with("writers", 32)
                        .with("pool", 32)
                        .with("restore", true));
        Rounds rounds = bench.rounds(clients);
        Spread perPut = rounds.spread(clients, "commits_per_put");
        bench.row(
                "`replica`, 32 clients and a pool of 32: commits per PUT",
                perPut + "; " + rounds.spread(clients, "commits_per_s") + " commits/s",
                "≥ 20",
                perPut.median() >= COMMITS_PER_PUT);
        Spread excess = rounds.spread(
                clients, m -> m.number("commit_p99_ms") / (COMMIT_WINDOW_MILLIS + 2 * m.number("put_p99_ms")));
        bench.row(
                "the same: p99 / (`commit-window` + 2 × PUT p99)",
                excess + "; p99 " + rounds.spread(clients, "commit_p99_ms") + " ms, PUT p99 "
                        + rounds.spread(clients, "put_p99_ms") + " ms",
                "≤ 1",
                excess.median() <= 1);
    }
}
