package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import io.spindrift.SpindriftException;
import io.spindrift.replica.StoreStatistics.Requests;
import io.spindrift.testing.Databases;
import io.spindrift.testing.Naming;
import io.spindrift.testing.Transactions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Stereotype;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.transaction.Transactional;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DurableTest {
    @TempDir
    Path folder;

    private SeContainer container;
    private Database ledger;

    @BeforeEach
    void start() {
        Transactions.begin();
        ledger = Databases.open(folder, "ledger");
        container = SeContainerInitializer.newInstance()
                .addBeanClasses(Transactions.class, Payments.class, Defaults.class)
                .initialize();
    }

    @AfterEach
    void stop() {
        container.close();
        ledger.startSync();
        Databases.closeAll();
        Naming.clear();
    }

    @Test
    void whatTheMethodCommittedIsDurableWhenItReturns() throws Exception {
        String result = payments().pay(() -> {
            Databases.commit(ledger);
            return "paid";
        });
        assertThat(result).isEqualTo("paid");
        assertThat(ledger.status().lag()).isZero();
        assertThat(ledger.status().durable()).isEqualTo(ledger.status().committed());
    }

    @Test
    void theWaitBeginsWhenTheTransactionHasEnded() {
        ledger.stopSync();
        assertThatThrownBy(() -> payments().pay(this::committing)).isInstanceOf(DurabilityUnknownException.class);
        assertThat(Transactions.ENDS).containsExactly("commit");
    }

    @Test
    void aMissIsUncheckedAndCarriesItsSqlState() {
        ledger.stopSync();
        assertThatThrownBy(() -> payments().pay(this::committing))
                .isInstanceOf(DurabilityUnknownException.class)
                .hasCauseInstanceOf(SQLException.class)
                .cause()
                .hasFieldOrPropertyWithValue("SQLState", "08007");
    }

    @Test
    void theMethodIsNotRunAgainAfterAMiss() {
        ledger.stopSync();
        assertThatThrownBy(() ->
                        io.spindrift.retry.Transactions.call(() -> payments().pay(this::committing)))
                .isInstanceOf(DurabilityUnknownException.class);
        assertThat(payments().calls()).isEqualTo(1);
    }

    @Test
    void aConflictIsRetriedInsideAndThenWaitedFor() throws Exception {
        payments().payAfterConflicts(2, this::committing);
        assertThat(payments().calls()).isEqualTo(3);
        assertThat(Transactions.ENDS).containsExactly("rollback", "rollback", "commit");
        assertThat(ledger.status().lag()).isZero();
    }

    @Test
    void aMethodThatFailsIsNotWaitedFor() {
        ledger.stopSync();
        assertThatThrownBy(() -> payments().pay(() -> {
                    committing();
                    throw new IllegalStateException("no such account");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no such account");
    }

    @Test
    void refusesToRunInsideAnActiveTransaction() {
        Transactions.setActive(true);
        assertThatThrownBy(() -> payments().pay(this::committing))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("@Durable on " + Payments.class.getName() + ".pay")
                .hasMessageContaining("inside an active transaction, whose end it could not wait for");
        assertThat(payments().calls()).isZero();
    }

    @Test
    void theAnnotationsTimeoutWinsOverTheDatabases() {
        ledger.close();
        ledger = Database.start(
                DatabaseConfig.builder()
                        .name("ledger")
                        .path(folder.resolve("slow.db"))
                        .replica(folder.resolve("slow-replica").toUri())
                        .commitWindow(Duration.ofHours(1))
                        .syncInterval(Duration.ofHours(1))
                        .durabilityTimeout(Duration.ofHours(1))
                        .build(),
                DatabaseEnvironment.standalone(DatabaseListener.NONE));
        assertThatThrownBy(() -> payments().pay(this::committing))
                .isInstanceOf(DurabilityUnknownException.class)
                .hasMessageContaining("ledger")
                .hasMessageMatching("(?s).*within PT0\\.[12]\\d*S.*");
    }

    @Test
    void aDatabaseWithoutNewCommitsCostsNothing() throws Exception {
        Databases.commit(ledger);
        ledger.flush();
        long requests = requests();
        for (int i = 0; i < 50; i++) {
            payments().pay(() -> "nothing");
        }
        assertThat(requests()).isEqualTo(requests);
    }

    @Test
    void everyDatabaseWithAReplicaIsWaitedForUnlessOneIsNamed() throws Exception {
        Database orders = Databases.open(folder, "orders");
        payments().pay(() -> {
            Databases.commit(orders);
            return "";
        });
        assertThat(orders.status().lag()).isZero();

        orders.stopSync();
        Databases.commit(orders);
        payments().payIntoLedger(this::committing);
        assertThat(orders.status().lag()).isPositive();
        assertThatThrownBy(() -> payments().pay(() -> "")).hasMessageContaining("orders");
        orders.startSync();
    }

    @Test
    void aDatabaseWithoutAReplicaIsNotWaitedForAndCannotBeNamed() throws Exception {
        ledger.close();
        Database local = Database.start(
                DatabaseConfig.builder()
                        .name("ledger")
                        .path(folder.resolve("local.db"))
                        .build(),
                DatabaseEnvironment.standalone(DatabaseListener.NONE));
        Databases.commit(local);
        assertThatCode(() -> payments().pay(() -> "")).doesNotThrowAnyException();
        assertThatCode(() -> payments().payLocally(() -> "")).doesNotThrowAnyException();
        assertThatThrownBy(() -> payments().payIntoLedger(() -> ""))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("ledger has no replica to be durable in");
        assertThat(payments().calls()).as("calls of the three methods").isEqualTo(2);
        local.close();
    }

    @Test
    void aDatabaseThatIsClosedMeanwhileIsAReasonToDoubt() {
        assertThatThrownBy(() -> payments().pay(() -> {
                    Databases.commit(ledger);
                    ledger.close();
                    return "paid";
                }))
                .isInstanceOf(DurabilityUnknownException.class);
    }

    @Test
    void aDatabaseThatWasNeverOpenIsNotWaitedFor() throws Exception {
        Files.createDirectory(folder.resolve("broken.db"));
        Database broken = Databases.open(folder, "broken");
        assertThat(broken.status().state()).isEqualTo(State.FAILED);
        assertThat(payments().pay(this::committing)).isEqualTo("paid");
    }

    @Test
    void aNameThatIsNotOpenIsRefusedBeforeTheMethodRuns() {
        ledger.close();
        assertThatThrownBy(() -> payments().payIntoLedger(() -> ""))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("No database named \"ledger\" is open");
        assertThat(payments().calls()).isZero();
    }

    @Test
    void aStereotypeMayCarryIt() throws Exception {
        container.select(Defaults.class).get().commitTo(ledger);
        assertThat(ledger.status().lag()).isZero();
    }

    private String committing() throws SQLException {
        Databases.commit(ledger);
        return "paid";
    }

    private Payments payments() {
        return container.select(Payments.class).get();
    }

    private long requests() {
        return ledger.status().requests().values().stream()
                .mapToLong(Requests::sent)
                .sum();
    }

    @ApplicationScoped
    static class Payments {
        private int calls;

        @Durable(timeout = 200, timeoutUnit = ChronoUnit.MILLIS)
        @Transactional
        public String pay(Callable<String> work) throws Exception {
            calls++;
            return work.call();
        }

        @Durable
        @RetryOnConflict(delay = 0)
        @Transactional
        public String payAfterConflicts(int conflicts, Callable<String> work) throws Exception {
            if (++calls <= conflicts) {
                throw new SQLTransactionRollbackException("balance has changed", "40001");
            }
            return work.call();
        }

        @Durable(database = "ledger")
        @Transactional
        public String payIntoLedger(Callable<String> work) throws Exception {
            calls++;
            return work.call();
        }

        @Durable(value = Durability.LOCAL, database = "ledger")
        @Transactional
        public String payLocally(Callable<String> work) throws Exception {
            calls++;
            return work.call();
        }

        public int calls() {
            return calls;
        }
    }

    @Stereotype
    @Durable
    @Transactional
    @Retention(RetentionPolicy.RUNTIME)
    @interface Confirmed {}

    @ApplicationScoped
    @Confirmed
    static class Defaults {
        public void commitTo(Database database) throws SQLException {
            Databases.commit(database);
        }
    }
}
