package io.spindrift.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
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
        return combined(side, other, figure, (a, b) -> a / b);
    }

    /** How much more one side measured than another in the same round. */
    Spread difference(Side side, Side other, String name) {
        return combined(side, other, measured -> measured.number(name), (a, b) -> a - b);
    }

    private Spread combined(
            Side side, Side other, ToDoubleFunction<Measurements> figure, DoubleBinaryOperator combination) {
        List<Double> combined = new ArrayList<>();
        for (int round = 0; round < bySide.get(side).size(); round++) {
            double one = figure.applyAsDouble(bySide.get(side).get(round));
            double two = figure.applyAsDouble(bySide.get(other).get(round));
            combined.add(combination.applyAsDouble(one, two));
        }
        return Spread.of(combined);
    }
}
