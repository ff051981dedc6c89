package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    @Test
    void theAnnotationsDefaultsAreThePolicysDefaults() {
        assertThat(RetryPolicy.of(annotationOf(Plain.class))).isEqualTo(RetryPolicy.DEFAULT);
    }

    @Test
    void readsDurationsInTheirUnits() {
        assertThat(RetryPolicy.of(annotationOf(Slow.class)))
                .isEqualTo(new RetryPolicy(3, Duration.ofMillis(500), Duration.ofSeconds(2)));
    }

    @Test
    void namesTheMemberThatIsOutOfRange() {
        assertRefused("maxRetries is 0 or greater, found -1", -1, "PT0S", "PT1S");
        assertRefused("delay is zero or longer, found PT-1S", 1, "PT-1S", "PT1S");
        assertRefused("maxDelay is not shorter than delay (PT2S), found PT1S", 1, "PT2S", "PT1S");
        assertRefused("maxDelay is at most PT24H, found PT24H1S", 1, "PT2S", "PT24H1S");
        assertThatThrownBy(() -> RetryPolicy.of(annotationOf(Monthly.class)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxDelay is an exact time")
                .hasMessageContaining("1 Months");
    }

    @Test
    void theLongestPauseNeverOverflows() {
        assertThat(RetryPolicy.DEFAULT.longestPause(100_000)).isEqualTo(Duration.ofMillis(250));
        assertThat(new RetryPolicy(1, Duration.ZERO, Duration.ofSeconds(1)).longestPause(100_000))
                .isZero();
    }

    private static void assertRefused(String sentence, int maxRetries, String delay, String maxDelay) {
        assertThatThrownBy(() -> new RetryPolicy(maxRetries, Duration.parse(delay), Duration.parse(maxDelay)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(sentence);
    }

    private static RetryOnConflict annotationOf(Class<?> type) {
        return type.getAnnotation(RetryOnConflict.class);
    }

    @RetryOnConflict
    static class Plain {}

    @RetryOnConflict(maxRetries = 3, delay = 500, maxDelay = 2, maxDelayUnit = ChronoUnit.SECONDS)
    static class Slow {}

    @RetryOnConflict(maxDelay = 1, maxDelayUnit = ChronoUnit.MONTHS)
    static class Monthly {}
}
