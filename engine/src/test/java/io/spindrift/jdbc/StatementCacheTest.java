package io.spindrift.jdbc;

import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatementCacheTest {
    @TempDir
    Path folder;

    private TestDatabase database;
    private PhysicalConnection physical;
    private SpindriftConnection connection;

    @BeforeEach
    void open() throws SQLException {
        database = new TestDatabase(folder.resolve("test.db"));
        database.run("create table t(id integer primary key, v)", "insert into t values (1, 'a'), (2, 'b')");
        physical = database.physical(TestDatabase.OPTIMISTIC);
        connection = SpindriftConnection.standalone(physical);
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    private Compiled take(String sql) throws SQLException {
        return physical.locked(() -> physical.compiled()
                .take(physical.classify(sql), WantedKeys.NONE)
                .orElse(null));
    }

    @Test
    void preparingTheSameSqlAgainCompilesNothing() throws SQLException {
        String sql = "select v from t where id = ?";
        query(sql, 1, "a");
        Compiled kept = take(sql);
        assertThat(kept).isNotNull();
        kept.giveBack();
        query(sql, 2, "b");
        assertThat(take(sql)).as("the same one").isSameAs(kept);
        kept.close();
    }

    private void query(String sql, int id, String expected) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            assertState(select::executeQuery, "07002");
            select.setInt(1, id);
            // Left open, and one row ahead of its end: closing the statement has to reset it.
            ResultSet row = select.executeQuery();
            row.next();
            assertThat(row.getString(1)).isEqualTo(expected);
        }
    }

    @Test
    void twoOpenStatementsOfTheSameSqlDoNotShare() throws SQLException {
        try (PreparedStatement first = connection.prepareStatement("select id from t order by id");
                ResultSet rows = first.executeQuery();
                PreparedStatement second = connection.prepareStatement("select id from t order by id");
                ResultSet others = second.executeQuery()) {
            rows.next();
            others.next();
            others.next();
            assertThat(rows.getInt(1)).isEqualTo(1);
            assertThat(others.getInt(1)).isEqualTo(2);
        }
        assertThat(physical.compiled().size()).isEqualTo(1);
    }

    @Test
    void aKeptStatementSeesAnotherSchema() throws SQLException {
        connection.prepareStatement("select * from t").close();
        TestDatabase.run(connection, "alter table t add column w default 'new'");
        try (PreparedStatement select = connection.prepareStatement("select * from t");
                ResultSet row = select.executeQuery()) {
            row.next();
            assertThat(row.getString("w")).isEqualTo("new");
        }
        TestDatabase.run(connection, "drop table t", "create table t(x)", "vacuum");
        try (PreparedStatement select = connection.prepareStatement("select * from t")) {
            assertThat(select.getMetaData().getColumnLabel(1)).isEqualTo("x");
        }
    }

    @Test
    void theNumberOfKeptStatementsIsBounded() throws SQLException {
        for (int i = 0; i < 2 * StatementCache.STATEMENTS_KEPT; i++) {
            connection.prepareStatement("select " + i).close();
        }
        assertThat(physical.compiled().size()).isEqualTo(StatementCache.STATEMENTS_KEPT);
        assertThat(take("select 0")).isNull();
    }

    @Test
    void onlyWhatMayBePooledIsKept() throws SQLException {
        try (Statement statement = connection.createStatement();
                PreparedStatement prepared = connection.prepareStatement("select 1")) {
            assertThat(statement.isPoolable()).isFalse();
            assertThat(prepared.isPoolable()).isTrue();
            statement.execute("select 2");
            prepared.setPoolable(false);
        }
        assertThat(physical.compiled().size()).isZero();
        TestDatabase.run(connection, "create temp table mine(a)");
        connection.prepareStatement("insert into mine values (1)").close();
        assertThat(physical.compiled().size()).isZero();
    }
}
