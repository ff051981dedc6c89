package io.spindrift.benchmarks;

/** How fast a lost database is back. */
final class RestoreFigure implements Figure {
    private static final double TARGET = 1.5;
    private static final double PEER_MB_PER_SECOND = 80;
    private static final int MEGABYTES = 1_000;

    @Override
    public String name() {
        return "restore";
    }

    @Override
    public String description() {
        return "restore of 1 GB from a store on this machine / parallel download of the same objects";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters prepared = bench.library(bench.settings().scaled(MEGABYTES), true);
        Side restore = new Side("restore", RestoreTrial.class, prepared);
        Side download = new Side("download", DownloadTrial.class, prepared);
        Rounds rounds = bench.rounds(restore, download);
        Spread ratio = rounds.ratio(
                restore, download, m -> m.has("restore_s") ? m.number("restore_s") : m.number("download_s"));
        bench.row(
                "restore of 1 GB (`quick_check` apart) / plain parallel download of the same objects",
                ratio + "; " + rounds.spread(restore, "restore_s") + " s, download "
                        + rounds.spread(download, "download_s") + " s, `quick_check` "
                        + rounds.spread(restore, "quick_check_s") + " s",
                "≤ 1.5",
                ratio.median() <= TARGET);
        Spread speed = rounds.spread(restore, "mb_per_s");
        double times = speed.median() / PEER_MB_PER_SECOND;
        bench.row(
                "the same, MB/s of database / Litestream's 80 MB/s, single stream",
                Measurements.format(times) + "; " + speed + " MB/s, with `quick_check` "
                        + rounds.spread(restore, "with_check_mb_per_s") + " MB/s",
                "≥ 2",
                times >= 2);
    }
}
