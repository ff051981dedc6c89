package io.spindrift.benchmarks;

/** Commits that are on this machine's disk when they return: many writers share one fsync. */
final class LocalDurabilityFigure implements Figure {
    private static final double TARGET = 4.0;

    @Override
    public String name() {
        return "local";
    }

    @Override
    public String description() {
        return "durability local, 16 writers / the bare driver with synchronous=FULL";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters writers = Parameters.none().with("writers", 16);
        Side local = new Side(
                "local", WriteTrial.class, writers.with("subject", "engine").with("config.durability", "local"));
        Side full = new Side(
                "synchronous=FULL",
                WriteTrial.class,
                writers.with("subject", "bare").with("synchronous", "FULL"));
        Rounds rounds = bench.rounds(local, full);
        Spread ratio = rounds.ratio(local, full, "commits_per_s");
        bench.row(
                "`local`, 16 writers / plain `synchronous=FULL`",
                ratio + "; " + rounds.spread(local, "commits_per_s") + " commits/s, plain "
                        + rounds.spread(full, "commits_per_s") + "; p99 " + rounds.spread(local, "commit_p99_ms")
                        + " ms, plain " + rounds.spread(full, "commit_p99_ms") + " ms",
                "≥ 4.0",
                ratio.median() >= TARGET);
    }
}
