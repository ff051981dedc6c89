package io.spindrift.benchmarks;

import java.util.List;

/** What our handles cost beside the driver's. */
final class StatementsFigure implements Figure {
    private static final double TARGET = 0.97;

    @Override
    public String name() {
        return "statements";
    }

    @Override
    public String description() {
        return "point select, insert and update by key through our handles / the bare driver";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        for (String operation : List.of("select", "insert", "update")) {
            Parameters parameters = Parameters.none().with("operation", operation);
            Side ours = new Side(operation + ", ours", StatementTrial.class, parameters.with("subject", "engine"));
            Side bare = new Side(operation + ", bare driver", StatementTrial.class, parameters.with("subject", "bare"));
            Rounds rounds = bench.rounds(ours, bare);
            Spread ratio = rounds.ratio(ours, bare, "per_s");
            bench.row(
                    operation + " by key through our handle / bare sqlite-jdbc",
                    ratio + "; " + rounds.spread(ours, "per_s") + " a second, bare " + rounds.spread(bare, "per_s"),
                    "≥ 0.97",
                    ratio.median() >= TARGET);
        }
    }
}
