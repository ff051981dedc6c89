package io.spindrift.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.spindrift.retry.ConflictEvent.Decision;
import io.spindrift.retry.ConflictRetry.Surroundings;
import io.spindrift.retry.Transactions.Work;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ConflictRetryTest {
    private final List<Duration> pauses = new ArrayList<>();
    private final List<ConflictEvent> events = new ArrayList<>();
    private Duration now = Duration.ZERO;

    @Test
    void triesAgainAfterAConflict() throws Exception {
        assertThat(retry(3).call(failingWith(conflict(), conflict()))).isEqualTo("done");
        assertThat(pauses).hasSize(2);
    }

    @Test
    void throwsAnyOtherFailureAtOnce() {
        SQLException unique = new SQLException("unique", "23505");
        assertThatThrownBy(() -> retry(3).call(failingWith(unique))).isSameAs(unique);
        assertThat(pauses).isEmpty();
        assertThat(events).isEmpty();
    }

    @Test
    void throwsTheLastFailureWithTheEarlierOnesAsSuppressed() {
        SQLException first = conflict();
        SQLException second = conflict();
        SQLException third = conflict();

        Throwable thrown = catchThrowable(() -> retry(2).call(failingWith(first, second, third)));

        assertThat(thrown).isSameAs(third);
        assertThat(thrown.getSuppressed()).containsExactly(first, second);
        assertThat(pauses).hasSize(2);
    }

    @Test
    void keepsTheConflictsThatCameBeforeAnotherFailureOrAnError() {
        SQLException conflict = conflict();
        SQLException unique = new SQLException("unique", "23505");
        assertThatThrownBy(() -> retry(5).call(failingWith(conflict, unique)))
                .isSameAs(unique)
                .hasSuppressedException(conflict);

        AssertionError error = new AssertionError("balance", conflict());
        Iterator<Throwable> failures = List.<Throwable>of(conflict, error).iterator();
        assertThatThrownBy(() -> retry(5).run(() -> {
                    Throwable next = failures.next();
                    if (next instanceof Error fatal) {
                        throw fatal;
                    }
                    throw (SQLException) next;
                }))
                .isSameAs(error)
                .hasSuppressedException(conflict);
    }

    @Test
    void survivesWorkThatThrowsTheSameInstanceTwice() {
        SQLException conflict = conflict();
        assertThatThrownBy(() -> retry(1).call(failingWith(conflict, conflict))).isSameAs(conflict);
    }

    @Test
    void doublesTheLongestPauseUpToMaxDelay() {
        ConflictRetry always = retry(6);
        assertThatThrownBy(() -> always.run(ConflictRetryTest::fail)).isInstanceOf(SQLException.class);
        assertThat(pauses).extracting(Duration::toMillis).containsExactly(2L, 4L, 8L, 16L, 20L, 20L);
    }

    @Test
    void beginsNoRetryLaterThanMaxDuration() {
        SQLException last = conflict();
        ConflictRetry hurried = retry(100, policy -> policy.maxDuration(Duration.ofMillis(40)));
        assertThatThrownBy(() -> hurried.call(takingMillis(5, conflict(), conflict(), conflict(), last)))
                .isSameAs(last);
        // 5 + 2 + 5 + 4 + 5 + 8 + 5 = 34 ms have passed: there is time, but not for a pause of 16 ms.
        assertThat(pauses).extracting(Duration::toMillis).containsExactly(2L, 4L, 8L);
        assertThat(events.get(3).decision()).isEqualTo(Decision.NO_TIME_LEFT);
    }

    @Test
    void theListenerIsToldOfEachAttemptThatLost() {
        SQLException first = conflict();
        SQLException second = conflict();
        ConflictRetry named = retry(1).named("transfer");
        assertThatThrownBy(() -> named.call(failingWith(first, second))).isSameAs(second);
        assertThat(events)
                .containsExactly(
                        new ConflictEvent("transfer", 1, Decision.RETRY, Duration.ofMillis(2), first),
                        new ConflictEvent("transfer", 2, Decision.NO_RETRIES_LEFT, Duration.ZERO, second));
    }

    @Test
    void withoutANameItIsTheClassTheWorkIsWrittenIn() throws Exception {
        Iterator<SQLException> once = List.of(conflict()).iterator();
        retry(1).run(() -> {
            if (once.hasNext()) {
                throw once.next();
            }
        });
        assertThat(events).extracting(ConflictEvent::what).containsExactly(ConflictRetryTest.class.getName());
    }

    @Test
    void aListenerThatThrowsChangesNothing() throws Exception {
        SQLException conflict = conflict();
        IllegalStateException broken = new IllegalStateException("listener");
        ConflictRetry retry = retry(3).listener(event -> {
            throw broken;
        });
        assertThat(retry.call(failingWith(conflict))).isEqualTo("done");
        assertThat(conflict.getSuppressed()).containsExactly(broken);
    }

    @Test
    void stopsWhenTheThreadIsInterruptedAndLeavesItInterrupted() {
        SQLException conflict = conflict();
        ConflictRetry real = Transactions.with(RetryPolicy.builder()
                        .delay(Duration.ofHours(1))
                        .maxDelay(Duration.ofHours(1))
                        .maxDuration(Duration.ZERO)
                        .build())
                .listener(events::add);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> real.call(failingWith(conflict))).isSameAs(conflict);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(events).extracting(ConflictEvent::decision).containsExactly(Decision.INTERRUPTED);
    }

    @Test
    void anInterruptEndsAPauseOfNoLengthToo() {
        SQLException conflict = conflict();
        ConflictRetry atOnce =
                Transactions.with(RetryPolicy.builder().delay(Duration.ZERO).build());
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> atOnce.call(failingWith(conflict))).isSameAs(conflict);
        assertThat(Thread.interrupted()).isTrue();
    }

    private ConflictRetry retry(int maxRetries) {
        return retry(maxRetries, UnaryOperator.identity());
    }

    private ConflictRetry retry(int maxRetries, UnaryOperator<RetryPolicy.Builder> change) {
        RetryPolicy policy = change.apply(
                        RetryPolicy.builder().maxRetries(maxRetries).maxDelay(Duration.ofMillis(20)))
                .build();
        return new ConflictRetry(policy, new Surroundings(this::pause, () -> 1, () -> now.toNanos()))
                .listener(events::add);
    }

    private void pause(Duration duration) {
        pauses.add(duration);
        now = now.plus(duration);
    }

    private Work<String, Exception> takingMillis(long millis, Exception... failures) {
        Work<String, Exception> work = failingWith(failures);
        return () -> {
            now = now.plusMillis(millis);
            return work.call();
        };
    }

    private static Work<String, Exception> failingWith(Exception... failures) {
        Iterator<Exception> next = Arrays.asList(failures).iterator();
        return () -> {
            if (next.hasNext()) {
                throw next.next();
            }
            return "done";
        };
    }

    private static void fail() throws SQLException {
        throw conflict();
    }

    private static SQLException conflict() {
        return new SQLTransactionRollbackException("another transaction changed what this one read", "40001");
    }
}
