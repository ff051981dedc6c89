package io.spindrift.jdbc;

import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlEscapesTest extends OnOneConnection {
    @Test
    void datesAndTimesAreTheTextThatBindingThemStores() throws SQLException {
        TimeZone zone = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
        try (PreparedStatement select = connection.prepareStatement("select {d '2026-01-02'} = ?, {t '03:04:05'} = ?,"
                + " {ts '2026-01-02 03:04:05.678'} = ?, {ts '2026-01-02 03:04:05.678'}")) {
            select.setDate(1, Date.valueOf("2026-01-02"));
            select.setTime(2, Time.valueOf("03:04:05"));
            select.setTimestamp(3, Timestamp.valueOf("2026-01-02 03:04:05.678"));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                assertThat(row.getBoolean(1)).isTrue();
                assertThat(row.getBoolean(2)).isTrue();
                assertThat(row.getBoolean(3)).isTrue();
                assertThat(row.getString(4)).isEqualTo("2026-01-02T08:04:05.678000000Z");
            }
        } finally {
            TimeZone.setDefault(zone);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{fn concat('a', {fn ucase('b')})} | aB",
                "{fn concat('a', null)} | ",
                "{fn locate('b', 'abcb')} | 2",
                "{fn locate('b', 'abcb', 3)} | 4",
                "{fn left('spindrift', 4)}{fn x} | !42000",
                "{fn left('spindrift', 4)} | spin",
                "{fn right('spindrift', 5)} | drift",
                "{fn right('spindrift', 0)} | ''",
                "{fn right('ab', 5)} | ab",
                "{fn length('ab  ')} | 2",
                "{fn insert('abcdef', 2, 3, 'X')} | aXef",
                "{fn repeat('ab', 3)} | ababab",
                "{fn space(2)} | '  '",
                "{fn mod(-7, 3)} | -1",
                "{fn log({fn exp(2)})} | 2.0",
                "{fn truncate(-1.259, 2)} | -1.25",
                "{fn year({d '2026-03-04'})} | 2026",
                "{fn dayofweek({d '2026-01-04'})} | 1",
                "{fn quarter({d '2026-12-04'})} | 4",
                "{fn second({ts '2026-01-02 03:04:05.678'})} | 5",
                "{fn ifnull(null, 'x')} | x",
                "{fn convert('12', SQL_INTEGER)} + 1 | 13",
                "{fn hex('a')} | 61",
                "{fn max((1), 2)} | 2",
                "'{fn x}' /* {d} */ | {fn x}",
                "'a%' like 'a\\%' {escape '\\'} | 1",
                "{fn sequence('x')} | !42000",
                "{d 'tomorrow'} | !22007",
                "{ts 2026} | !42000",
                "{d '2026-01-02' | !42000",
                "{fn convert(1, SQL_ROW)} | !42000",
                "{call x()} | !0A000",
                "{? = call x()} | !0A000",
            })
    void escapesInAQuery(String expression, String expected) throws SQLException {
        if (expected != null && expected.startsWith("!")) {
            assertState(() -> TestDatabase.value(connection, "select " + expression), expected.substring(1));
        } else {
            Object value = TestDatabase.value(connection, "select " + expression);
            assertThat(value == null ? null : value.toString()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{fn now()}", "{fn current_timestamp()}"})
    void nowIsInTheFormOfATimestamp(String now) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select " + now + " <= ?, length(" + now + ")")) {
            select.setTimestamp(1, new Timestamp(System.currentTimeMillis() + 60_000));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                assertThat(row.getBoolean(1)).isTrue();
                assertThat(row.getInt(2)).isEqualTo(30);
            }
        }
    }

    @Test
    void parametersKeepTheirPlacesWhereAFunctionTurnsItsArgumentsAround() throws SQLException {
        TestDatabase.run(connection, "create table t(name)", "insert into t values ('abcb')");
        try (PreparedStatement select =
                connection.prepareStatement("select {fn locate(?, name, ?)}, {fn locate(?, ?)} from t where ? = 5")) {
            select.setString(1, "b");
            select.setInt(2, 3);
            select.setString(3, "n");
            select.setString(4, "in");
            select.setInt(5, 5);
            try (ResultSet row = select.executeQuery()) {
                assertThat(row.next()).isTrue();
                assertThat(row.getInt(1)).isEqualTo(4);
                assertThat(row.getInt(2)).isEqualTo(2);
            }
        }
    }

    @Test
    void outerJoinsAndLimitsLoseTheirBraces() throws SQLException {
        TestDatabase.run(connection, "create table a(i)", "create table b(i)", "insert into a values (1), (2), (3)");
        assertThat(
                        TestDatabase.value(
                                connection,
                                "select count(*) from (select 1 from {oj a left outer join b on a.i = b.i} {limit 2 offset 1})"))
                .isEqualTo(2);
        assertThat(connection.nativeSQL("select {fn ucase(i)} -- {d}\n from {oj a}"))
                .isEqualTo("select upper(i) -- {d}\n from a");
    }

    @Test
    void escapesWorkInBatchesAndCanBeTurnedOff() throws SQLException {
        TestDatabase.run(connection, "create table t(day)");
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("insert into t values ({d '2026-01-02'})");
            statement.executeBatch();
            assertThat(TestDatabase.value(connection, "select day from t")).isEqualTo("2026-01-02");
            statement.setEscapeProcessing(false);
            assertState(() -> statement.executeQuery("select {d '2026-01-02'}"), "42000");
        }
    }
}
