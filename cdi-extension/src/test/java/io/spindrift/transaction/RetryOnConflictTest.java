package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.spindrift.retry.ConflictEvent;
import io.spindrift.retry.ConflictEvent.Decision;
import io.spindrift.retry.ContainerTransaction;
import io.spindrift.testing.Naming;
import io.spindrift.testing.Transactions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Stereotype;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RetryOnConflictTest {
    private static final String RETRIES_OF_TRANSFER =
            Transfers.class.getName() + "/transfer/RetryOnConflict/maxRetries";

    private SeContainer container;

    @BeforeEach
    void start() {
        Transactions.begin();
        container = SeContainerInitializer.newInstance()
                .addBeanClasses(
                        Transactions.class,
                        Transfers.class,
                        Postings.class,
                        Reports.class,
                        Accounts.class,
                        Conflicts.class)
                .initialize();
    }

    @AfterEach
    void stop() {
        System.clearProperty(RETRIES_OF_TRANSFER);
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
    void theConfigurationDecidesHowOftenInstead() {
        System.setProperty(RETRIES_OF_TRANSFER, "1");
        assertThatThrownBy(() -> transfers().transfer(9)).isInstanceOf(SQLException.class);
        assertThat(Transactions.ENDS).hasSize(2);
    }

    @Test
    void otherFailuresAreRetriedWhereTheMethodSaysSo() throws Exception {
        assertThat(transfers().copy(new IllegalStateException(new IOException("flaky"))))
                .isEqualTo("copied at attempt 2");
    }

    @Test
    void aConflictIsNotRetriedWhereTheMethodSaysSo() {
        assertThatThrownBy(() -> transfers().copy(new IllegalArgumentException(conflict())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(transfers().attempts()).isEqualTo(1);
    }

    @Test
    void eachConflictIsAnEvent() throws Exception {
        transfers().transfer(1);
        assertThatThrownBy(() -> container.select(Postings.class).get().post()).isInstanceOf(SQLException.class);
        Conflicts conflicts = container.select(Conflicts.class).get();
        assertThat(conflicts.events())
                .extracting(ConflictEvent::what, ConflictEvent::attempt, ConflictEvent::decision)
                .containsExactly(
                        tuple(Transfers.class.getName() + ".transfer", 1, Decision.RETRY),
                        tuple(Postings.class.getName() + ".post", 1, Decision.RETRY),
                        tuple(Postings.class.getName() + ".post", 2, Decision.NO_RETRIES_LEFT));
        assertThat(conflicts.events()).allMatch(event -> event.cause() instanceof SQLTransactionRollbackException);
        assertThat(conflicts.insideATransaction()).isZero();
    }

    @Test
    void anObserverThatThrowsChangesNothing() throws Exception {
        container.select(Conflicts.class).get().fail();
        assertThat(transfers().transfer(1)).isEqualTo("transferred at attempt 2");
    }

    @Test
    void anInheritedMethodIsRetriedAsTheClassItIsCalledOnSays() {
        assertThatThrownBy(() -> container.select(Reports.class).get().writeInherited())
                .isInstanceOf(SQLException.class);
        assertThat(Transactions.ENDS).hasSize(3);
    }

    @Test
    void refusesToRunInsideAnActiveTransaction() {
        Transactions.setActive(true);
        assertThatThrownBy(() -> transfers().transfer(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(Transfers.class.getName() + ".transfer cannot be retried")
                .hasMessageContaining("inside an active transaction");
        assertThat(transfers().attempts()).isZero();
    }

    @Test
    void theProgrammaticOneRefusesItToo() {
        Transactions.setActive(true);
        assertThatThrownBy(() -> io.spindrift.retry.Transactions.run(() -> Transactions.ENDS.add("ran")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(RetryOnConflictTest.class.getName() + " cannot be retried");
        assertThat(Transactions.ENDS).isEmpty();
    }

    @Test
    void theProgrammaticOneRunsABeanAgain() throws Exception {
        Transactions.COMMIT_FAILURES.add(new IllegalStateException(conflict()));
        int balance = io.spindrift.retry.Transactions.call(
                () -> container.select(Accounts.class).get().withdraw());
        assertThat(balance).isEqualTo(2);
        assertThat(Transactions.ENDS).containsExactly("rollback", "commit");
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

        @RetryOnConflict(delay = 0, retryOn = IOException.class, abortOn = IllegalArgumentException.class)
        public String copy(RuntimeException first) {
            if (++attempts == 1) {
                throw first;
            }
            return "copied at attempt " + attempts;
        }

        public int attempts() {
            return attempts;
        }
    }

    @ApplicationScoped
    static class Accounts {
        private int balance;

        @Transactional
        public int withdraw() {
            return ++balance;
        }
    }

    @ApplicationScoped
    static class Conflicts {
        private final List<ConflictEvent> events = new ArrayList<>();
        private long insideATransaction;
        private boolean failing;

        void on(@Observes ConflictEvent event) {
            if (failing) {
                throw new IllegalStateException("observer");
            }
            events.add(event);
            insideATransaction += ContainerTransaction.isActive() ? 1 : 0;
        }

        public void fail() {
            failing = true;
        }

        public List<ConflictEvent> events() {
            return events;
        }

        public long insideATransaction() {
            return insideATransaction;
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

    static class Writer {
        public void writeInherited() throws SQLException {
            throw conflict();
        }
    }

    @ApplicationScoped
    @Retried
    static class Reports extends Writer {
        public void write() throws SQLException {
            throw conflict();
        }
    }
}
