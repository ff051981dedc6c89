package io.spindrift.rar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.spindrift.ConflictSimulator;
import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.jdbc.PhysicalConnection;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.LocalTransactionException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.ShardingKey;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ManagedConnectionTest {
    @TempDir
    Path folder;

    private TestAdapter server;
    private TestPool pool;
    private DataSource dataSource;

    @BeforeEach
    void start() throws Exception {
        server = new TestAdapter("managed")
                .with("managed", folder.resolve("managed.db"))
                .started();
        pool = new TestPool();
        dataSource = server.factory("managed").createConnectionFactory(pool);
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "create table t(id integer primary key)");
        }
        pool.managed.cleanup();
        pool.events.clear();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void aConnectionBuilderTakesFromThePoolAndRefusesAShardingKey() throws Exception {
        try (Connection connection = dataSource.createConnectionBuilder().build()) {
            run(connection, "insert into t values (1)");
        }
        assertThat(pool.events).containsExactly("closed true");
        ShardingKey key = new ShardingKey() {};
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> dataSource.createConnectionBuilder().shardingKey(key).build(),
                () -> dataSource.createConnectionBuilder().superShardingKey(key).build(),
                dataSource::createShardingKeyBuilder)) {
            SQLFeatureNotSupportedException e = catchThrowableOfType(SQLFeatureNotSupportedException.class, call);
            assertThat((Throwable) e).hasMessageContaining("has no shards");
            assertThat(e.getSQLState()).isEqualTo("0A000");
        }
        assertThat(rows()).isEqualTo(1);
    }

    private int rows() throws Exception {
        try (Connection connection = DatabaseRegistry.find("managed")
                        .orElseThrow()
                        .dataSource()
                        .getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from t")) {
            row.next();
            return row.getInt(1);
        }
    }

    @Test
    void aCommitThatIsMadeToLoseKeepsNothingAndTheConnectionGoesOn() throws Exception {
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("managed", 1)) {
            pool.begin();
            try (Connection connection = dataSource.getConnection()) {
                run(connection, "insert into t values (1)");
            }
            assertThatThrownBy(pool::commit)
                    .isInstanceOf(LocalTransactionException.class)
                    .cause()
                    .hasFieldOrPropertyWithValue("SQLState", "40001");
            assertThat(simulator.left()).isZero();
        }
        assertThat(rows()).isZero();
        pool.begin();
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "insert into t values (1)");
        }
        pool.commit();
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void theServersCommitKeepsAndItsRollbackDiscards() throws Exception {
        pool.begin();
        try (Connection connection = dataSource.getConnection()) {
            assertThat(connection.getAutoCommit()).isFalse();
            run(connection, "insert into t values (1)");
        }
        assertThat(rows()).isZero();
        pool.commit();
        assertThat(rows()).isEqualTo(1);
        pool.begin();
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "insert into t values (2)");
        }
        pool.rollback();
        assertThat(rows()).isEqualTo(1);
        assertThat(pool.events).containsExactly("closed true", "closed true");
    }

    @Test
    void handlesOfOneTransactionShareIt() throws Exception {
        pool.begin();
        try (Connection first = dataSource.getConnection();
                Connection second = dataSource.getConnection()) {
            run(first, "insert into t values (1)");
            try (Statement statement = second.createStatement();
                    ResultSet row = statement.executeQuery("select count(*) from t")) {
                row.next();
                assertThat(row.getInt(1)).isEqualTo(1);
            }
            assertThat(first.unwrap(PhysicalConnection.class)).isSameAs(second.unwrap(PhysicalConnection.class));
        }
        pool.commit();
    }

    @Test
    void applicationsCannotEndTheServersTransaction() throws Exception {
        pool.begin();
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "insert into t values (1)");
            for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call :
                    new org.assertj.core.api.ThrowableAssert.ThrowingCallable[] {
                        connection::commit, connection::rollback, () -> connection.setAutoCommit(true)
                    }) {
                assertThatThrownBy(call)
                        .isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                                .isEqualTo("25000"))
                        .hasMessageContaining("container's transaction");
            }
            connection.setAutoCommit(false);
            connection.releaseSavepoint(connection.setSavepoint());
        }
        pool.rollback();
        assertThat(rows()).isZero();
    }

    @Test
    void anApplicationsOwnTransactionIsReportedToTheServer() throws Exception {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            assertThat(pool.events).isEmpty();
            run(connection, "insert into t values (1)");
            run(connection, "insert into t values (2)");
            connection.commit();
            run(connection, "insert into t values (3)");
            connection.rollback();
            run(connection, "insert into t values (4)");
            connection.setAutoCommit(true);
        }
        assertThat(pool.events)
                .containsExactly(
                        "started", "committed", "started", "rolled back", "started", "committed", "closed true");
        assertThat(rows()).isEqualTo(3);
    }

    @Test
    void cleanupRollsBackAndResets() throws Exception {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        run(connection, "insert into t values (1)");
        pool.managed.cleanup();
        assertThat(rows()).isZero();
        try (Connection next = dataSource.getConnection()) {
            assertThat(next.getAutoCommit()).isTrue();
        }
    }

    @Test
    void aCommitThatFailsLeavesTheConnectionCleanForTheNext() throws Exception {
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "create table c(t references t deferrable initially deferred)");
        }
        pool.begin();
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "insert into c values (99)");
        }
        LocalTransactionException e = catchThrowableOfType(LocalTransactionException.class, pool::commit);
        assertThat(((SQLException) e.getCause()).getSQLState()).isEqualTo("23503");
        pool.begin();
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "insert into t values (1)");
        }
        pool.commit();
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void aTransactionSqliteEndedCannotBeCommitted() throws Exception {
        pool.begin();
        try (Connection connection = dataSource.getConnection()) {
            run(connection, "insert into t values (1)");
            assertThatThrownBy(() -> run(connection, "insert or rollback into t values (1)"))
                    .isInstanceOf(SQLException.class);
        }
        assertThatThrownBy(pool::commit).isInstanceOf(LocalTransactionException.class);
        assertThat(rows()).isZero();
    }

    @Test
    void aHandleThatOutlivesItsTransactionGetsAConnectionAgain() throws Exception {
        pool.begin();
        Connection kept = dataSource.getConnection();
        PreparedStatement insert = kept.prepareStatement("insert into t values (?)");
        insert.setInt(1, 1);
        insert.executeUpdate();
        pool.commit();
        pool.begin();
        insert.setInt(1, 2);
        insert.executeUpdate();
        pool.commit();
        assertThat(rows()).isEqualTo(2);
        kept.close();
        assertThat(pool.events).containsExactly("inactive closed");
        assertThatThrownBy(() -> insert.executeUpdate()).isInstanceOf(SQLException.class);
    }

    @Test
    void aBrokenConnectionIsReportedOnceAndNotMatchedAgain() throws Exception {
        pool.begin();
        Connection connection = dataSource.getConnection();
        run(connection, "insert into t values (1)");
        connection.unwrap(PhysicalConnection.class).close();
        for (int i = 0; i < 2; i++) {
            assertThat(catchThrowableOfType(SQLException.class, () -> run(connection, "insert into t values (2)"))
                            .getSQLState())
                    .isEqualTo("08003");
        }
        assertThat(pool.events).containsExactly("error");
        assertThatThrownBy(pool.managed.getLocalTransaction()::commit).isInstanceOf(LocalTransactionException.class);
        SpindriftManagedConnection broken = pool.managed;
        assertThat((Object) server.factory("managed").getInvalidConnections(Set.of(broken)))
                .isEqualTo(Set.of(broken));
        broken.destroy();
        pool.forgetTransaction();
        try (Connection next = dataSource.getConnection()) {
            run(next, "insert into t values (3)");
        }
        assertThat(pool.managed).isNotSameAs(broken);
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void abortDestroysTheConnection() throws Exception {
        Connection connection = dataSource.getConnection();
        connection.abort(Runnable::run);
        assertThat(pool.events).containsExactly("error");
        assertThat(connection.isClosed()).isTrue();
    }

    @Test
    void factoriesOfTheSamePropertiesAreEqualAndShareConnections() throws Exception {
        dataSource.getConnection().close();
        SpindriftManagedConnectionFactory same = server.factory("managed");
        SpindriftManagedConnectionFactory readOnly = server.factory("managed");
        readOnly.setReadOnly(true);
        assertThat(same).isEqualTo(server.factory("managed")).hasSameHashCodeAs(server.factory("managed"));
        assertThat(same).isNotEqualTo(readOnly);
        assertThat(same.matchManagedConnections(Set.of(pool.managed), null, null))
                .isSameAs(pool.managed);
        assertThat(readOnly.matchManagedConnections(Set.of(pool.managed), null, null))
                .isNull();
    }

    @Test
    void optionsOfTheFactoryReachItsConnections() throws Exception {
        SpindriftManagedConnectionFactory factory = server.factory("managed");
        factory.setReadOnly(true);
        factory.setTransactionMode("immediate");
        factory.setConflictDetection("snapshot");
        factory.setBusyTimeout("250ms");
        try (Connection connection = factory.createConnectionFactory().getConnection()) {
            assertThat(connection.unwrap(PhysicalConnection.class).options().toString())
                    .contains("readOnly=true", "IMMEDIATE", "SNAPSHOT", "PT0.25S");
            assertThat(catchThrowableOfType(SQLException.class, () -> run(connection, "insert into t values (1)"))
                            .getSQLState())
                    .isEqualTo("25006");
        }
        factory.setTransactionMode("sometimes");
        assertThatThrownBy(() -> factory.createConnectionFactory().getConnection())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("transaction-mode")
                .hasMessageContaining("sometimes");
    }

    @Test
    void aTransactionOfTwoKindsOfResourceIsRefusedWithASentence() {
        assertThatThrownBy(() -> {
                    dataSource.getConnection().close();
                    pool.managed.getXAResource();
                })
                .isInstanceOf(ResourceException.class)
                .hasMessageContaining("one database in a transaction");
    }

    @Test
    void metadataNamesTheProduct() throws Exception {
        dataSource.getConnection().close();
        assertThat(pool.managed.getMetaData().getEISProductName()).isEqualTo("SQLite");
        assertThat(pool.managed.getMetaData().getEISProductVersion()).startsWith("3.");
        Database database = DatabaseRegistry.find("managed").orElseThrow();
        assertThat(database.name()).isEqualTo("managed");
    }
}
