package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GateStatisticsTest {
    private final WriterGate gate = new WriterGate("test");

    @Test
    void aGateThatWasFreeCountsNoWait() throws Exception {
        gate.acquireForEngine(Duration.ZERO).close();
        gate.acquireForEngine(Duration.ZERO).close();

        assertThat(gate.statistics()).isEqualTo(new GateStatistics(0, 2, 0, Duration.ZERO, Duration.ZERO));
    }

    @Test
    void whoeverWaitsIsCountedWhileWaitingAndAfterwards() throws Exception {
        WriterGate.Permit held = gate.acquireForEngine(Duration.ZERO);
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> take(Duration.ofSeconds(20)));
        await().until(() -> gate.statistics().waiting() == 1);
        held.close();
        waiting.join();

        GateStatistics statistics = gate.statistics();
        assertThat(statistics.waiting()).isZero();
        assertThat(statistics.acquisitions()).isEqualTo(2);
        assertThat(statistics.waits()).isEqualTo(1);
        assertThat(statistics.waited()).isPositive().isEqualTo(statistics.longestWait());
    }

    @Test
    void aWaitInVainCountsAsWaitAndNotAsAcquisition() throws Exception {
        try (WriterGate.Permit held = gate.acquireForEngine(Duration.ZERO)) {
            CompletableFuture<Void> inVain = CompletableFuture.runAsync(() -> take(Duration.ofMillis(20)));
            assertThatThrownBy(inVain::join).hasRootCauseInstanceOf(SQLTimeoutException.class);
        }

        assertThat(gate.statistics().acquisitions()).isEqualTo(1);
        assertThat(gate.statistics().waits()).isEqualTo(1);
        assertThat(gate.statistics().longestWait()).isGreaterThanOrEqualTo(Duration.ofMillis(20));
    }

    private void take(Duration atMost) {
        try {
            gate.acquireForEngine(atMost).close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
