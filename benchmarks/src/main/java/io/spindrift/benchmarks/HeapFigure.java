package io.spindrift.benchmarks;

import java.util.List;

/** What of the heap grows with the database. */
final class HeapFigure implements Figure {
    private static final double TARGET_MB = 64;
    private static final int PAGES = 2_621_440;
    private static final int FEW_PAGES = 100;

    @Override
    public String name() {
        return "heap";
    }

    @Override
    public String description() {
        return "heap and resident memory with a database of 10 GiB, adopted, shipped and snapshot, beside a tiny one";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Side large = side("10 GiB", bench.settings().scaled(PAGES));
        Side small = side("400 KiB", FEW_PAGES);
        Rounds rounds = bench.rounds(large, small);
        Spread peak = rounds.difference(large, small, "heap_peak_mb");
        bench.row(
                "heap over idle for a 10 GB database of 4 KB pages, MB",
                "at most " + peak + " while it is adopted, shipped and snapshot, "
                        + rounds.difference(large, small, "heap_at_rest_mb") + " at rest; RSS at most "
                        + rounds.spread(large, "rss_peak_mb") + ", tiny database "
                        + rounds.spread(small, "rss_peak_mb"),
                "≤ 64",
                peak.median() <= TARGET_MB);
    }

    private static Side side(String label, int pages) {
        return new Side(label, HeapTrial.class, Parameters.none().with("pages", pages), List.of("-Xmx256m"));
    }
}
