package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.sync.SimulatedConflicts.Order;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SimulatedConflictsTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // the clock may overflow
    private final SimulatedConflicts conflicts = new SimulatedConflicts(nanos::get);

    @Test
    void anOrderThatNobodyWithdrawsEndsWithItsTime() {
        Order order = conflicts.place(10, Duration.ofSeconds(60));
        nanos.addAndGet(Duration.ofSeconds(60).toNanos() - 1);
        assertThatThrownBy(conflicts::beforeCommit).hasFieldOrPropertyWithValue("SQLState", "40001");
        assertThat(order.left()).isEqualTo(9);

        nanos.incrementAndGet();
        assertThat(order.left()).isZero();
        assertThatCode(conflicts::beforeCommit).doesNotThrowAnyException();
    }

    @Test
    void anotherMayFollowOneWhoseTimeIsOver() {
        conflicts.place(10, Duration.ofSeconds(60));
        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        Order next = conflicts.place(1, Duration.ofSeconds(60));
        assertThatThrownBy(conflicts::beforeCommit).isNotNull();
        assertThat(next.left()).isZero();
    }
}
