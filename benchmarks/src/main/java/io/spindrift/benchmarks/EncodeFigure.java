package io.spindrift.benchmarks;

/** What a page costs on its way into a segment. */
final class EncodeFigure implements Figure {
    private static final double TARGET = 300;

    @Override
    public String name() {
        return "encode";
    }

    @Override
    public String description() {
        return "pages of 4 KiB into an LTX segment, MB a processor second: native LZ4, and pure Java";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        Side fastest = new Side("native LZ4", EncodeTrial.class, Parameters.none());
        Side pure = new Side("pure Java", EncodeTrial.class, Parameters.none().with("pure", true));
        Rounds rounds = bench.rounds(fastest, pure);
        Spread encode = rounds.spread(fastest, "encode_mb_per_cpu_s");
        bench.row(
                "encode (LTX, native LZ4, one pass feeding both checksums), MB per CPU-second",
                encode + "; pure Java " + rounds.spread(pure, "encode_mb_per_cpu_s") + "; decode "
                        + rounds.spread(fastest, "decode_mb_per_cpu_s") + ", pure Java "
                        + rounds.spread(pure, "decode_mb_per_cpu_s"),
                "≥ 300",
                encode.median() >= TARGET);
    }
}
