package io.spindrift.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.ownership.OwnershipModel.Bounds;
import io.spindrift.ownership.OwnershipModel.Rule;
import io.spindrift.ownership.OwnershipModel.Step;
import io.spindrift.ownership.OwnershipModel.World;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Visits every state of {@link OwnershipModel} within bounds, the nearest first. */
class OwnershipModelTest {
    private static final Bounds SMALL = new Bounds(2, 4, 1, 2, 0, 0, 0);
    private static final Bounds ONE_CRASH = new Bounds(2, 3, 1, 1, 1, 0, 0);
    private static final Bounds ONE_COPY = new Bounds(2, 3, 1, 2, 0, 0, 1);

    @Test
    void withAllRulesNoDurableCommitIsLostAndNoHistoryIsMixed() {
        assertHolds(EnumSet.allOf(Rule.class), SMALL);
    }

    static List<Arguments> droppedRules() {
        return List.of(
                Arguments.of(EnumSet.of(Rule.CLAIMS_ARE_KEPT), SMALL),
                Arguments.of(EnumSet.of(Rule.ANNOUNCED_FIRST), ONE_CRASH),
                Arguments.of(EnumSet.of(Rule.LEFT_OVERS_ARE_KEPT), ONE_COPY),
                Arguments.of(EnumSet.of(Rule.CLAIM_BEFORE_WRITING), SMALL),
                Arguments.of(EnumSet.of(Rule.CLAIM_IN_TIME, Rule.ANSWER_IN_TIME, Rule.SHIP_IN_TIME), SMALL));
    }

    @ParameterizedTest
    @MethodSource("droppedRules")
    void withoutAnyOneOfTheRulesACommitIsLostOrAHistoryMixed(Set<Rule> dropped, Bounds bounds) {
        assertThat(explore(EnumSet.complementOf(EnumSet.copyOf(dropped)), bounds)
                        .violation())
                .isPresent();
    }

    static List<Bounds> wider() {
        return List.of(
                ONE_CRASH,
                ONE_COPY,
                new Bounds(2, 3, 1, 1, 1, 1, 0),
                new Bounds(2, 3, 1, 2, 0, 1, 1),
                new Bounds(2, 4, 2, 1, 0, 0, 0));
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("wider")
    void withAllRulesNothingIsLostInAWiderWorldEither(Bounds bounds) {
        assertHolds(EnumSet.allOf(Rule.class), bounds);
    }

    /** The parts of the third rule guard each other: time alone is what the announcement of a claim buys, too. */
    @Tag("long")
    @ParameterizedTest
    @EnumSource(names = {"CLAIM_IN_TIME", "ANSWER_IN_TIME", "SHIP_IN_TIME"})
    void anyPartOfTheThirdRuleIsCoveredByTheOthers(Rule dropped) {
        assertHolds(EnumSet.complementOf(EnumSet.of(dropped)), SMALL);
        assertHolds(EnumSet.complementOf(EnumSet.of(dropped)), ONE_COPY);
    }

    private static void assertHolds(Set<Rule> rules, Bounds bounds) {
        Explored explored = explore(rules, bounds);

        assertThat(explored.violation()).isEmpty();
        assertThat(explored.states()).isGreaterThan(10_000);
    }

    record Explored(int states, Optional<String> violation) {}

    static Explored explore(Set<Rule> rules, Bounds bounds) {
        OwnershipModel model = new OwnershipModel(rules, bounds);
        World first = model.beginning();
        Map<World, Reached> reached = new HashMap<>();
        Deque<World> next = new ArrayDeque<>();
        reached.put(first, new Reached(Optional.empty(), "the beginning"));
        next.add(first);
        while (!next.isEmpty()) {
            World world = next.remove();
            Optional<String> wrong = model.violation(world);
            if (wrong.isPresent()) {
                String story = wrong.get() + ", after: " + String.join("; ", path(reached, world));
                System.out.println(bounds + " without " + EnumSet.complementOf(EnumSet.copyOf(rules)) + ", "
                        + reached.size() + " states: " + story);
                return new Explored(reached.size(), Optional.of(story));
            }
            for (Step step : model.steps(world)) {
                if (reached.putIfAbsent(step.world(), new Reached(Optional.of(world), step.move())) == null) {
                    next.add(step.world());
                }
            }
        }
        System.out.println(bounds + " with " + rules + ": " + reached.size() + " states");
        return new Explored(reached.size(), Optional.empty());
    }

    private record Reached(Optional<World> from, String move) {}

    private static List<String> path(Map<World, Reached> reached, World last) {
        List<String> moves = new ArrayList<>();
        Optional<World> at = Optional.of(last);
        while (at.isPresent()) {
            Reached step = reached.get(at.get());
            moves.add(step.move());
            at = step.from();
        }
        Collections.reverse(moves);
        return moves.subList(1, moves.size());
    }
}
