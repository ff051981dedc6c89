package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class CrewTest {
    @Test
    void aHelperThatComesWhenTheWorkIsOverDoesNothing() throws Exception {
        List<Runnable> late = new ArrayList<>();
        AtomicInteger worked = new AtomicInteger();

        new Crew(late::add, 3).work(worked::incrementAndGet);
        late.forEach(Runnable::run);

        assertThat(late).hasSize(2);
        assertThat(worked).hasValue(1);
    }

    @Test
    void theCallerReturnsOnlyWhenEveryHelperHas() throws Exception {
        Thread caller = Thread.currentThread();
        CountDownLatch helping = new CountDownLatch(1);
        AtomicBoolean helped = new AtomicBoolean();

        new Crew(task -> new Thread(task).start(), 2)
                .work(
                        () -> {
                            helping.countDown();
                            Awaitility.await()
                                    .atMost(Duration.ofSeconds(10))
                                    .until(() -> caller.getState() == Thread.State.WAITING);
                            helped.set(true);
                        },
                        () -> Awaitility.await().until(() -> helping.getCount() == 0));

        assertThat(helped).isTrue();
    }

    @Test
    void theFailureOfAHelperIsTheCallersToo() {
        CountDownLatch failed = new CountDownLatch(1);

        assertThatThrownBy(() -> new Crew(task -> new Thread(task).start(), 2)
                        .work(
                                () -> {
                                    failed.countDown();
                                    throw new IOException("the disk is full");
                                },
                                () -> Awaitility.await().until(() -> failed.getCount() == 0)))
                .isInstanceOf(IOException.class)
                .hasMessage("the disk is full");
    }
}
