package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.jdbc.ListHistory.Transaction;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The checker finds what it is there to find. */
class ListHistoryTest {
    private static Transaction concurrent(int id) {
        return new Transaction(id, 0);
    }

    private static Optional<String> violation(Map<Integer, List<Integer>> lists, Transaction... transactions) {
        return ListHistory.violation(List.of(transactions), lists);
    }

    @Test
    void aSerialHistoryIsNone() {
        assertThat(violation(
                        Map.of(1, List.of(10, 20), 2, List.of(21)),
                        concurrent(1).read(1).append(1, 10).read(1, 10).committed(1),
                        new Transaction(2, 2)
                                .read(1, 10)
                                .append(1, 20)
                                .append(2, 21)
                                .committed(3),
                        new Transaction(3, 2).read(1, 10).read(2).append(2, 31).rolledBack(5),
                        new Transaction(4, 6).read(1, 10, 20).read(2, 21).committed(7)))
                .isEmpty();
    }

    @Test
    void aLostUpdateIsOne() {
        assertThat(violation(
                        Map.of(1, List.of(10, 20)),
                        concurrent(1).read(1).append(1, 10).committed(5),
                        concurrent(2).read(1).append(1, 20).committed(6)))
                .isPresent();
    }

    @Test
    void writeSkewIsOne() {
        assertThat(violation(
                        Map.of(1, List.of(10), 2, List.of(20)),
                        concurrent(1).read(2).append(1, 10).committed(5),
                        concurrent(2).read(1).append(2, 20).committed(6)))
                .get()
                .asString()
                .contains("no order explains all reads");
    }

    @Test
    void readSkewIsOne() {
        assertThat(violation(
                        Map.of(1, List.of(10), 2, List.of(11)),
                        concurrent(1).append(1, 10).append(2, 11).committed(5),
                        concurrent(2).read(1).read(2, 11).committed(6)))
                .isPresent();
    }

    @Test
    void aReadOnlyTransactionThatSeesTheWritersInAnotherOrderIsOne() {
        assertThat(violation(
                        Map.of(1, List.of(10), 2, List.of(20)),
                        concurrent(1).append(1, 10).committed(5),
                        concurrent(2).append(2, 20).committed(6),
                        concurrent(3).read(1, 10).read(2).committed(7),
                        concurrent(4).read(1).read(2, 20).committed(8)))
                .isPresent();
    }

    @Test
    void aReadOfWhatWasRolledBackIsOne() {
        assertThat(violation(
                        Map.of(),
                        concurrent(1).append(1, 10).rolledBack(5),
                        concurrent(2).read(1, 10).committed(6)))
                .get()
                .asString()
                .contains("transaction 2 read [10]");
    }

    @Test
    void aCommitThatVanishedIsOne() {
        assertThat(violation(Map.of(), concurrent(1).append(1, 10).committed(5)))
                .contains("element 10 of transaction 1 was lost");
    }

    @Test
    void anOldStateReadLaterIsOne() {
        assertThat(violation(
                        Map.of(1, List.of(10)),
                        concurrent(1).append(1, 10).committed(5),
                        new Transaction(2, 6).read(1).committed(7)))
                .isPresent();
        assertThat(violation(
                        Map.of(1, List.of(10)),
                        concurrent(1).append(1, 10).committed(5),
                        new Transaction(2, 4).read(1).committed(7)))
                .isEmpty();
    }
}
