package io.spindrift.inserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.spindrift.ConflictSimulator;
import io.spindrift.DatabaseStatus;
import io.spindrift.Position;
import io.spindrift.retry.ConflictEvent;
import io.spindrift.retry.ConflictEvent.Decision;
import jakarta.inject.Inject;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.UUID;
import javax.management.ObjectName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an application may expect of the adapter, seen from inside a server. The subclasses differ in how the adapter
 * came there.
 */
abstract class AdapterInTheServer {
    private final String text = UUID.randomUUID().toString();

    @Inject
    private Notes notes;

    @Inject
    private NotesEjb notesEjb;

    @Inject
    private Counter counter;

    @Inject
    private Claims claims;

    @Inject
    private Contended contended;

    @BeforeEach
    void createTables() throws SQLException {
        notes.createTables();
    }

    @Test
    void aCdiBeanIsGivenTheDataSourceAndTheSyncEngine() throws Exception {
        try (Connection connection = notes.dataSource().getConnection()) {
            assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("SQLite");
        }
        assertThat(notes.sync().name()).isEqualTo("probe");
        notes.add(text);
        assertThat(notes.sync().flush()).isGreaterThan(Position.NONE);
        assertThat(notes.sync().status().lag()).isZero();
    }

    @Test
    void aSessionBeanIsGivenTheOnlySyncEngineWithoutAName() {
        assertThat(notesEjb.sync().name()).isEqualTo("probe");
    }

    @Test
    void aPersistenceUnitStoresAndFinds() {
        Note note = notesEjb.persist(text);
        assertThat(note.id()).isPositive();
        assertThat(notesEjb.find(note.id()).text()).isEqualTo(text);
    }

    @Test
    void aTransactionOfACdiBeanCommits() throws Exception {
        notes.add(text);
        assertThat(notes.count(text)).isEqualTo(1);
    }

    @Test
    void aTransactionOfACdiBeanThatFailsLeavesNothing() throws Exception {
        assertThatThrownBy(() -> notes.addAndFail(text)).hasMessageContaining("after the insert");
        assertThat(notes.count(text)).isZero();
    }

    @Test
    void aTransactionOfASessionBeanThatFailsLeavesNothing() throws Exception {
        assertThatThrownBy(() -> notesEjb.persistAndFail(text)).hasStackTraceContaining("after the insert");
        assertThat(notes.count(text)).isZero();
    }

    @Test
    void aTransactionOfASessionBeanThatIsMarkedLeavesNothing() throws Exception {
        notesEjb.persistAndRollBack(text);
        assertThat(notes.count(text)).isZero();
    }

    @Test
    void aDurableMethodReturnsWhenWhatItCommittedIsInTheReplica() throws Exception {
        notes.addDurably(text);
        assertEverythingIsDurable();
        assertThat(notes.count(text)).isEqualTo(1);
    }

    @Test
    void aDurableMethodRefusesATransactionWhoseEndItCannotWaitFor() throws Exception {
        assertThatThrownBy(() -> notes.addDurablyInside(notes, text))
                .hasStackTraceContaining("inside an active transaction, whose end it could not wait for");
        assertThat(notes.count(text)).isZero();
    }

    @Test
    void aTransactionOnADurableConnectionFactoryCompletesWhenItIsInTheReplica() throws Exception {
        notes.addThroughADurableFactory(text);
        assertEverythingIsDurable();
    }

    @Test
    void aTransactionOnAConnectionThatAsksForItCompletesWhenItIsInTheReplica() throws Exception {
        notes.addThroughAConnectionThatAsksForDurability(text);
        assertEverythingIsDurable();
    }

    @Test
    void anOrdinaryTransactionDoesNotWait() throws Exception {
        notes.sync().flush();
        notes.add(text);
        assertThat(notes.sync().status().lag()).isPositive();
    }

    @Test
    void anObserverIsToldThatTheDatabaseWasClaimedBeforeTheApplicationStarted() throws Exception {
        assertThat(claims.next()).isNotNull();
    }

    private void assertEverythingIsDurable() {
        DatabaseStatus status = notes.sync().status();
        assertThat(status.lag()).isZero();
        assertThat(status.durable()).isEqualTo(status.committed());
    }

    @Test
    void twoHandlesInOneTransactionShareAConnection() throws Exception {
        assertThat(notes.addAndCountThroughAnotherHandle(text)).isEqualTo(1);
    }

    @Test
    void persistenceAndJdbcInOneTransactionShareAConnection() throws Exception {
        assertThat(notesEjb.persistAndCountThroughJdbc(text)).isEqualTo(1);
    }

    @Test
    void aTransactionThatLostAgainstAnotherRunsAgainOnTheNewValue() throws Exception {
        int attemptsBefore = counter.attempts();
        assertThat(attemptsBefore)
                .as("this test is run once, for only the first attempt is made to lose")
                .isZero();
        long value = counter.note(text);
        assertThat(counter.attempts()).isGreaterThanOrEqualTo(2);
        assertThat(value).isPositive();
        assertThat(notes.count(text + value)).isEqualTo(1);
        assertThat(notes.count(text + (value - 1)))
                .as("rows of the attempt that lost")
                .isZero();
    }

    @Test
    void aCommitThatLostRunsAgainAsOftenAsTheConfigurationSays() throws Exception {
        contended.takeConflicts();
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("probe", 2)) {
            contended.add(text);
            assertThat(simulator.left()).isZero();
        }
        assertThat(notes.count(text)).isEqualTo(1);
        assertThat(contended.takeConflicts())
                .extracting(ConflictEvent::what, ConflictEvent::attempt, ConflictEvent::decision)
                .containsExactly(
                        tuple(Contended.class.getName() + ".add", 1, Decision.RETRY),
                        tuple(Contended.class.getName() + ".add", 2, Decision.RETRY));
    }

    @Test
    void aCommitThatLostTooOftenIsThrownWithItsConflictAndTheEarlierOnes() throws Exception {
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("probe", 3)) {
            assertThatThrownBy(() -> contended.add(text))
                    .hasRootCauseInstanceOf(SQLTransactionRollbackException.class)
                    .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(2));
            assertThat(simulator.left()).isZero();
        }
        assertThat(notes.count(text)).isZero();
    }

    @Test
    void aSessionBeanRunsItsBusinessMethodAgainWhenTheCommitLost() throws Exception {
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("probe", 2)) {
            Note note = notesEjb.persistAgainAfterConflicts(text);
            assertThat(simulator.left()).isZero();
            assertThat(notesEjb.find(note.id()).text()).isEqualTo(text);
        }
        assertThat(notes.count(text)).isEqualTo(1);
    }

    @Test
    void aRetriedMethodRefusesATransactionThatAllAttemptsWouldShare() throws Exception {
        assertThatThrownBy(() -> contended.addInside(contended, text))
                .hasStackTraceContaining(Contended.class.getName()
                        + ".add cannot be retried: it was called inside an active transaction");
        assertThat(notes.count(text)).isZero();
    }

    @Test
    void theEngineIsLoadedOnce() throws Exception {
        Object hierarchy = ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "vmClassHierarchy",
                        new Object[] {new String[] {"io.spindrift.Database"}},
                        new String[] {String[].class.getName()});
        assertThat(hierarchy.toString().lines().filter(line -> line.contains("io.spindrift.Database/")))
                .as(hierarchy.toString())
                .hasSize(1);
    }
}
