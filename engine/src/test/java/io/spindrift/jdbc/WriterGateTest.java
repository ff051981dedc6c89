package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.jdbc.WriterGate.Permit;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One at a time, nobody forgotten. */
class WriterGateTest {
    private final WriterGate gate = new WriterGate("test");
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    @Test
    void whoHasWaitedLongIsGivenTheGateAndCannotBeOvertaken() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Permit held = gate.acquireForEngine(Duration.ZERO);
        Future<?> waiter = threads.submit(() -> {
            try (Permit permit = gate.acquireForEngine(Duration.ofSeconds(30))) {
                release.await();
            }
            return null;
        });
        await().until(() -> gate.waiting() == 1);
        long since = System.nanoTime();
        await().until(() -> System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(10));
        held.close();
        // In the same instant, before the waiter can have woken:
        assertThatThrownBy(() -> gate.acquireForEngine(Duration.ZERO)).isInstanceOf(SQLTimeoutException.class);
        release.countDown();
        waiter.get(30, TimeUnit.SECONDS);
        gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void manyWritersWithLongAndShortPatienceExcludeEachOtherAndLeaveTheGateFree() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger passed = new AtomicInteger();
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            boolean patient = i % 2 == 0;
            writers.add(threads.submit(() -> {
                for (int n = 0; n < 3_000; n++) {
                    int micros = ThreadLocalRandom.current().nextInt(300);
                    Duration patience = patient ? Duration.ofSeconds(60) : Duration.ofNanos(micros * 1_000L);
                    try (Permit permit = gate.acquireForEngine(patience)) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        inside.decrementAndGet();
                        passed.incrementAndGet();
                    } catch (SQLException impatient) {
                        assertThat(patient).isFalse();
                    }
                }
                return null;
            }));
        }
        for (Future<?> writer : writers) {
            writer.get(60, TimeUnit.SECONDS);
        }
        assertThat(most).hasValue(1);
        assertThat(passed.get()).isGreaterThanOrEqualTo(4 * 3_000);
        assertThat(gate.waiting()).isZero();
        gate.acquireForEngine(Duration.ZERO).close();
    }
}
