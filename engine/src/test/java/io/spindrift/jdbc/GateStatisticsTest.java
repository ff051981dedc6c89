package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GateStatisticsTest {
    private final AtomicLong nanoTime = new AtomicLong();
    private final WriterGate gate = new WriterGate("test", nanoTime::get, WriterGate.OVERTAKEN_AT_MOST);

    @Test
    void aGateThatWasFreeCountsNoWait() throws Exception {
        assertThat(gate.statistics()).isEqualTo(GateStatistics.NONE);
        gate.acquireForEngine(Duration.ZERO).close();
        gate.acquireForEngine(Duration.ZERO).close();

        GateStatistics statistics = gate.statistics();
        assertThat(statistics.acquisitions()).isEqualTo(2);
        assertThat(statistics.waits()).isZero();
        assertThat(statistics.waitsWithin().values()).containsOnly(0L);
    }

    @Test
    void whoeverWaitsIsCountedWhileWaitingAndAfterwards() throws Exception {
        WriterGate.Permit held = gate.acquireForEngine(Duration.ZERO);
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> take(Duration.ofSeconds(20)));
        await().until(() -> gate.statistics().waiting() == 1);
        nanoTime.set(Duration.ofMillis(50).toNanos());
        held.close();
        waiting.join();

        GateStatistics statistics = gate.statistics();
        assertThat(statistics.waiting()).isZero();
        assertThat(statistics.acquisitions()).isEqualTo(2);
        assertThat(statistics.waits()).isEqualTo(1);
        assertThat(statistics.waited()).isEqualTo(Duration.ofMillis(50)).isEqualTo(statistics.longestWait());
        assertThat(statistics.waitsWithin().keySet())
                .containsExactlyElementsOf(List.of(
                        Duration.ofNanos(100_000),
                        Duration.ofMillis(1),
                        Duration.ofMillis(10),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10)));
        assertThat(statistics.waitsWithin().values()).containsExactly(0L, 0L, 0L, 1L, 1L, 1L);
    }

    @Test
    void aWaitInVainCountsAsWaitAndNotAsAcquisition() throws Exception {
        try (WriterGate.Permit held = gate.acquireForEngine(Duration.ZERO)) {
            CompletableFuture<Void> inVain = CompletableFuture.runAsync(() -> take(Duration.ofMillis(20)));
            assertThatThrownBy(inVain::join).hasRootCauseInstanceOf(SQLTimeoutException.class);
        }

        assertThat(gate.statistics().acquisitions()).isEqualTo(1);
        assertThat(gate.statistics().waits()).isEqualTo(1);
    }

    @Test
    void theLongestHoldIsThatOfThePresentHolderWhereItIsLonger() throws Exception {
        try (WriterGate.Permit held = gate.acquireForEngine(Duration.ZERO)) {
            nanoTime.addAndGet(300);
        }
        try (WriterGate.Permit held = gate.acquireForEngine(Duration.ZERO)) {
            nanoTime.addAndGet(200);
            assertThat(gate.statistics().longestHold()).isEqualTo(Duration.ofNanos(300));
            nanoTime.addAndGet(200);
            assertThat(gate.statistics().longestHold()).isEqualTo(Duration.ofNanos(400));
            assertThat(gate.statistics().held()).isEqualTo(Duration.ofNanos(300));
            assertThat(gate.statistics().holder())
                    .contains(new GateStatistics.Holder(Thread.currentThread().getName(), true, Duration.ofNanos(400)));
        }
        assertThat(gate.statistics().held()).isEqualTo(Duration.ofNanos(700));
        assertThat(gate.statistics().holder()).isEmpty();
    }

    private void take(Duration atMost) {
        try {
            gate.acquireForEngine(atMost).close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
