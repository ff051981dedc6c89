package io.spindrift.jdbc;

import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class StatementRulesTest extends OnOneConnection {
    @BeforeEach
    void fill() throws SQLException {
        database.run(
                "create table parent(id integer primary key, name text unique)",
                "create table child(id integer primary key, parent integer not null references parent,"
                        + " amount integer check (amount > 0))",
                "insert into parent values (1, 'one')");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "begin",
                " /* a */ -- b\n COMMIT",
                "end transaction",
                "rollback",
                "savepoint a",
                "release a",
                "select 1; commit",
                "explain begin",
            })
    void transactionsAreNotEndedBySqlText(String sql) {
        assertState(() -> TestDatabase.run(connection, sql), "42000");
        assertState(() -> connection.prepareStatement(sql), "42000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "attach ':memory:' as other",
                "detach other",
                "pragma journal_mode = delete",
                "pragma main.journal_mode=delete",
                "pragma journal_mode(delete)",
                "PRAGMA \"journal_mode\" = off",
                "explain pragma journal_mode = delete",
                "pragma locking_mode = exclusive",
                "pragma wal_checkpoint",
                "pragma wal_checkpoint(truncate)",
                "pragma wal_autocheckpoint = 1",
                "pragma writable_schema = on",
                "pragma synchronous = off",
                "pragma mmap_size = 1",
                "pragma foreign_keys = off",
                "insert into parent values (2, ';'); pragma journal_mode = delete",
                "backup to 'x.db'",
                "restore from 'x.db'",
            })
    void whatWouldBreakReplicationIsRefusedWithASentence(String sql) throws SQLException {
        assertState(() -> TestDatabase.run(connection, sql), "0A000");
        assertThat(TestDatabase.value(connection, "pragma journal_mode")).isEqualTo("wal");
        assertThat(TestDatabase.value(connection, "select count(*) from parent"))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pragma table_info(parent)",
                "pragma user_version = 7",
                "pragma integrity_check",
                "pragma main.user_version",
                "pragma foreign_keys",
                "pragma optimize",
                "explain query plan select * from parent",
                "select * from pragma_table_info('parent')",
                "select 'commit; pragma journal_mode = delete'",
                "-- nothing",
                "",
            })
    void harmlessStatementsRun(String sql) throws SQLException {
        TestDatabase.run(connection, sql);
    }

    @Test
    void aLocalDatabaseMayAttach() throws SQLException {
        database.replicated = false;
        TestDatabase.run(connection, "attach ':memory:' as other", "create table other.t(a)", "detach other");
    }

    @ParameterizedTest
    @CsvSource({
        "'insert into parent values (1, ''x'')', 23505, 1555",
        "'insert into parent values (2, ''one'')', 23505, 2067",
        "'insert into child values (1, null, 1)', 23502, 1299",
        "'insert into child values (1, 1, 0)', 23514, 275",
        "'insert into child values (1, 9, 1)', 23503, 787",
        "selec, 42000, 1",
        "select * from missing, 42000, 1",
        "select abs(-9223372036854775808), HY000, 1",
    })
    void errorsCarryTheirSqlstateAndSqlitesExtendedCode(String sql, String state, int code) {
        SQLException e = org.assertj.core.api.Assertions.catchThrowableOfType(
                SQLException.class, () -> TestDatabase.run(connection, sql));
        assertThat(e.getSQLState()).isEqualTo(state);
        assertThat(e.getErrorCode()).isEqualTo(code);
        assertThat(e.getCause()).isInstanceOf(org.sqlite.SQLiteException.class);
    }

    @Test
    void errorsAreOfTheStandardClasses() {
        assertClass("insert into parent values (1, 'x')", java.sql.SQLIntegrityConstraintViolationException.class);
        assertClass("selec", java.sql.SQLSyntaxErrorException.class);
        assertClass("pragma wal_checkpoint", java.sql.SQLFeatureNotSupportedException.class);
    }

    private void assertClass(String sql, Class<? extends SQLException> type) {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> TestDatabase.run(connection, sql))
                .isExactlyInstanceOf(type);
    }

    @Test
    void wordsAreReadAsSqliteReadsThem() {
        assertThat(SqlText.statements("select ';', \"a;b\", [c;d], `e;f` /* ; */ -- ;\n; ; delete from t"))
                .extracting(words -> words.get(0))
                .containsExactly("SELECT", "DELETE");
        String trigger = "create temp trigger t after insert on a begin update b set c = case when 1 then 2 end; end";
        assertThat(SqlText.statements(trigger + "; select 1")).hasSize(2);
        assertThat(SqlText.statements("explain query plan " + trigger + ";")).hasSize(1);
        assertThat(SqlText.statements("select 'it''s'; /* open")).hasSize(1);
        assertThat(SqlText.statements("'never closed")).isEqualTo(List.of(List.of("NEVER CLOSED")));
    }
}
