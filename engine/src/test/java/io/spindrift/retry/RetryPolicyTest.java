package io.spindrift.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    @Test
    void namesTheValueThatIsOutOfRange() {
        assertRefused("maxRetries is 0 to 1000, found -1", policy -> policy.maxRetries(-1));
        assertRefused("maxRetries is 0 to 1000, found 1001", policy -> policy.maxRetries(1001));
        assertRefused("delay is zero or longer, found PT-1S", policy -> policy.delay(Duration.ofSeconds(-1)));
        assertRefused(
                "maxDelay is not shorter than delay (PT2S), found PT1S",
                policy -> policy.delay(Duration.ofSeconds(2)).maxDelay(Duration.ofSeconds(1)));
        assertRefused(
                "maxDelay is at most PT24H, found PT24H1S",
                policy -> policy.maxDelay(Duration.ofDays(1).plusSeconds(1)));
        assertRefused("jitter is 0 to 1, found 1.1", policy -> policy.jitter(1.1));
        assertRefused("jitter is 0 to 1, found NaN", policy -> policy.jitter(Double.NaN));
        assertRefused(
                "maxDuration is zero for no limit, or from delay (PT0.002S) to PT24H, found PT0.001S",
                policy -> policy.maxDuration(Duration.ofMillis(1)));
        assertRefused(
                "maxDuration is zero for no limit, or from delay (PT0.002S) to PT24H, found PT48H",
                policy -> policy.maxDuration(Duration.ofDays(2)));
    }

    @Test
    void zeroIsAllowedWhereItMeansNone() {
        RetryPolicy none = RetryPolicy.builder()
                .maxRetries(0)
                .delay(Duration.ZERO)
                .maxDelay(Duration.ZERO)
                .jitter(0)
                .maxDuration(Duration.ZERO)
                .build();
        assertThat(none.pause(1, 1)).isZero();
    }

    @Test
    void theLongestPauseDoublesUpToMaxDelayAndNeverOverflows() {
        RetryPolicy policy =
                RetryPolicy.builder().maxDelay(Duration.ofMillis(9)).build();
        assertThat(policy.pause(1, 1)).isEqualTo(Duration.ofMillis(2));
        assertThat(policy.pause(3, 1)).isEqualTo(Duration.ofMillis(8));
        assertThat(policy.pause(4, 1)).isEqualTo(Duration.ofMillis(9));
        assertThat(policy.pause(100_000, 1)).isEqualTo(Duration.ofMillis(9));
        RetryPolicy atOnce = RetryPolicy.builder().delay(Duration.ZERO).build();
        assertThat(atOnce.pause(100_000, 1)).isZero();
    }

    @Test
    void jitterIsThePartOfAPauseThatIsLeftToChance() {
        assertThat(pause(1, 0)).isZero();
        assertThat(pause(1, 0.5)).isEqualTo(Duration.ofMillis(1));
        assertThat(pause(0.5, 0)).isEqualTo(Duration.ofMillis(1));
        assertThat(pause(0.5, 1)).isEqualTo(Duration.ofMillis(2));
        assertThat(pause(0, 0)).isEqualTo(Duration.ofMillis(2));
    }

    private static Duration pause(double jitter, double chance) {
        return RetryPolicy.builder().jitter(jitter).build().pause(1, chance);
    }

    private static void assertRefused(String sentence, UnaryOperator<RetryPolicy.Builder> change) {
        RetryPolicy.Builder policy = change.apply(RetryPolicy.builder());
        assertThatThrownBy(policy::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }
}
