package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.testing.Naming;
import io.spindrift.testing.Transactions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Stereotype;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.transaction.Transactional;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RetryOnConflictTest {
    private SeContainer container;

    @BeforeEach
    void start() {
        Transactions.begin();
        container = SeContainerInitializer.newInstance()
                .addBeanClasses(Transactions.class, Transfers.class, Postings.class, Reports.class)
                .initialize();
    }

    @AfterEach
    void stop() {
        container.close();
        Naming.clear();
    }

    @Test
    void everyAttemptHasATransactionOfItsOwn() throws Exception {
        assertThat(transfers().transfer(2)).isEqualTo("transferred at attempt 3");
        assertThat(Transactions.ENDS).containsExactly("rollback", "rollback", "commit");
    }

    @Test
    void aConflictThatShowsAtCommitIsRetriedToo() throws Exception {
        Transactions.COMMIT_FAILURES.add(new IllegalStateException(conflict()));
        assertThat(transfers().transfer(0)).isEqualTo("transferred at attempt 2");
        assertThat(Transactions.ENDS).containsExactly("rollback", "commit");
    }

    @Test
    void theMethodsValuesDecideHowOften() {
        assertThatThrownBy(() -> transfers().transfer(9)).isInstanceOf(SQLException.class);
        assertThat(Transactions.ENDS).hasSize(4);
    }

    @Test
    void theClasssValuesDecideHowOften() {
        Postings postings = container.select(Postings.class).get();
        assertThatThrownBy(postings::post).isInstanceOf(SQLException.class);
        assertThat(Transactions.ENDS).hasSize(2);
    }

    @Test
    void theStereotypesValuesDecideHowOften() {
        Reports reports = container.select(Reports.class).get();
        assertThatThrownBy(reports::write).isInstanceOf(SQLException.class);
        assertThat(Transactions.ENDS).hasSize(3);
    }

    @Test
    void refusesToRunInsideAnActiveTransaction() {
        Transactions.setActive(true);
        assertThatThrownBy(() -> transfers().transfer(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("@RetryOnConflict on " + Transfers.class.getName() + ".transfer")
                .hasMessageContaining("inside an active transaction");
        assertThat(transfers().attempts()).isZero();
    }

    @Test
    void retriesWhereThereIsNoTransactionService() throws Exception {
        Naming.clear();
        assertThat(transfers().transfer(1)).isEqualTo("transferred at attempt 2");
    }

    private Transfers transfers() {
        return container.select(Transfers.class).get();
    }

    private static SQLException conflict() {
        return new SQLTransactionRollbackException("balance has changed", "40001");
    }

    @ApplicationScoped
    static class Transfers {
        private int attempts;

        @RetryOnConflict(maxRetries = 3, delay = 0)
        @Transactional
        public String transfer(int conflicts) throws SQLException {
            if (++attempts <= conflicts) {
                throw conflict();
            }
            return "transferred at attempt " + attempts;
        }

        public int attempts() {
            return attempts;
        }
    }

    @ApplicationScoped
    @RetryOnConflict(maxRetries = 1, delay = 0)
    @Transactional
    static class Postings {
        public void post() throws SQLException {
            throw conflict();
        }
    }

    @Stereotype
    @RetryOnConflict(maxRetries = 2, delay = 0)
    @Transactional
    @Retention(RetentionPolicy.RUNTIME)
    @interface Retried {}

    @ApplicationScoped
    @Retried
    static class Reports {
        public void write() throws SQLException {
            throw conflict();
        }
    }
}
