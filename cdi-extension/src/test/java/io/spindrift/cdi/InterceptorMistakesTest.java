package io.spindrift.cdi;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.transaction.Durable;
import io.spindrift.transaction.RetryOnConflict;
import jakarta.ejb.Singleton;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Stereotype;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InterceptorMistakesTest {
    @Test
    void allMistakesOfADeploymentAreReportedTogether() {
        assertThatThrownBy(() -> deploy(Accounts.class, Rates.class, Members.class, Payments.class))
                .hasMessageContaining("@RetryOnConflict on " + Accounts.class.getName() + ".open cannot retry")
                .hasMessageContaining("@RetryOnConflict on " + Rates.class.getName() + ".load cannot retry")
                .hasMessageContaining(
                        "@RetryOnConflict on " + Members.class.getName() + ".join: maxRetries is 0 to 1000, found -1")
                .hasMessageContaining("@Durable on " + Payments.class.getName() + ".pay cannot wait")
                .hasMessageContaining(
                        "@Durable on " + Members.class.getName() + ".leave: timeout is longer than zero, found PT-1S")
                .message()
                .doesNotContain(".find", ".rest", "java.lang.Object");
    }

    @Test
    void aConfigurationThatCannotBeHonouredFailsTheDeployment() {
        Map<String, String> wrong = Map.of(
                Rebates.class.getName() + "/grant/RetryOnConflict/maxRetries", "-1",
                Rebates.class.getName() + "/inherit/RetryOnConflict/delay", "soon",
                Letters.class.getName() + "/RetryOnConflict/jitter", "2");
        wrong.forEach(System::setProperty);
        try {
            assertThatThrownBy(() -> deploy(Rebates.class, Letters.class))
                    .message()
                    .contains(
                            "@RetryOnConflict on " + Rebates.class.getName()
                                    + ".grant: maxRetries is 0 to 1000, found -1; configured are "
                                    + Rebates.class.getName() + "/grant/RetryOnConflict/maxRetries",
                            "@RetryOnConflict on " + Rebates.class.getName() + ".inherit: The property "
                                    + Rebates.class.getName()
                                    + "/inherit/RetryOnConflict/delay is a whole number, found \"soon\"")
                    .containsOnlyOnce("@RetryOnConflict on " + Letters.class.getName())
                    .contains("@RetryOnConflict on " + Letters.class.getName() + ": jitter is 0 to 1, found 2.0");
        } finally {
            wrong.keySet().forEach(System::clearProperty);
        }
    }

    @Test
    void enterpriseBeansThatRunWithoutTheContainersTransactionAreAccepted() {
        assertThatCode(() -> deploy(BeanManaged.class, Suspended.class)).doesNotThrowAnyException();
    }

    private static void deploy(Class<?>... beans) {
        try (SeContainer container =
                SeContainerInitializer.newInstance().addBeanClasses(beans).initialize()) {
            container.isRunning();
        }
    }

    @Stateless
    @ApplicationScoped
    static class Accounts {
        @RetryOnConflict
        public void open() {}

        public void find() {}

        @RetryOnConflict
        @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
        public void rest() {}
    }

    @Singleton
    @ApplicationScoped
    @RetryOnConflict
    static class Rates {
        public void load() {}
    }

    @ApplicationScoped
    static class Members {
        @RetryOnConflict(maxRetries = -1)
        public void join() {}

        @Durable(timeout = -1)
        public void leave() {}
    }

    @ApplicationScoped
    @RetryOnConflict
    static class Rebates {
        @RetryOnConflict(maxRetries = 3)
        public void grant() {}

        public void inherit() {}
    }

    @Stereotype
    @RetryOnConflict
    @Retention(RetentionPolicy.RUNTIME)
    @interface Retried {}

    @ApplicationScoped
    @Retried
    static class Letters {
        public void write() {}
    }

    @Stateless
    @ApplicationScoped
    @Durable
    static class Payments {
        public void pay() {}
    }

    @Stateless
    @ApplicationScoped
    @TransactionManagement(TransactionManagementType.BEAN)
    static class BeanManaged {
        @RetryOnConflict
        public void transfer() {}
    }

    @Stateless
    @ApplicationScoped
    @RetryOnConflict
    @TransactionAttribute(TransactionAttributeType.NEVER)
    static class Suspended {
        public void transfer() {}
    }
}
