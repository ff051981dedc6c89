package io.spindrift.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What the sides of a figure measured, round by round: in one round each side ran once, close to the others. */
final class Rounds {
    private final Map<Side, List<Measurements>> bySide = new LinkedHashMap<>();

    void add(Side side, Measurements measured) {
        bySide.computeIfAbsent(side, s -> new ArrayList<>()).add(measured);
    }

    /** A figure of one side, over all rounds. */
    Spread spread(Side side, String name) {
        return spread(side, measured -> measured.number(name));
    }

    Spread spread(Side side, ToDoubleFunction<Measurements> figure) {
        return Spread.of(bySide.get(side).stream().map(figure::applyAsDouble).toList());
    }

    /** One side's figure divided by another's of the same round. */
    Spread ratio(Side side, Side other, String name) {
        return ratio(side, other, measured -> measured.number(name));
    }

    Spread ratio(Side side, Side other, ToDoubleFunction<Measurements> figure) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < bySide.get(side).size(); round++) {
            double above = figure.applyAsDouble(bySide.get(side).get(round));
            ratios.add(above / figure.applyAsDouble(bySide.get(other).get(round)));
        }
        return Spread.of(ratios);
    }
}
