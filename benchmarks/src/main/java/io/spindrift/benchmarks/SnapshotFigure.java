package io.spindrift.benchmarks;

/** What a snapshot of a large database costs the commits that happen meanwhile. */
final class SnapshotFigure implements Figure {
    private static final double TARGET = 1.5;
    private static final int MEGABYTES = 1_000;
    private static final int COMMITS_PER_SECOND = 1_000;

    @Override
    public String name() {
        return "snapshot";
    }

    @Override
    public String description() {
        return "p99.9 of 1000 commits a second while snapshots of a 1 GB database are written / without";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters prepared = bench.library(bench.settings().scaled(MEGABYTES), false)
                .with("subject", "replica")
                .with("rate", COMMITS_PER_SECOND);
        Side during = new Side("during snapshots", WriteTrial.class, prepared.with("snapshots", true));
        Side without = new Side("without", WriteTrial.class, prepared);
        Rounds rounds = bench.rounds(during, without);
        Spread ratio = rounds.ratio(during, without, "commit_p999_ms");
        bench.row(
                "p99.9 commit latency during a snapshot of a 1 GB database / without one",
                ratio + "; p99.9 " + rounds.spread(during, "commit_p999_ms") + " ms, without "
                        + rounds.spread(without, "commit_p999_ms") + " ms; p50 "
                        + rounds.spread(during, "commit_p50_ms") + " ms, without "
                        + rounds.spread(without, "commit_p50_ms") + " ms; snapshots in a run "
                        + rounds.spread(during, "snapshots"),
                "≤ 1.5",
                ratio.median() <= TARGET);
    }
}
