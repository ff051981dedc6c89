package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.retry.RetryPolicy;
import io.spindrift.testing.WithoutPackages;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetryConfigurationTest {
    private static final String CLASS = Transfers.class.getName() + "/RetryOnConflict/";
    private static final String METHOD = Transfers.class.getName() + "/transfer/RetryOnConflict/";

    private final List<String> set = new ArrayList<>();

    @AfterEach
    void clear() {
        set.forEach(System::clearProperty);
    }

    @Test
    void theAnnotationsDefaultsAreThePolicysDefaults() {
        assertThat(policyOf(Plain.class)).isEqualTo(RetryPolicy.DEFAULT);
    }

    @Test
    void readsTheAnnotationsMembersInTheirUnits() throws Exception {
        assertThat(transfer())
                .isEqualTo(new RetryPolicy(
                        3,
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2),
                        0.5,
                        Duration.ofMinutes(1),
                        Set.of(IOException.class),
                        Set.of(IllegalStateException.class)));
    }

    @Test
    void everyMemberCanBeConfigured() throws Exception {
        set(METHOD + "maxRetries", "7");
        set(METHOD + "delay", "1");
        set(METHOD + "delayUnit", "seconds");
        set(METHOD + "maxDelay", "3");
        set(METHOD + "maxDelayUnit", "MINUTES");
        set(METHOD + "jitter", "0.25");
        set(METHOD + "maxDuration", "2");
        set(METHOD + "maxDurationUnit", "HOURS");
        set(METHOD + "retryOn", "java.sql.SQLException, java.io.IOException");
        set(METHOD + "abortOn", "java.lang.IllegalArgumentException");
        assertThat(transfer())
                .isEqualTo(new RetryPolicy(
                        7,
                        Duration.ofSeconds(1),
                        Duration.ofMinutes(3),
                        0.25,
                        Duration.ofHours(2),
                        Set.of(java.sql.SQLException.class, IOException.class),
                        Set.of(IllegalArgumentException.class)));
    }

    @Test
    void theMostPrecisePropertyWins() throws Exception {
        set("RetryOnConflict/maxRetries", "4");
        assertThat(transfer().maxRetries()).isEqualTo(4);
        assertThat(policyOf(Plain.class).maxRetries()).isEqualTo(4);
        set(CLASS + "maxRetries", "5");
        assertThat(transfer().maxRetries()).isEqualTo(5);
        set(METHOD + "maxRetries", "6");
        assertThat(transfer().maxRetries()).isEqualTo(6);
        assertThat(policyOf(Plain.class).maxRetries()).isEqualTo(4);
    }

    @Test
    void aValueThatCannotBeReadIsRefusedWithItsProperty() {
        assertRefused("maxRetries", "many", "is a whole number, found \"many\"");
        assertRefused("delay", "5ms", "is a whole number, found \"5ms\"");
        assertRefused("delayUnit", "MILLI", "is a unit of time such as MILLIS or SECONDS, found \"MILLI\"");
        assertRefused("jitter", "half", "is a number, found \"half\"");
        assertRefused(
                "retryOn",
                "no.such.Failure",
                "is a list of names of exceptions, with commas in between, found \"no.such.Failure\"");
        assertRefused("abortOn", "java.lang.String", "is a list of names of exceptions");
    }

    private void assertRefused(String member, String value, String sentence) {
        set(METHOD + member, value);
        assertThatThrownBy(this::transfer)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("The property " + METHOD + member + " " + sentence);
        System.clearProperty(METHOD + member);
    }

    @Test
    void aValueOutOfRangeIsRefusedWithThePropertiesThatCount() {
        set(CLASS + "maxDelay", "0"); // in the annotation's unit, seconds
        set(METHOD + "maxRetries", "5");
        assertThatThrownBy(this::transfer)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxDelay is not shorter than delay (PT0.5S), found PT0S; configured are " + METHOD
                        + "maxRetries, " + CLASS + "maxDelay");
    }

    @Test
    void aMonthIsNoExactTime() {
        assertThatThrownBy(() -> policyOf(Monthly.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxDelay is an exact time, found 1 Months");
    }

    @Test
    void withoutMicroProfileConfigTheAnnotationCounts() {
        assertThatCode(() -> new WithoutPackages("org.eclipse.microprofile.config.").run(Unconfigured.class))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> new WithoutPackages("com.example.").run(Unconfigured.class))
                .as("the same with the API")
                .isInstanceOf(AssertionError.class);
    }

    private RetryPolicy transfer() throws NoSuchMethodException {
        return RetryConfiguration.policy(
                Transfers.class.getMethod("transfer"),
                Transfers.class.getMethod("transfer").getAnnotation(RetryOnConflict.class));
    }

    private static RetryPolicy policyOf(Class<?> type) {
        return RetryConfiguration.policy(type, type.getAnnotation(RetryOnConflict.class));
    }

    private void set(String name, String value) {
        set.add(name);
        System.setProperty(name, value);
    }

    public static final class Unconfigured implements Runnable {
        @Override
        public void run() {
            String property = Plain.class.getName() + "/RetryOnConflict/maxRetries";
            System.setProperty(property, "99");
            try {
                assertThat(policyOf(Plain.class)).isEqualTo(RetryPolicy.DEFAULT);
            } finally {
                System.clearProperty(property);
            }
        }
    }

    @RetryOnConflict
    static class Plain {}

    static class Transfers {
        @RetryOnConflict(
                maxRetries = 3,
                delay = 500,
                maxDelay = 2,
                maxDelayUnit = ChronoUnit.SECONDS,
                jitter = 0.5,
                maxDuration = 1,
                maxDurationUnit = ChronoUnit.MINUTES,
                retryOn = IOException.class,
                abortOn = IllegalStateException.class)
        public void transfer() {}
    }

    @RetryOnConflict(maxDelay = 1, maxDelayUnit = ChronoUnit.MONTHS)
    static class Monthly {}
}
