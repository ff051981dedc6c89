package io.spindrift.benchmarks;

/** What shipping costs a writer that never rests. */
final class WriterFigure implements Figure {
    /** The code that ships is compiled later than the code that commits, because it runs less often. */
    private static final int WARMUP_SECONDS = 15;

    private static final double TARGET = 0.97;

    @Override
    public String name() {
        return "writer";
    }

    @Override
    public String description() {
        return "one writer flat out, 512-byte rows, async: with a replica / the same engine without; the bare driver";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Settings settings = bench.settings();
        Parameters one = Parameters.none()
                .with("writers", 1)
                .with("warmup", settings.quick() ? settings.warmupSeconds() : WARMUP_SECONDS);
        Side shipped = new Side(
                "with a replica",
                WriteTrial.class,
                one.with("subject", "replica").with("restore", true));
        Side local = new Side("without", WriteTrial.class, one.with("subject", "engine"));
        Side bare = new Side("bare driver", WriteTrial.class, one.with("subject", "bare"));
        Rounds rounds = bench.rounds(shipped, local, bare);
        Spread ratio = rounds.ratio(shipped, local, "commits_per_s");
        bench.row(
                "one writer flat out, 512-byte rows, `async`: with a replica / the same engine without",
                ratio + "; " + rounds.spread(shipped, "commits_per_s") + " commits/s, without "
                        + rounds.spread(local, "commits_per_s") + ", bare driver "
                        + rounds.spread(bare, "commits_per_s"),
                "≥ 0.97",
                ratio.median() >= TARGET);
    }
}
