package io.spindrift.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEngine;
import io.spindrift.testing.Databases;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import jakarta.inject.Provider;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyncEngineInjectionTest {
    @TempDir
    Path folder;

    private SeContainer container;
    private Operators operators;

    @BeforeEach
    void deployBeforeAnyDatabaseIsOpen() {
        container = SeContainerInitializer.newInstance()
                .addBeanClasses(Operators.class, LedgerPage.class)
                .initialize();
        operators = container.select(Operators.class).get();
    }

    @AfterEach
    void stop() {
        if (container != null) {
            container.close();
        }
        Databases.closeAll();
    }

    @Test
    void aNamedEngineIsTheDatabaseOfThatName() throws Exception {
        Database ledger = Databases.open(folder, "ledger");
        Databases.open(folder, "orders");
        Databases.commit(ledger);

        Position position = operators.ledger.flush();

        assertThat(position)
                .isGreaterThan(Position.NONE)
                .isEqualTo(ledger.status().durable());
        assertThat(operators.ledger.name()).isEqualTo("ledger");
        assertThat(operators.orders.get().status().name()).isEqualTo("orders");
        assertThat(operators.invoices.get().name()).isEqualTo("invoices");
    }

    @Test
    void anUnqualifiedEngineIsTheOnlyDatabase() {
        Databases.open(folder, "ledger");
        assertThat(operators.only.name()).isEqualTo("ledger");
        assertThat(operators.only.status().state()).isEqualTo(State.OPEN);
    }

    @Test
    void anUnqualifiedEngineOfSeveralDatabasesSaysWhichThereAre() {
        Databases.open(folder, "ledger");
        Databases.open(folder, "orders");
        assertThatThrownBy(() -> operators.only.status())
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("(open: ledger, orders)")
                .hasMessageContaining("@Named");
    }

    @Test
    void anEngineWithoutItsDatabaseSaysSoWhenItIsUsed() {
        assertThatThrownBy(() -> operators.only.flush())
                .isInstanceOf(SpindriftException.class)
                .hasMessageStartingWith("No database is open in this server");
        assertThatThrownBy(() -> operators.ledger.flush())
                .isInstanceOf(SpindriftException.class)
                .hasMessageStartingWith("No database named \"ledger\" is open in this server (none is)");
    }

    @Test
    void aDatabaseThatIsOpenedAgainIsPickedUp() {
        Databases.open(folder, "ledger").close();
        assertThatThrownBy(() -> operators.ledger.status()).isInstanceOf(SpindriftException.class);

        Databases.open(folder, "ledger");

        assertThat(operators.ledger.status().state()).isEqualTo(State.OPEN);
    }

    @Test
    void stoppingAndStartingGoThrough() {
        Databases.open(folder, "ledger");
        operators.ledger.stopSync();
        assertThat(operators.ledger.status().running()).isFalse();
        operators.ledger.startSync();
        assertThat(operators.ledger.status().running()).isTrue();
        assertThat(operators.ledger.snapshot()).isNotNull();
    }

    @Test
    void aBeanOfTheApplicationMayHaveTheDatabasesName() {
        assertThat(container.select(LedgerPage.class).get()).isNotNull();
    }

    @Dependent
    static class Operators {
        @Inject
        SyncEngine only;

        /** Without a value, the field's name is the database's. */
        @Inject
        @Named
        SyncEngine ledger;

        @Inject
        @Named("orders")
        Instance<SyncEngine> orders;

        @Inject
        @Named("invoices")
        Provider<SyncEngine> invoices;
    }

    @Named("ledger")
    @ApplicationScoped
    static class LedgerPage {}
}
