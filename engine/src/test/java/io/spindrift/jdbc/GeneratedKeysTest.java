package io.spindrift.jdbc;

import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.BatchUpdateException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeneratedKeysTest extends OnOneConnection {
    @BeforeEach
    void fill() throws SQLException {
        TestDatabase.run(
                connection,
                "create table \"A b\"(id integer primary key, name text unique, at text default 'now')",
                "create table code(code text primary key default (lower('X')), n)",
                "create table pair(a, b, primary key(b, a)) without rowid",
                "create table loose(a)",
                "create virtual table words using fts5(word)",
                "create view v as select name from \"A b\"",
                "create trigger vi instead of insert on v begin insert into \"A b\"(name) values (new.name); end");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "insert into \"A b\"(name) values ('a'), ('b') | id=1 id=2",
                "insert into [a b](name) values ('a'); -- done | id=1",
                "with x(n) as (values ('a')) insert into main.`A B`(name) select n from x /* ; */ | id=1",
                "insert or ignore into \"A b\" values (7, 'a', 1), (7, 'b', 2) | id=7",
                "replace into \"A b\" values (7, 'a', 1) | id=7",
                "insert into \"A b\" values (3, 'a', 1) on conflict do nothing | id=3",
                "insert into code(n) values (1) | code=x",
                "insert into pair values (1, 2) | a=1,b=2",
                "insert into loose default values | rowid=1",
                "insert into v values ('a') | ^^",
                "insert into words values ('a') | ^^",
                "update \"A b\" set name = 'x' | ^^",
                "create table other(a) | ^^",
            })
    void everyInsertGivesTheKeysOfItsRows(String sql, String keys) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql, Statement.RETURN_GENERATED_KEYS);
            assertThat(keys(statement)).isEqualTo(keys);
            assertThat(keys(statement)).as("a second time").isEqualTo(keys);
        }
    }

    @Test
    void columnsAreGivenByNameOrIndex() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("insert into \"A b\"(name) values ('a')", new String[] {"ID", "at"});
            assertThat(keys(statement)).isEqualTo("ID=1,at=now");
            statement.executeUpdate("insert into \"A b\"(name) values ('b')", new int[] {3, 1});
            assertThat(keys(statement)).isEqualTo("at=now,id=2");
            assertState(() -> statement.executeUpdate("insert into loose values (1)", new String[] {"nope"}), "42000");
            assertState(() -> statement.executeUpdate("insert into loose values (1)", new int[] {2}), "07009");
            assertState(() -> statement.executeUpdate("insert into loose values (1)", 7), "HY024");
            assertThat(statement.execute("insert into loose values (1)", new int[] {1}))
                    .isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(1);
            assertThat(keys(statement)).isEqualTo("a=1");
        }
        assertThat(TestDatabase.value(connection, "select count(*) from loose")).isEqualTo(1);
    }

    @Test
    void aBatchGivesTheKeysOfAllItsRowsAndAFailedOneNone() throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("insert into \"A b\"(name) values (?)", new String[] {"id", "name"})) {
            for (String name : List.of("x", "y", "z")) {
                insert.setString(1, name);
                insert.addBatch();
            }
            assertThat(insert.executeBatch()).containsExactly(1, 1, 1);
            assertThat(keys(insert)).isEqualTo("id=1,name=x id=2,name=y id=3,name=z");
            for (String name : List.of("new", "x")) {
                insert.setString(1, name);
                insert.addBatch();
            }
            org.assertj.core.api.Assertions.assertThatThrownBy(insert::executeBatch)
                    .isInstanceOf(BatchUpdateException.class);
            assertThat(keys(insert)).isEmpty();
            insert.setMaxRows(1);
            insert.setString(1, "w");
            assertThat(insert.executeUpdate()).isEqualTo(1);
            assertThat(keys(insert)).isEqualTo("id=4,name=w");
            assertThat(insert.getMetaData()).isNull();
        }
    }

    @Test
    void nothingIsGivenWhereNothingWasAskedFor() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into loose values (1)")) {
            insert.executeUpdate();
            assertThat(keys(insert)).isEmpty();
        }
    }

    @Test
    void aStatementThatReturnsRowsByItselfIsLeftAsItIs() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into loose values (1) returning a + 1 as b", Statement.RETURN_GENERATED_KEYS)) {
            assertThat(insert.execute()).isTrue();
            try (ResultSet rows = insert.getResultSet()) {
                rows.next();
                assertThat(rows.getInt("b")).isEqualTo(2);
            }
        }
    }

    private static String keys(Statement statement) throws SQLException {
        List<String> found = new ArrayList<>();
        try (ResultSet keys = statement.getGeneratedKeys()) {
            int count = keys.getMetaData().getColumnCount();
            while (keys.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= count; i++) {
                    row.add(keys.getMetaData().getColumnLabel(i) + "=" + keys.getString(i));
                }
                found.add(String.join(",", row));
            }
        }
        return String.join(" ", found);
    }
}
