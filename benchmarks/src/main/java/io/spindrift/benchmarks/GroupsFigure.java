package io.spindrift.benchmarks;

/** What a restore fetches after a long time of small groups, beside what it fetches right after a snapshot. */
final class GroupsFigure implements Figure {
    private static final int MEGABYTES = 100;
    private static final int GROUPS = 100_000;
    private static final double BYTES_TARGET = 2;
    private static final double REQUESTS_TARGET = 20;

    @Override
    public String name() {
        return "groups";
    }

    @Override
    public String description() {
        return "bytes and requests of a restore after 100,000 small groups, compaction running / after a snapshot";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Parameters library = bench.library(bench.settings().scaled(MEGABYTES), true);
        Measurements before = bench.run(1, new Side("after a snapshot", RestoreTrial.class, library));
        bench.run(
                1,
                new Side(
                        "small groups",
                        GroupsTrial.class,
                        library.with("groups", bench.settings().scaled(GROUPS))));
        Measurements after = bench.run(1, new Side("after the groups", RestoreTrial.class, library));
        double bytes = after.number("s3_received_bytes") / before.number("s3_received_bytes");
        double requests = after.number("s3_requests") / before.number("s3_requests");
        bench.row(
                "bytes fetched and requests to restore a 100 MB database after 100,000 small groups, compaction running"
                        + " / right after a snapshot",
                Measurements.format(bytes) + " and " + Measurements.format(requests) + "; "
                        + after.word("s3_received_bytes") + " bytes, " + after.word("s3_requests") + " requests, "
                        + after.word("with_check_s") + " s, before " + before.word("s3_received_bytes") + " bytes, "
                        + before.word("s3_requests") + " requests, " + before.word("with_check_s") + " s",
                "≤ 2 and ≤ 20",
                bytes <= BYTES_TARGET && requests <= REQUESTS_TARGET);
    }
}
