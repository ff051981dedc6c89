package io.spindrift.jdbc;

import static io.spindrift.jdbc.TestDatabase.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Durability;
import io.spindrift.Position;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a connection waits for durability, for which commits, and what it says when that fails. */
class DurabilityOfConnectionsTest {
    @TempDir
    Path folder;

    private TestDatabase database;
    private SpindriftConnection connection;

    @BeforeEach
    void open() throws SQLException {
        database = new TestDatabase(folder.resolve("test.db"));
        database.run("create table note (body text not null)");
        database.awaited.clear();
        connection = database.connect(TestDatabase.OPTIMISTIC.withDurability(Durability.LOCAL));
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    @Test
    void anAutocommittedWriteWaitsOnceAfterItGaveTheGateBack() throws SQLException {
        run(connection, "insert into note values ('a')", "select * from note", "update note set body = 'b'");
        assertThat(database.awaited).containsExactly("LOCAL 2", "LOCAL 3");
    }

    @Test
    void aTransactionWaitsAtItsCommitAndNotBefore() throws SQLException {
        connection.setAutoCommit(false);
        run(connection, "insert into note values ('a')", "insert into note values ('b')");
        assertThat(database.awaited).isEmpty();
        connection.commit();
        assertThat(database.awaited).containsExactly("LOCAL 2");
        run(connection, "select * from note");
        connection.commit();
        assertThat(database.awaited).as("nothing was written").hasSize(1);
        run(connection, "insert into note values ('c')");
        connection.setAutoCommit(true);
        assertThat(database.awaited).containsExactly("LOCAL 2", "LOCAL 3");
    }

    @Test
    void aRolledBackTransactionWaitsForNothing() throws SQLException {
        connection.setAutoCommit(false);
        run(connection, "insert into note values ('a')");
        connection.rollback();
        assertThat(database.awaited).isEmpty();
    }

    @Test
    void aContainersTransactionCommitsWithoutWaitingAndCanBeWaitedForAfterwards() throws SQLException {
        try (PhysicalConnection physical =
                database.physical(TestDatabase.OPTIMISTIC.withDurability(Durability.REPLICA))) {
            SpindriftConnection handle = SpindriftConnection.standalone(physical);
            physical.beginManaged();
            run(handle, "insert into note values ('a')");
            physical.commit();
            assertThat(database.awaited).isEmpty();
            physical.awaitDurable();
            physical.awaitDurable();
            assertThat(database.awaited).containsExactly("REPLICA 2");
        }
    }

    @Test
    void aBatchWaitsOnceAndKeepsItsRowsWhenTheWaitFails() throws SQLException {
        database.notDurable = new SQLNonTransientConnectionException("not durable yet", "08007");
        try (PreparedStatement insert = connection.prepareStatement("insert into note values (?)")) {
            for (int i = 0; i < 5; i++) {
                insert.setInt(1, i);
                insert.addBatch();
            }
            assertThatThrownBy(insert::executeBatch).isSameAs(database.notDurable);
        }
        assertThat(database.awaited).containsExactly("LOCAL 2");
        assertThat(database.value("select count(*) from note")).isEqualTo(5);
    }

    @Test
    void aWaitThatFailsLeavesTheCommitAndAUsableConnection() throws SQLException {
        database.notDurable = new SQLNonTransientConnectionException("not durable yet", "08007");
        connection.setAutoCommit(false);
        run(connection, "insert into note values ('a')");
        assertThatThrownBy(connection::commit).isSameAs(database.notDurable);
        database.notDurable = null;
        run(connection, "insert into note values ('b')");
        connection.commit();
        assertThat(database.value("select group_concat(body) from note")).isEqualTo("a,b");
    }

    @Test
    void theLevelIsTheConnectionsUntilItIsReset() throws SQLException {
        try (PhysicalConnection physical = database.physical(TestDatabase.OPTIMISTIC)) {
            SpindriftConnection handle = SpindriftConnection.standalone(physical);
            assertThat(handle.getDurability()).isEqualTo(Durability.ASYNC);
            run(handle, "insert into note values ('a')");
            assertThat(database.awaited).isEmpty();
            handle.unwrap(SpindriftConnection.class).setDurability(Durability.REPLICA);
            run(handle, "insert into note values ('b')");
            assertThat(database.awaited).containsExactly("REPLICA 3");
            assertThat(handle.lastPosition()).isEqualTo(new Position(3));
            physical.reset();
            assertThat(handle.getDurability()).isEqualTo(Durability.ASYNC);
        }
    }

    @Test
    void replicaIsRefusedWhereThereIsNone() {
        database.replicated = false;
        assertThatThrownBy(() -> connection.setDurability(Durability.REPLICA))
                .isInstanceOf(SQLFeatureNotSupportedException.class)
                .hasMessageContaining("has no replica to be durable in");
    }
}
