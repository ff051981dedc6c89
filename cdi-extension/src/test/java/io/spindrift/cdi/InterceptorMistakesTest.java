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
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import org.junit.jupiter.api.Test;

class InterceptorMistakesTest {
    @Test
    void allMistakesOfADeploymentAreReportedTogether() {
        assertThatThrownBy(() -> deploy(Accounts.class, Rates.class, Members.class, Payments.class))
                .hasMessageContaining("@RetryOnConflict on " + Accounts.class.getName() + ".open cannot retry")
                .hasMessageContaining("@RetryOnConflict on " + Rates.class.getName() + ".load cannot retry")
                .hasMessageContaining("@RetryOnConflict on " + Members.class.getName()
                        + ".join: maxRetries is 0 or greater, found -1")
                .hasMessageContaining("@Durable on " + Payments.class.getName() + ".pay cannot wait")
                .hasMessageContaining(
                        "@Durable on " + Members.class.getName() + ".leave: timeout is longer than zero, found PT-1S")
                .message()
                .doesNotContain(".find", ".rest", "java.lang.Object");
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
