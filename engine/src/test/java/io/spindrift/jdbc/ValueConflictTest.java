package io.spindrift.jdbc;

import static io.spindrift.jdbc.TestDatabase.run;
import static io.spindrift.jdbc.TestDatabase.value;
import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as a difference, what can be read again, and what cannot. */
@Timeout(60)
class ValueConflictTest {
    /** Runs for ever once the row of {@code size} is huge. */
    private static final String COUNT_TO_SIZE =
            "with recursive n(i) as (values (1) union all select i + 1 from n where i < (select v from size))"
                    + " select max(i) from n";

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestDatabase database;
    private Connection ours;

    @BeforeEach
    void begin() throws SQLException {
        database = new TestDatabase(folder.resolve("test.db"));
        database.run(
                "create table item(id integer primary key, a, b)",
                "insert into item values (1, 10, 'x'), (2, 20, 'y'), (3, 30, 'z')",
                "create table done(n)",
                "create table size(v)",
                "insert into size values (3)");
        ours = begun();
    }

    @AfterEach
    void close() throws SQLException {
        threads.shutdownNow();
        database.close();
    }

    private Connection begun() throws SQLException {
        return begun(TestDatabase.OPTIMISTIC);
    }

    private Connection begun(ConnectionOptions options) throws SQLException {
        Connection connection = database.connect(options);
        connection.setAutoCommit(false);
        return connection;
    }

    /** Writes, so that what was read before is validated if someone committed. */
    private void write() throws SQLException {
        run(ours, "insert into done values (1)");
    }

    private void assertGoesOn() throws SQLException {
        write();
        ours.commit();
        assertThat(database.value("select count(*) from done")).isEqualTo(1);
    }

    private void assertConflict(String... words) throws SQLException {
        SQLTransactionRollbackException conflict =
                catchThrowableOfType(SQLTransactionRollbackException.class, this::write);
        assertThat((Throwable) conflict).as("a conflict was expected").isNotNull();
        assertThat(conflict.getSQLState()).isEqualTo("40001");
        assertThat(conflict.getErrorCode()).isEqualTo(517);
        assertThat(conflict.getMessage()).contains("roll back and run the transaction again");
        for (String word : words) {
            assertThat(conflict.getMessage()).contains(word);
        }
        database.gate.acquireForEngine(Duration.ZERO).close();
        assertState(this::write, "25P02");
        ours.rollback();
        assertGoesOn();
    }

    private static List<Object> firstColumn(ResultSet rows) throws SQLException {
        List<Object> values = new ArrayList<>();
        while (rows.next()) {
            values.add(rows.getObject(1));
        }
        return values;
    }

    // ---- what is a difference

    @Test
    void aChangeOfAnotherRowIsNoConflict() throws SQLException {
        value(ours, "select a from item where id = 1");
        database.run("update item set a = 0 where id = 2");
        assertGoesOn();
    }

    @Test
    void aChangeOfWhatWasFetchedIs() throws SQLException {
        value(ours, "select a from item where id = 1 and b = 'x'");
        database.run("update item set a = 11 where id = 1");
        assertConflict("of `select a from item where id = ? and b = ?`", "column 1 of row 1 is another value");
    }

    @Test
    void aColumnThatWasNotFetchedMayChange() throws SQLException {
        try (Statement select = ours.createStatement();
                ResultSet row = select.executeQuery("select * from item where id = 1")) {
            row.next();
            assertThat(row.getInt("a")).isEqualTo(10);
        }
        database.run("update item set b = 'other' where id = 1");
        assertGoesOn();
    }

    @Test
    void aRowThatWasNotSteppedToMayChangeOrAppearOrVanish() throws SQLException {
        value(ours, "select a from item order by id");
        database.run("update item set a = 0 where id = 2", "delete from item where id = 3");
        database.run("insert into item values (4, 4, 4)");
        assertGoesOn();
    }

    @Test
    void aRowMoreIsAConflictForWhoSawTheEnd() throws SQLException {
        try (Statement select = ours.createStatement();
                ResultSet rows = select.executeQuery("select id from item where a > 25")) {
            assertThat(firstColumn(rows)).containsExactly(3);
        }
        database.run("insert into item values (4, 40, 'w')");
        assertConflict("there are more than 1 rows");
    }

    @Test
    void aRowLessIsAConflict() throws SQLException {
        try (Statement select = ours.createStatement();
                ResultSet rows = select.executeQuery("select 1 from item")) {
            rows.next();
            rows.next();
            rows.next();
        }
        database.run("delete from item where id = 2");
        assertConflict("there is no row 3 any more");
    }

    @Test
    void aRowLimitIsNotTheEnd() throws SQLException {
        try (Statement select = ours.createStatement()) {
            select.setMaxRows(2);
            try (ResultSet rows = select.executeQuery("select id from item order by id")) {
                assertThat(firstColumn(rows)).containsExactly(1, 2);
            }
        }
        database.run("insert into item values (4, 40, 'w')");
        assertGoesOn();
    }

    @Test
    void havingAskedForRowsWithoutSteppingCounts() throws SQLException {
        try (Statement select = ours.createStatement();
                ResultSet rows = select.executeQuery("select id from item where a = 99")) {
            assertThat(rows.isBeforeFirst()).isFalse();
        }
        database.run("insert into item values (4, 99, 'w')");
        assertConflict("are rows");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0", "'10'", "x'3130'", "null", "10000000000"})
    void anotherStorageClassIsAnotherValue(String other) throws SQLException {
        value(ours, "select a from item where id = 1");
        database.run("update item set a = " + other + " where id = 1");
        assertConflict();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0", "'10'", "x'3130'"})
    void anotherStorageClassIsAnotherValueAlsoIfReadAsText(String other) throws SQLException {
        try (Statement select = ours.createStatement();
                ResultSet row = select.executeQuery("select a from item where id = 1")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo("10");
        }
        database.run("update item set a = " + other + " where id = 1");
        assertConflict();
    }

    @Test
    void textOfARealIsTheSameInsideAndOutsideATransaction() throws SQLException {
        try (Statement inside = ours.createStatement();
                ResultSet row = inside.executeQuery("select 0.1 + 0.2, 1e100, x'c3a4', -7")) {
            row.next();
            List<String> texts = List.of(row.getString(1), row.getString(2), row.getString(3), row.getString(4));
            ours.rollback();
            try (Connection alone = database.connect();
                    Statement outside = alone.createStatement();
                    ResultSet same = outside.executeQuery("select 0.1 + 0.2, 1e100, x'c3a4', -7")) {
                same.next();
                assertThat(texts)
                        .containsExactly(same.getString(1), same.getString(2), same.getString(3), same.getString(4));
            }
        }
    }

    @Test
    void aValueThatCameBackIsNoConflict() throws SQLException {
        value(ours, "select a from item where id = 1");
        database.run("update item set a = 11 where id = 1");
        database.run("update item set a = 10 where id = 1");
        assertGoesOn();
    }

    @Test
    void bytesAreComparedAsTheyWereFetchedWhateverTheApplicationDoesWithThem() throws SQLException {
        database.run("insert into item values (4, x'00ff10', 'blob')");
        byte[] bytes = (byte[]) value(ours, "select a from item where id = 4");
        bytes[0] = 7;
        database.run("delete from item where id = 1");
        assertGoesOn();
        byte[] again = (byte[]) value(ours, "select a from item where id = 4");
        again[0] = 7;
        database.run("update item set a = x'07ff10' where id = 4");
        assertState(this::write, "40001");
    }

    @Test
    void aChangeOfTheSchemaIsAConflict() throws SQLException {
        value(ours, "select a from item where id = 1");
        database.run("create index item_b on item(b)");
        assertConflict("changed the schema");
    }

    @Test
    void aQueryThatFailsNowIsAConflict() throws SQLException {
        database.run("update item set b = '{}'");
        value(ours, "select count(json_extract(b, '$.k')) from item");
        database.run("update item set b = 'no json' where id = 2");
        assertConflict("fails now");
    }

    @Test
    void parametersAreThoseOfTheRunAndStreamsAreReadOnce() throws SQLException {
        database.run("update item set b = x'0102' where id = 1");
        try (PreparedStatement select = ours.prepareStatement("select a from item where id = ? or b = ?")) {
            byte[] bytes = {1, 2};
            select.setObject(2, bytes);
            for (int id = 1; id <= 3; id++) {
                select.setInt(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    rows.next();
                    rows.getInt(1);
                }
            }
            bytes[0] = 9;
            select.setInt(1, 99);
            select.setBinaryStream(2, new ByteArrayInputStream(new byte[] {1, 2}));
            try (ResultSet rows = select.executeQuery()) {
                assertThat(firstColumn(rows)).containsExactly(10);
            }
            select.setBinaryStream(2, new ByteArrayInputStream(new byte[] {5}));
        }
        database.run("insert into item values (99, 0, 0)", "delete from item where id = 99");
        assertGoesOn();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 200_000})
    void manyValuesAreComparedAsWell(int rows) throws SQLException {
        database.run("with recursive n(i) as (values (4) union all select i + 1 from n where i < " + rows + ")"
                + " insert into item select i, 'text ' || i, x'00' from n");
        readAll(rows);
        database.run("insert into size values (4)");
        write();
        ours.rollback();
        readAll(rows);
        database.run("update item set a = 'text' where id = " + rows);
        assertState(this::write, "40001");
    }

    private void readAll(int rows) throws SQLException {
        try (Statement select = ours.createStatement();
                ResultSet all = select.executeQuery("select a, b from item order by id")) {
            int n = 0;
            while (all.next()) {
                all.getString(1);
                if (++n % 3 == 0) {
                    all.getBytes(2);
                }
            }
            assertThat(n).isEqualTo(rows);
        }
    }

    // ---- how it goes on

    @Test
    void fromItsFirstWriteOnItReadsTheLatestState() throws SQLException {
        value(ours, "select a from item where id = 1");
        database.run("update item set a = 21 where id = 2");
        assertThat(value(ours, "select a from item where id = 2")).isEqualTo(20);
        ours.rollback();
        value(ours, "select a from item where id = 1");
        database.run("update item set a = 22 where id = 2");
        run(ours, "update item set a = a + 1 where id = 2");
        assertThat(value(ours, "select a from item where id = 2")).isEqualTo(23);
        ours.commit();
        assertThat(database.value("select a from item where id = 2")).isEqualTo(23);
    }

    @Test
    void openResultsGoOnWhereTheyWere() throws SQLException {
        try (Statement one = ours.createStatement();
                Statement two = ours.createStatement();
                Statement three = ours.createStatement();
                ResultSet untouched = one.executeQuery("select id from item order by id");
                ResultSet same = two.executeQuery("select id, b from item order by id");
                ResultSet limited = limited(three)) {
            same.next();
            assertThat(same.getInt("id")).isEqualTo(1);
            limited.next();
            limited.next();
            database.run("update item set b = 'new'", "insert into item values (4, 40, 'w')");
            write();
            assertThat(same.getString("b")).isEqualTo("new");
            assertThat(firstColumn(same)).containsExactly(2, 3, 4);
            assertThat(firstColumn(limited)).containsExactly(3);
            assertThat(firstColumn(untouched)).containsExactly(1, 2, 3, 4);
            ours.commit();
        }
    }

    private static ResultSet limited(Statement statement) throws SQLException {
        statement.setMaxRows(3);
        return statement.executeQuery("select id from item order by id");
    }

    @Test
    void openResultsCloseWithAConflict() throws SQLException {
        try (Statement statement = ours.createStatement();
                ResultSet rows = statement.executeQuery("select id, a from item order by id")) {
            rows.next();
            rows.getInt(2);
            database.run("update item set a = 11 where id = 1");
            assertState(this::write, "40001");
            assertState(rows::next, "24000");
        }
    }

    @Test
    void savepointsAreSetAgain() throws SQLException {
        Savepoint first = ours.setSavepoint();
        value(ours, "select a from item where id = 1");
        Savepoint second = ours.setSavepoint("second");
        Savepoint released = ours.setSavepoint();
        Savepoint third = ours.setSavepoint();
        ours.releaseSavepoint(released);
        ours.rollback(second);
        Savepoint fourth = ours.setSavepoint();
        database.run("update item set a = 0 where id = 2");
        write();
        ours.rollback(fourth);
        write();
        ours.rollback(second);
        write();
        assertState(() -> ours.rollback(fourth), "3B001");
        assertState(() -> ours.rollback(third), "3B001");
        ours.commit();
        assertThat(database.value("select count(*) from done")).isEqualTo(1);
        assertThat(first).isNotNull();
    }

    @Test
    void aSavepointAloneIsNoReason() throws SQLException {
        Savepoint savepoint = ours.setSavepoint();
        database.run("update item set a = 0");
        write();
        ours.rollback(savepoint);
        assertGoesOn();
    }

    @Test
    void whatOthersCommitWhileItWaitsAtTheGateIsValidatedUnderIt() throws Exception {
        assertThat(outcomeOfWaiting("update item set a = 21 where id = 2")).isEqualTo("committed");
        assertThat(outcomeOfWaiting("update item set a = 11 where id = 1")).isEqualTo("40001");
    }

    private String outcomeOfWaiting(String others) throws Exception {
        try (Connection holder = begun()) {
            run(holder, others);
            Future<String> outcome = threads.submit(() -> readThenWrite("select a from item where id = 1"));
            await().until(() -> database.gate.waiting() == 1);
            holder.commit();
            return outcome.get(30, TimeUnit.SECONDS);
        }
    }

    private String readThenWrite(String query) throws SQLException {
        try (Connection connection = begun(TestDatabase.OPTIMISTIC.withValidationMax(Duration.ofMillis(100)))) {
            value(connection, query);
            run(connection, "insert into done values (1)");
            connection.commit();
            return "committed";
        } catch (SQLException e) {
            return e.getSQLState() + (e.getMessage().contains("validation-max") ? " validation-max" : "");
        }
    }

    @Test
    void readingAgainUnderTheGateIsBounded() throws Exception {
        try (Connection holder = begun()) {
            run(holder, "update size set v = 1e18");
            Future<String> outcome = threads.submit(() -> readThenWrite(COUNT_TO_SIZE));
            await().until(() -> database.gate.waiting() == 1);
            holder.commit();
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isEqualTo("40001 validation-max");
        }
        database.gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void readingAgainCanBeCancelledAndTimesOut() throws Exception {
        value(ours, COUNT_TO_SIZE);
        database.run("update size set v = 1e18");
        PhysicalConnection physical = ours.unwrap(PhysicalConnection.class);
        try (Statement statement = ours.createStatement()) {
            Future<?> write = threads.submit(() -> statement.executeUpdate("insert into done values (1)"));
            await().until(physical::isRunning);
            statement.cancel();
            assertThat(write)
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
            assertState(this::write, "25P02");
            ours.rollback();
            database.run("update size set v = 3");
            value(ours, COUNT_TO_SIZE);
            database.run("update size set v = 1e18");
            statement.setQueryTimeout(1);
            assertState(() -> statement.executeUpdate("insert into done values (1)"), "HYT00");
            assertState(this::write, "25P02");
            ours.rollback();
        }
        assertGoesOn();
    }

    @Test
    void closingTheConnectionEndsReadingAgain() throws Exception {
        value(ours, COUNT_TO_SIZE);
        database.run("update size set v = 1e18");
        PhysicalConnection physical = ours.unwrap(PhysicalConnection.class);
        Future<?> write = threads.submit(() -> {
            write();
            return null;
        });
        await().until(physical::isRunning);
        physical.close();
        assertThat(write).failsWithin(Duration.ofSeconds(30));
        assertThat(database.open).isEmpty();
        database.gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void aTimeoutAtTheGateLeavesTheTransactionOpenAndItsReadsProtected() throws Exception {
        database.gateTimeout = Duration.ofMillis(100);
        value(ours, "select a from item where id = 1");
        database.run("update item set a = 21 where id = 2");
        try (Connection holder = begun()) {
            run(holder, "insert into done values (0)");
            threads.submit(() -> assertState(this::write, "HYT00")).get(30, TimeUnit.SECONDS);
            holder.rollback();
        }
        assertThat(value(ours, "select a from item where id = 2")).isEqualTo(21);
        database.run("update item set a = 22 where id = 2");
        assertConflict();
    }

    // ---- what cannot be read again

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create temp table t(a)",
                "insert into temp.mine values (1)",
                "insert into temp.mine values (1) returning a",
                "pragma defer_foreign_keys = on",
            })
    void whatASecondRunWouldNotRepeatIsAConflictOnceSomebodyCommitted(String sql) throws SQLException {
        ours.setAutoCommit(true);
        run(ours, "create temp table mine(a)");
        ours.setAutoCommit(false);
        run(ours, sql);
        write();
        ours.rollback();
        run(ours, sql);
        database.run("update item set a = 0");
        assertConflict("cannot be found out whether it would read the same again");
    }

    @Test
    void aFailedStatementIsAConflictOnceSomebodyCommitted() throws SQLException {
        assertState(() -> value(ours, "select json(b) from item"), "HY000");
        write();
        ours.rollback();
        assertState(() -> value(ours, "select json(b) from item"), "HY000");
        database.run("update item set a = 0");
        assertConflict("one of its statements failed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"select random()", "select hex(randomblob(8))", "select julianday('now') * 1e9 from item"})
    void chanceAndTimeAreReadAgainAndWhereTheyDifferTheSentenceSaysWhy(String query) throws SQLException {
        value(ours, query);
        write();
        ours.rollback();
        Object before = value(ours, query);
        await().until(() -> !database.value(query).equals(before));
        database.run("update item set a = 0");
        assertConflict("whose answer may change by itself");
    }

    @Test
    void aQueryThatAsksForTheTimeIsNoConflictWhileItsAnswerIsTheSame() throws SQLException {
        value(ours, "select count(*) from item where a < julianday('now') + random() % 10");
        database.run("update item set a = 11 where id = 1");
        assertGoesOn();
    }

    @Test
    void changesAndTheLastRowidAreThoseOfTheConnectionAndStay() throws SQLException {
        write(); // to look at a write for the first time sets changes() to 0
        ours.rollback();
        ours.setAutoCommit(true);
        run(ours, "insert into item values (7, 7, 7), (8, 8, 8)");
        ours.setAutoCommit(false);
        assertThat(value(ours, "select last_insert_rowid()")).isEqualTo(8);
        assertThat(value(ours, "select changes()")).isEqualTo(2);
        value(ours, "select total_changes()");
        database.run("insert into item values (9, 9, 9)");
        assertGoesOn();
    }

    @Test
    void pragmasThatAnswerAreComparedLikeQueries() throws SQLException {
        value(ours, "pragma user_version");
        value(ours, "pragma table_info(item)");
        database.run("update item set a = 0");
        assertGoesOn();
        value(ours, "pragma user_version");
        database.run("pragma user_version = 5");
        assertState(this::write, "40001");
        ours.rollback();
        value(ours, "pragma data_version");
        database.run("update item set a = 1");
        assertState(this::write, "40001");
    }

    @Test
    void moreThanIsRememberedIsAConflictOnceSomebodyCommitted() throws SQLException {
        String padding = "x".repeat(1_000_000);
        for (int round = 0; round < 2; round++) {
            ours.rollback();
            try (PreparedStatement select = ours.prepareStatement("select a from item where b <> ?")) {
                for (int i = 0; i < 6; i++) {
                    select.setString(1, padding + i);
                    select.executeQuery().close();
                }
            }
            if (round == 0) {
                write();
            }
        }
        database.run("update item set a = 0");
        assertConflict("more than is remembered, 8 MiB");
    }

    @Test
    void aCommitOfAnotherProcessIsAConflict() throws SQLException {
        value(ours, "select a from item where id = 1");
        try (Connection foreign = database.foreign();
                Statement statement = foreign.createStatement()) {
            statement.execute("update item set a = 0 where id = 2");
        }
        assertConflict("Another transaction committed");
    }

    @Test
    void nothingIsRememberedInAutoCommitNorByImmediateOrReadOnlyOnesNorAfterTheFirstWrite() throws SQLException {
        assertThat(remembersReads(ours)).isFalse();
        value(ours, "select 1");
        assertThat(remembersReads(ours)).isTrue();
        write();
        assertThat(remembersReads(ours)).isFalse();
        ours.rollback();
        ours.setAutoCommit(true);
        value(ours, "select 1");
        assertThat(remembersReads(ours)).isFalse();
        for (ConnectionOptions options :
                List.of(TestDatabase.IMMEDIATE, TestDatabase.READ_ONLY, TestDatabase.SNAPSHOT)) {
            try (Connection other = begun(options)) {
                value(other, "select a from item");
                assertThat(remembersReads(other)).isFalse();
            }
        }
    }

    private static boolean remembersReads(Connection connection) throws SQLException {
        SqlStatement statement = SqlStatement.of("select 1", SqlStatement.Effect.READ);
        return connection.unwrap(PhysicalConnection.class).ran(statement, new Object[0], 0, true) != null;
    }
}
