package io.spindrift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConflictSimulatorTest {
    @TempDir
    Path folder;

    private Database ledger;

    @BeforeEach
    void open() throws SQLException {
        ledger = Database.open(DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("ledger.db"))
                .build());
        inAutoCommit("CREATE TABLE note(text)");
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    @Test
    void theNextCommitsFailAsConflictsAndNothingOfThemIsKept() throws SQLException {
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 2)) {
            assertConflict(() -> inTransaction("INSERT INTO note VALUES ('a')"));
            assertThat(simulator.left()).isEqualTo(1);
            assertConflict(() -> inAutoCommit("INSERT INTO note VALUES ('b')"));
            assertThat(simulator.left()).isZero();
            inTransaction("INSERT INTO note VALUES ('c')");
            inAutoCommit("INSERT INTO note VALUES ('d')");
        }
        assertThat(notes()).isEqualTo(2);
    }

    @Test
    void aTransactionThatOnlyReadsDoesNotCount() throws SQLException {
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 1)) {
            inTransaction("SELECT * FROM note");
            inAutoCommit("SELECT * FROM note");
            assertThat(simulator.left()).isEqualTo(1);
        }
    }

    @Test
    void theConnectionGoesOnAndTheGateIsFree() throws SQLException {
        try (Connection connection = ledger.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 1)) {
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO note VALUES ('lost')");
            assertConflict(connection::commit);
            inAutoCommit("INSERT INTO note VALUES ('by another connection')");
            connection.rollback();
            statement.execute("INSERT INTO note VALUES ('kept')");
            connection.commit();
            assertThat(simulator.left()).isZero();
        }
        assertThat(notes()).isEqualTo(2);
    }

    @Test
    void itIsOverWhenItIsClosed() {
        ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 5);
        simulator.close();
        simulator.close();
        assertThat(simulator.left()).isZero();
        assertThatCode(() -> inAutoCommit("INSERT INTO note VALUES ('a')")).doesNotThrowAnyException();
    }

    @Test
    void oneThatIsClosedLateDoesNotEndTheNext() {
        ConflictSimulator first = ConflictSimulator.failNextCommits("ledger", 1);
        assertConflict(() -> inAutoCommit("INSERT INTO note VALUES ('a')"));
        try (ConflictSimulator second = ConflictSimulator.failNextCommits("ledger", 1)) {
            first.close();
            assertThat(second.left()).isEqualTo(1);
        }
    }

    @Test
    void twoAtATimeAreRefused() {
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 2)) {
            assertThatThrownBy(() -> ConflictSimulator.failNextCommits("ledger", 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("The next 2 commits fail already");
            assertThat(simulator.left()).isEqualTo(2);
        }
    }

    @Test
    void aDatabaseThatIsNotOpenIsNamed() {
        assertThatThrownBy(() -> ConflictSimulator.failNextCommits("orders", 1))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("No database named \"orders\" is open");
        assertThatThrownBy(() -> ConflictSimulator.failNextCommits("ledger", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 to 1000 commits can be made to fail, found 0");
        assertThatThrownBy(() -> ConflictSimulator.failNextCommits("ledger", 1001))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDatabaseThatIsOpenedAgainKnowsNothingOfIt() throws SQLException {
        ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 1);
        ledger.close();
        ledger = Database.open(ledger.config());
        inAutoCommit("INSERT INTO note VALUES ('a')");
        assertThat(notes()).isEqualTo(1);
        simulator.close();
    }

    private interface Step {
        void run() throws SQLException;
    }

    private static void assertConflict(Step step) {
        assertThatThrownBy(step::run)
                .isInstanceOf(SQLTransactionRollbackException.class)
                .hasMessageContaining("A ConflictSimulator made this commit fail")
                .hasFieldOrPropertyWithValue("SQLState", "40001");
    }

    private void inAutoCommit(String sql) throws SQLException {
        try (Connection connection = ledger.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void inTransaction(String sql) throws SQLException {
        try (Connection connection = ledger.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            connection.commit();
        }
    }

    private int notes() throws SQLException {
        try (Connection connection = ledger.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM note")) {
            row.next();
            return row.getInt(1);
        }
    }
}
