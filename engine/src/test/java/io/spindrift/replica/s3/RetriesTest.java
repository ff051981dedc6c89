package io.spindrift.replica.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.replica.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RetriesTest {
    private final AtomicLong nanos = new AtomicLong();
    private final List<Duration> pauses = new ArrayList<>();

    @Test
    void pausesLongerAndLongerUpToTheLongest() throws Exception {
        Retries.Tries tries = retries(6, Duration.ofHours(1), 0.999999999).begin();
        while (tries.again()) {
            // Every pause is recorded.
        }
        assertThat(pauses.stream().map(Duration::toMillis)).containsExactly(299L, 899L, 1000L, 1000L, 1000L);
    }

    @Test
    void neverPausesShorterThanTheFirst() throws Exception {
        Retries.Tries tries = retries(3, Duration.ofHours(1), 0).begin();

        assertThat(tries.again()).isTrue();
        assertThat(tries.again()).isTrue();
        assertThat(tries.again()).isFalse();
        assertThat(tries.done()).isEqualTo(3);
        assertThat(pauses).containsExactly(Duration.ofMillis(100), Duration.ofMillis(100));
    }

    @Test
    void beginsNoTryAfterTheDeadline() throws Exception {
        Retries.Tries tries = retries(100, Duration.ofSeconds(1), 0).begin();
        assertThat(tries.again()).isTrue();
        nanos.addAndGet(Duration.ofMillis(801).toNanos());

        assertThat(tries.again()).isFalse();
        assertThat(pauses).hasSize(1);
    }

    @Test
    void stopsWhenInterruptedAndKeepsTheFlag() {
        Retries retries = new Retries(
                3,
                Duration.ofMillis(1),
                Duration.ofMillis(1),
                Duration.ofSeconds(1),
                duration -> {
                    throw new InterruptedException();
                },
                nanos::get,
                () -> 0);

        assertThatThrownBy(() -> retries.begin().again()).isInstanceOf(StoreException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    private Retries retries(int maxTries, Duration deadline, double random) {
        return new Retries(
                maxTries,
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                deadline,
                duration -> {
                    pauses.add(duration);
                    nanos.addAndGet(duration.toNanos());
                },
                nanos::get,
                () -> random);
    }
}
