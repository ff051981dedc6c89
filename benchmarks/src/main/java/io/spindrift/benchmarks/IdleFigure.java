package io.spindrift.benchmarks;

/** What a database costs that nobody uses. */
final class IdleFigure implements Figure {
    private static final double TARGET_PERCENT = 0.2;
    private static final int SECONDS = 600;

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String description() {
        return "ten minutes without a commit: requests, and processor time of the whole process";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Side idle = new Side(
                "idle",
                IdleTrial.class,
                Parameters.none()
                        .with("subject", "replica")
                        .with("seconds", bench.settings().scaled(SECONDS)));
        Measurements measured = bench.run(1, idle);
        double percent = measured.number("core_percent");
        double others = measured.number("other_requests");
        bench.row(
                "idle, 10 minutes",
                Measurements.format(percent) + " % of a core; " + measured.word("s3:PUT:lease") + " lease renewals, "
                        + Measurements.format(others) + " other requests",
                "lease renewals only; ≤ 0.2 %",
                percent <= TARGET_PERCENT && others == 0);
    }
}
