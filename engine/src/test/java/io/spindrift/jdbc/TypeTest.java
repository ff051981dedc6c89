package io.spindrift.jdbc;

import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.List;
import java.util.TimeZone;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TypeTest extends OnOneConnection {
    enum Colour {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "a body of its own";
            }
        }
    }

    @BeforeEach
    void fill() throws SQLException {
        TestDatabase.run(connection, "create table t(plain, text text, n integer)");
    }

    static Stream<Object> values() {
        return Stream.of(
                "text",
                "",
                1,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                (short) -3,
                (byte) 4,
                1.5,
                2.5f,
                true,
                false,
                new BigDecimal("12345678901234567890.1234567890"),
                new BigDecimal("1E+3").setScale(0),
                new BigInteger("123456789012345678901234567890"),
                BigInteger.TEN,
                new byte[] {1, 0, -1},
                UUID.fromString("123e4567-e89b-12d3-a456-426614174000"),
                Colour.RED,
                Colour.GREEN,
                Instant.parse("2026-01-02T03:04:05.123456789Z"),
                Instant.parse("2026-01-02T03:04:05Z"),
                OffsetDateTime.parse("2026-01-02T03:04:05.5Z"),
                ZonedDateTime.parse("2026-01-02T03:04:05.5Z"),
                OffsetTime.parse("03:04:05.5+02:00"),
                'c',
                LocalDateTime.parse("2026-01-02T03:04"),
                LocalDateTime.parse("2026-01-02T03:04:05.000000001"),
                LocalDate.parse("2026-01-02"),
                LocalTime.parse("03:04:05.25"),
                Timestamp.valueOf("2026-01-02 03:04:05.123456789"),
                Date.valueOf("2026-01-02"),
                Time.valueOf("03:04:05"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void everyTypeComesBackAsItWasStored(Object value) throws SQLException {
        Class<?> type = value instanceof Colour ? Colour.class : value.getClass();
        try (PreparedStatement insert =
                connection.prepareStatement("insert into t(plain, text) values (?, ?) returning plain, text")) {
            insert.setObject(1, value);
            insert.setObject(2, value);
            try (ResultSet drained = insert.executeQuery()) {
                assertThat(drained.next()).isTrue();
                assertThat(drained.getObject(1, type)).isEqualTo(value);
                assertThat(drained.getObject("text", type)).isEqualTo(value);
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet live = statement.executeQuery("select plain, text, null from t")) {
            assertThat(live.next()).isTrue();
            assertThat(live.getObject(1, type)).isEqualTo(value);
            assertThat(live.getObject(2, type)).isEqualTo(value);
            assertThat((Object) live.getObject(3, type)).isNull();
            assertThat(live.wasNull()).isTrue();
        }
    }

    @Test
    void sqlitesDateFunctionsReadWhatIsStored() throws SQLException {
        for (Object value : new Object[] {
            Instant.parse("2026-01-02T03:04:05.678Z"),
            LocalDateTime.parse("2026-01-02T03:04:05.678"),
            OffsetDateTime.parse("2026-01-02T05:04:05.678+02:00"),
            Timestamp.from(Instant.parse("2026-01-02T03:04:05.678Z")),
        }) {
            try (PreparedStatement select = connection.prepareStatement("select strftime('%Y-%m-%d %H:%M:%f', ?)")) {
                select.setObject(1, value);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    assertThat(row.getString(1)).as(value.toString()).isEqualTo("2026-01-02 03:04:05.678");
                }
            }
        }
    }

    @Test
    void pointsOnTheTimeLineAreOneTextInUtcWhateverTheirTypeAndZone() throws SQLException {
        Instant instant = Instant.parse("2026-01-02T03:04:05.678Z");
        Calendar calendar = Calendar.getInstance(TimeZone.getTimeZone("Asia/Tokyo"));
        calendar.setTimeInMillis(instant.toEpochMilli());
        TimeZone zone = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
        try (PreparedStatement select = connection.prepareStatement("select ?")) {
            for (Object value : new Object[] {
                instant,
                instant.atOffset(java.time.ZoneOffset.ofHours(9)),
                instant.atZone(ZoneId.of("Europe/Berlin")),
                Timestamp.from(instant),
                java.util.Date.from(instant),
                calendar
            }) {
                select.setObject(1, value);
                assertThat(only(select)).as(value.getClass().getName()).isEqualTo("2026-01-02T03:04:05.678000000Z");
            }
            select.setTimestamp(1, Timestamp.from(instant), calendar);
            assertThat(only(select)).isEqualTo("2026-01-02T03:04:05.678000000Z");
            select.setObject(1, LocalDateTime.parse("2026-01-02T03:04:05.5"));
            assertThat(only(select)).isEqualTo("2026-01-02T03:04:05.5");
            select.setObject(1, Date.valueOf("2026-01-02"));
            assertThat(only(select)).isEqualTo("2026-01-02");
            select.setTime(1, Time.valueOf("03:04:05"));
            assertThat(only(select)).isEqualTo("03:04:05");
            select.setTime(1, new Time(0), calendar);
            assertThat(only(select)).isEqualTo("09:00:00");
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("select '2026-01-02T03:04:05.678000000Z'")) {
                row.next();
                assertThat(row.getTimestamp(1).toInstant()).isEqualTo(instant);
                assertThat(row.getObject(1, LocalDateTime.class)).isEqualTo("2026-01-01T22:04:05.678");
                assertThat(row.getDate(1)).isEqualTo(Date.valueOf("2026-01-01"));
                assertThat(row.getObject(1, Calendar.class).toInstant()).isEqualTo(instant);
            }
        } finally {
            TimeZone.setDefault(zone);
        }
    }

    private static Object only(PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            row.next();
            return row.getObject(1);
        }
    }

    @Test
    void yearsThatWouldNotSortAsTextAreRefused() throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select ?")) {
            for (Object value : new Object[] {
                LocalDate.of(10_000, 1, 1), LocalDate.of(-1, 1, 1).atStartOfDay(), Instant.MAX, new Date(Long.MAX_VALUE)
            }) {
                assertState(() -> select.setObject(1, value), "22008");
            }
        }
    }

    @Test
    void instantsSortAsText() throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select ? < ?")) {
            select.setObject(1, Instant.parse("2026-01-02T03:04:05Z"));
            select.setObject(2, Instant.parse("2026-01-02T03:04:05.000001Z"));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                assertThat(row.getBoolean(1)).isTrue();
            }
        }
    }

    @Test
    void epochMillisecondsAndSqlitesOwnFormsAreRead() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select 1767323045678, '2026-01-02 03:04:05', '2026-01-02',"
                        + " '2026-01-02T03:04:05.5Z', '03:04', current_timestamp")) {
            row.next();
            Instant instant = Instant.ofEpochMilli(1767323045678L);
            assertThat(row.getTimestamp(1).toInstant()).isEqualTo(instant);
            assertThat(row.getObject(1, Instant.class)).isEqualTo(instant);
            assertThat(row.getTimestamp(2)).isEqualTo(Timestamp.valueOf("2026-01-02 03:04:05"));
            assertThat(row.getDate(3)).isEqualTo(Date.valueOf("2026-01-02"));
            assertThat(row.getTimestamp(4).toInstant()).isEqualTo(Instant.parse("2026-01-02T03:04:05.5Z"));
            assertThat(row.getTime(5)).isEqualTo(Time.valueOf("03:04:00"));
            assertThat(row.getObject(6, Instant.class)).isBetween(Instant.now().minusSeconds(60), Instant.now());
            Calendar tokyo = Calendar.getInstance(TimeZone.getTimeZone("Asia/Tokyo"));
            assertThat(row.getTimestamp(2, tokyo).toInstant()).isEqualTo(Instant.parse("2026-01-01T18:04:05Z"));
        }
    }

    @Test
    void whatDoesNotFitIsAnErrorAndNeverCutOff() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select 3000000000, 'secret', 1e300, 300")) {
            row.next();
            assertState(() -> row.getInt(1), "22003");
            assertState(() -> row.getByte(4), "22003");
            assertState(() -> row.getLong(3), "22003");
            assertState(() -> row.getLong(2), "22018");
            assertState(() -> row.getObject(2, Instant.class), "22018");
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> row.getObject(2, Colour.class))
                    .hasMessageNotContaining("secret");
            assertThat(row.getLong(1)).isEqualTo(3000000000L);
            assertState(() -> row.getInt(5), "07009");
            assertState(() -> row.getInt("missing"), "42703");
        }
    }

    @Test
    void nullsAreNullForBoxedTypesAndZeroForPrimitives() throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select ?, ?")) {
            select.setObject(1, null);
            select.setNull(2, java.sql.Types.INTEGER);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                assertThat(row.getObject(1, Long.class)).isNull();
                assertThat(row.getLong(2)).isZero();
                assertThat(row.wasNull()).isTrue();
                assertThat(row.getTimestamp(1)).isNull();
                assertThat(row.getBigDecimal(1)).isNull();
                assertThat(row.getBytes(1)).isNull();
                assertThat(row.getBoolean(1)).isFalse();
            }
        }
    }

    @Test
    void whatSqliteCannotKeepIsRefusedWithTheWayAround() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into t(plain) values (?)")) {
            assertState(() -> insert.setObject(1, List.of()), "0A000");
            assertState(() -> insert.setObject(1, new Object()), "0A000");
            assertState(insert::executeUpdate, "07002");
            assertState(() -> insert.setInt(2, 1), "07009");
        }
        assertState(() -> connection.prepareCall("call x()"), "0A000");
    }

    @Test
    void streamsAreStored() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into t(plain, text) values (?, ?)")) {
            insert.setBinaryStream(1, new ByteArrayInputStream(new byte[] {1, 2, 3}));
            insert.setCharacterStream(2, new StringReader("äöü"), 3);
            insert.executeUpdate();
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select * from t")) {
            row.next();
            assertThat(row.getBytes("plain")).containsExactly(1, 2, 3);
            assertThat(row.getBlob(1).length()).isEqualTo(3);
            assertThat(row.getClob(2).length()).isEqualTo(3);
            assertThat(row.getString("TEXT")).isEqualTo("äöü");
        }
    }

    @Test
    void generatedKeysAreThoseOfTheStatement() throws SQLException {
        TestDatabase.run(connection, "create table k(id integer primary key, v unique)");
        try (PreparedStatement insert =
                connection.prepareStatement("insert or ignore into k(v) values (?)", Statement.RETURN_GENERATED_KEYS)) {
            insert.setString(1, "a");
            insert.executeUpdate();
            assertThat(key(insert)).isEqualTo(1L);
            insert.setString(1, "b");
            insert.executeUpdate();
            TestDatabase.run(connection, "insert into k values (99, 'c')");
            assertThat(key(insert)).isEqualTo(2L);
            assertThat(insert.executeUpdate()).isZero();
            assertThat(key(insert)).isNull();
        }
    }

    private static Long key(Statement statement) throws SQLException {
        try (ResultSet keys = statement.getGeneratedKeys()) {
            return keys.next() ? keys.getLong(1) : null;
        }
    }

    @Test
    void aStatementSurvivesAnErrorAndASchemaChange() throws SQLException {
        TestDatabase.run(connection, "create table k(id integer primary key)");
        try (PreparedStatement insert = connection.prepareStatement("insert into k values (?)");
                PreparedStatement select = connection.prepareStatement("select * from k")) {
            insert.setInt(1, 1);
            insert.executeUpdate();
            assertState(insert::executeUpdate, "23505");
            assertState(insert::executeUpdate, "23505");
            insert.setInt(1, 2);
            assertThat(insert.executeUpdate()).isEqualTo(1);
            try (ResultSet rows = select.executeQuery()) {
                assertThat(rows.getMetaData().getColumnCount()).isEqualTo(1);
            }
            TestDatabase.run(connection, "alter table k add column v default 'new'");
            try (ResultSet rows = select.executeQuery()) {
                rows.next();
                assertThat(rows.getMetaData().getColumnCount()).isEqualTo(2);
                assertThat(rows.getString("v")).isEqualTo("new");
            }
        }
    }

    @Test
    void updateCountsOfDdlAreZeroAndQueriesAreToldFromUpdates() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate("insert into t(n) values (1), (2)"))
                    .isEqualTo(2);
            assertThat(statement.executeUpdate("create table u(a)")).isZero();
            assertState(() -> statement.executeQuery("delete from t"), "07005");
            assertState(() -> statement.executeUpdate("select 1"), "07005");
            assertThat(statement.execute("select n from t")).isTrue();
            assertThat(statement.getUpdateCount()).isEqualTo(-1);
            assertThat(statement.getMoreResults()).isFalse();
            statement.setMaxRows(1);
            try (ResultSet rows = statement.executeQuery("select n from t")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.next()).isFalse();
                assertThat(rows.getRow()).isZero();
            }
        }
        assertThat(TestDatabase.value(connection, "select count(*) from t")).isEqualTo(2);
    }

    @Test
    void metadataDescribesTheSchemaAndTheConnection() throws SQLException {
        var metadata = connection.getMetaData();
        assertThat(metadata.getConnection()).isSameAs(connection);
        assertThat(metadata.getDatabaseProductName()).isEqualTo("SQLite");
        try (ResultSet columns = metadata.getColumns(null, null, "t", "%")) {
            columns.next();
            assertThat(columns.getString("COLUMN_NAME")).isEqualTo("plain");
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select n as amount, text from t")) {
            assertThat(statement.getConnection()).isSameAs(connection);
            assertThat(rows.getStatement()).isSameAs(statement);
            assertThat(rows.getMetaData().getColumnLabel(1)).isEqualTo("amount");
            assertThat(rows.getMetaData().getColumnTypeName(2)).isEqualToIgnoringCase("text");
        }
        assertThat(connection.unwrap(SpindriftConnection.class)).isSameAs(connection);
        assertThat(connection.unwrap(org.sqlite.SQLiteConnection.class)).isNotNull();
        assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
        assertThat(connection.getWarnings().getSQLState()).isEqualTo("01000");
        assertThat(connection.isValid(1)).isTrue();
    }
}
