package io.spindrift.benchmarks;

/** How far the write-ahead log grows under a writer that never rests, and under readers that never end. */
final class WalFigure implements Figure {
    private static final double LIMIT_MB = 256 * 1.048576;

    @Override
    public String name() {
        return "wal";
    }

    @Override
    public String description() {
        return "high water of the write-ahead log, flat out for six times --seconds, alone and with long readers";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters writer = Parameters.none()
                .with("subject", "replica")
                .with("seconds", 6 * bench.settings().seconds());
        Side alone = new Side("alone", WriteTrial.class, writer);
        Side read = new Side(
                "with 4 long readers",
                WriteTrial.class,
                writer.with("readers", 4).with("config.max-read-age", "5s"));
        Rounds rounds = bench.rounds(alone, read);
        row(bench, "WAL high water, flat out 60 s / `wal-max-bytes`", rounds.spread(alone, WalFigure::share), "");
        row(
                bench,
                "the same with 4 readers that never end their transaction, `max-read-age` 5 s",
                rounds.spread(read, WalFigure::share),
                "; readers interrupted " + rounds.spread(read, "readers_interrupted"));
    }

    private static double share(Measurements measured) {
        return measured.number("wal_high_mb") / LIMIT_MB;
    }

    private static void row(Bench bench, String what, Spread share, String more) {
        bench.row(what, share + more, "≤ 2", share.most() <= 2);
    }
}
