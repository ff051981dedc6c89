package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.jdbc.WriterGate.Permit;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One at a time, nobody forgotten. */
@Timeout(60)
class WriterGateTest {
    private static final Duration PATIENT = Duration.ofSeconds(50);

    private final AtomicLong nanoTime = new AtomicLong();
    private final WriterGate gate = new WriterGate("test", nanoTime::get, WriterGate.OVERTAKEN_AT_MOST);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    /** Takes the gate, and gives it back when the latch is open. */
    private Future<?> waiter(CountDownLatch release) {
        int before = gate.waiting();
        Future<?> waiter = threads.submit(() -> {
            try (Permit permit = gate.acquireForEngine(PATIENT)) {
                release.await();
            }
            return null;
        });
        await().until(() -> gate.waiting() == before + 1);
        return waiter;
    }

    @Test
    void whoIsFirstInLineIsOvertakenSixteenTimesAndThenGivenTheGate() throws Exception {
        CountDownLatch release = new CountDownLatch(2);
        Permit held = gate.acquireForEngine(Duration.ZERO);
        Future<?> first = waiter(release);
        Future<?> second = waiter(release);
        int overtakings = 0;
        gate.lock.lock(); // those who wait cannot run, whatever the scheduler does
        try {
            for (; overtakings < 100; overtakings++) {
                held.close();
                try {
                    held = gate.acquireForEngine(Duration.ZERO);
                } catch (SQLTimeoutException givenToTheFirst) {
                    break;
                }
            }
        } finally {
            gate.lock.unlock();
        }
        assertThat(overtakings).isEqualTo(WriterGate.OVERTAKEN_AT_MOST);
        assertThat(gate.statistics().overtakings()).isEqualTo(WriterGate.OVERTAKEN_AT_MOST);
        release.countDown();
        release.countDown();
        first.get(30, TimeUnit.SECONDS);
        second.get(30, TimeUnit.SECONDS);
        gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void afterALongTransactionTheFirstInLineIsGivenTheGate() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Permit held = gate.acquireForEngine(Duration.ZERO);
        Future<?> waiter = waiter(release);
        nanoTime.addAndGet(TimeUnit.MILLISECONDS.toNanos(2));
        gate.lock.lock();
        try {
            held.close();
            assertThatThrownBy(() -> gate.acquireForEngine(Duration.ZERO)).isInstanceOf(SQLTimeoutException.class);
        } finally {
            gate.lock.unlock();
        }
        release.countDown();
        waiter.get(30, TimeUnit.SECONDS);
        assertThat(gate.statistics().overtakings()).isZero();
        gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void whoIsInterruptedWhenItIsItsTurnPassesItOn() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Permit held = gate.acquireForEngine(Duration.ZERO);
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread first = new Thread(() -> {
            try (Permit permit = gate.acquireForEngine(PATIENT)) {
                outcome.complete("entered");
            } catch (SQLException e) {
                outcome.complete(e.getSQLState());
            }
        });
        first.start();
        await().until(() -> gate.waiting() == 1);
        Future<?> second = waiter(release);
        gate.lock.lock();
        try {
            first.interrupt();
            await().until(() -> gate.lock.hasQueuedThread(first)); // it waits for its turn no more, and cannot say so
            held.close();
        } finally {
            gate.lock.unlock();
        }
        assertThat(outcome.get(30, TimeUnit.SECONDS)).isEqualTo("57014");
        release.countDown();
        second.get(30, TimeUnit.SECONDS);
        gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void aThreadThatWouldWaitForItselfIsToldAtOnceAlsoBehindOthers() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Permit held = gate.acquireForEngine(Duration.ZERO);
        Future<?> waiter = waiter(release);
        assertThatThrownBy(() -> gate.acquireForEngine(PATIENT))
                .isInstanceOfSatisfying(SQLNonTransientException.class, e -> assertThat(e.getSQLState())
                        .isEqualTo("25001"));
        assertThatThrownBy(gate::refuseToWaitForOneself).isInstanceOf(SQLNonTransientException.class);
        held.close();
        release.countDown();
        waiter.get(30, TimeUnit.SECONDS);
        gate.refuseToWaitForOneself();
    }

    @Test
    void theErrorNamesWhoHasTheGateAndForHowLong() throws Exception {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = new Thread(
                () -> {
                    try (Permit permit = gate.acquireForEngine(Duration.ZERO)) {
                        taken.countDown();
                        release.await();
                    } catch (SQLException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                },
                "checkpointer");
        holder.start();
        taken.await();
        nanoTime.addAndGet(TimeUnit.MILLISECONDS.toNanos(1234));
        assertThatThrownBy(() -> gate.acquireForEngine(Duration.ofMillis(1)))
                .isInstanceOfSatisfying(SQLTimeoutException.class, e -> assertThat(e.getSQLState())
                        .isEqualTo("HYT00"))
                .hasMessageContaining("now the engine of thread checkpointer for 1234 ms");
        assertThat(gate.statistics().holder())
                .contains(new GateStatistics.Holder("checkpointer", true, Duration.ofMillis(1234)));
        release.countDown();
        holder.join();
        assertThat(gate.statistics().holder()).isEmpty();
    }

    @Test
    void manyWritersWithLongAndShortPatienceExcludeEachOtherAndLeaveTheGateFree() throws Exception {
        WriterGate real = new WriterGate("test");
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
                    try (Permit permit = real.acquireForEngine(patience)) {
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
        assertThat(real.waiting()).isZero();
        assertThat(real.statistics().acquisitions()).isEqualTo(passed.get());
        real.acquireForEngine(Duration.ZERO).close();
    }
}
