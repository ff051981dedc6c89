package io.spindrift.jdbc;

import static io.spindrift.jdbc.TestDatabase.run;
import static io.spindrift.jdbc.TestDatabase.value;
import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ConnectionTest {
    private static final String ENDLESS =
            "select 1 union all select count(*) from (with recursive n(i) as (values (1) union all select i + 1 from n)"
                    + " select i from n)";

    @TempDir
    Path folder;

    private TestDatabase database;
    private PhysicalConnection physical;
    private SpindriftConnection connection;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeEach
    void open() throws SQLException {
        database = new TestDatabase(folder.resolve("test.db"));
        database.run("create table t(id integer primary key, v)", "insert into t values (1, 10), (2, 20)");
        physical = database.physical(TestDatabase.OPTIMISTIC);
        connection = SpindriftConnection.standalone(physical);
    }

    @AfterEach
    void close() throws SQLException {
        threads.shutdownNow();
        connection.close();
        database.close();
    }

    /** What a call on another thread throws. */
    static void assertFails(Future<?> call, String state) throws Exception {
        ExecutionException e = catchThrowableOfType(ExecutionException.class, () -> call.get(20, TimeUnit.SECONDS));
        assertThat(e).as("an error was expected").isNotNull();
        assertThat(e.getCause()).isInstanceOf(SQLException.class);
        assertThat(((SQLException) e.getCause()).getSQLState())
                .as(e.getMessage())
                .isEqualTo(state);
    }

    private Future<?> submit(ThrowingCallable call) {
        return threads.submit((Callable<Void>) () -> {
            try {
                call.call();
            } catch (Exception | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
            return null;
        });
    }

    @Test
    void aCancelEndsAWaitAtTheGateAndNobodyElses() throws Exception {
        try (Connection holder = database.connect();
                Statement statement = connection.createStatement();
                Statement other = connection.createStatement()) {
            holder.setAutoCommit(false);
            run(holder, "update t set v = 1");
            Future<?> waiting = submit(() -> statement.executeUpdate("update t set v = 2"));
            await().until(() -> database.gate.waiting() == 1);
            other.cancel();
            assertThat(database.gate.waiting()).isEqualTo(1);
            statement.cancel();
            assertFails(waiting, "57014");
            holder.rollback();
            assertThat(statement.executeUpdate("update t set v = 3")).isEqualTo(2);
        }
    }

    @Test
    void aCancelReachesAStatementWhoseRowsAreBeingRead() throws Exception {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(ENDLESS)) {
            assertThat(rows.next()).isTrue();
            Future<?> stepping = submit(rows::next);
            await().until(physical::isRunning);
            statement.cancel();
            assertFails(stepping, "57014");
            assertThat(value(connection, "select count(*) from t")).isEqualTo(2);
        }
    }

    @Test
    void aQueryTimeoutEndsReadingRowsAndAWaitAtTheGateAndForAForeignWriter() throws Exception {
        try (Statement statement = connection.createStatement();
                ResultSet rows = timed(statement).executeQuery(ENDLESS)) {
            assertThat(rows.next()).isTrue();
            assertState(rows::next, "HYT00");
        }
        try (Connection holder = database.connect();
                Statement statement = timed(connection.createStatement())) {
            holder.setAutoCommit(false);
            Future<?> held = submit(() -> run(holder, "update t set v = 1"));
            held.get(10, TimeUnit.SECONDS);
            assertState(() -> statement.executeUpdate("update t set v = 2"), "HYT00");
            holder.rollback();
        }
        try (Connection foreign = database.foreign();
                Statement lock = foreign.createStatement();
                Statement statement = timed(connection.createStatement())) {
            lock.execute("begin immediate");
            assertState(() -> statement.executeUpdate("update t set v = 2"), "HYT00");
            lock.execute("rollback");
        }
    }

    private static Statement timed(Statement statement) throws SQLException {
        statement.setQueryTimeout(1);
        return statement;
    }

    @Test
    void isValidGivesUpWhileAnotherThreadsStatementRuns() throws Exception {
        assertThat(connection.isValid(0)).isTrue();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(ENDLESS)) {
            rows.next();
            Future<?> stepping = submit(rows::next);
            await().until(physical::isRunning);
            assertThat(connection.isValid(1)).isFalse();
            statement.cancel();
            assertFails(stepping, "57014");
        }
        assertThat(connection.isValid(1)).isTrue();
        assertState(() -> connection.isValid(-1), "HY024");
    }

    @Test
    void oneStatementOnTwoThreadsIsAnError() throws Exception {
        try (Connection holder = database.connect();
                PreparedStatement statement = connection.prepareStatement("update t set v = 2")) {
            holder.setAutoCommit(false);
            run(holder, "update t set v = 1");
            Future<?> waiting = submit(statement::executeUpdate);
            await().until(() -> database.gate.waiting() == 1);
            assertState(statement::executeUpdate, "HY010");
            holder.rollback();
            waiting.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void twoThreadsOnOneConnectionTakeTurnsAndNoRowIsLost() throws Exception {
        run(
                connection,
                "with recursive n(i) as (values (10) union all select i + 1 from n where i < 209)"
                        + " insert into t select i, 0 from n");
        AtomicBoolean done = new AtomicBoolean();
        Future<?> writer = submit(() -> {
            try (PreparedStatement update = connection.prepareStatement("update t set v = v + 1 where id = 1")) {
                while (!done.get()) {
                    update.executeUpdate();
                }
            }
        });
        try (PreparedStatement select = connection.prepareStatement("select id, 'text' || id from t order by id")) {
            for (int round = 0; round < 200; round++) {
                int seen = 0;
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        seen++;
                        assertThat(rows.getString(2)).isEqualTo("text" + rows.getInt(1));
                    }
                }
                assertThat(seen).isEqualTo(202);
            }
        } finally {
            done.set(true);
        }
        writer.get(10, TimeUnit.SECONDS);
        assertThat(connection.isValid(1)).isTrue();
    }

    @Test
    void whatAConnectionCannotSetIsRefusedAndNotIgnored() throws SQLException {
        assertState(() -> connection.setNetworkTimeout(Runnable::run, 1_000), "0A000");
        assertThat(connection.getNetworkTimeout()).isZero();
        assertState(() -> connection.setSchema("temp"), "0A000");
        connection.setSchema("MAIN");
        connection.setSchema(null);
        assertThat(connection.getSchema()).isNull();
        assertState(() -> connection.setCatalog("other"), "0A000");
        connection.setCatalog("");
        assertThat(connection.getCatalog()).isNull();
        connection.setClientInfo("ApplicationName", "x");
        assertThat(connection.getWarnings().getSQLState()).isEqualTo("01000");
        assertState(() -> connection.setTransactionIsolation(Connection.TRANSACTION_NONE), "0A000");
        assertState(() -> connection.abort(null), "HY024");
    }

    @Test
    void aReadOnlyDataSourceStaysReadOnly() throws SQLException {
        try (Connection readOnly = database.connect(TestDatabase.READ_ONLY)) {
            assertThat(readOnly.isReadOnly()).isTrue();
            readOnly.setReadOnly(false);
            assertThat(readOnly.isReadOnly()).isTrue();
            assertThat(readOnly.getWarnings().getSQLState()).isEqualTo("01000");
            assertState(() -> run(readOnly, "update t set v = 1"), "25006");
        }
    }

    @Test
    void scrollableUpdatableAndHoldableResultSetsAreRefusedWithTheWayAround() {
        int forward = ResultSet.TYPE_FORWARD_ONLY;
        int read = ResultSet.CONCUR_READ_ONLY;
        int hold = ResultSet.HOLD_CURSORS_OVER_COMMIT;
        assertState(() -> connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, read), "0A000");
        assertState(() -> connection.prepareStatement("select 1", ResultSet.TYPE_SCROLL_SENSITIVE, read), "0A000");
        assertState(() -> connection.createStatement(forward, ResultSet.CONCUR_UPDATABLE), "0A000");
        assertState(() -> connection.createStatement(forward, read, hold), "0A000");
        assertState(() -> connection.setHoldability(hold), "0A000");
        assertThatThrownBy(() -> connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, read))
                .hasMessageContaining("LIMIT and OFFSET");
    }

    @Test
    void aManagedTransactionIsEndedByItsContainerOnly() throws SQLException {
        physical.beginManaged();
        run(connection, "update t set v = 1");
        assertThat(connection.getAutoCommit()).isFalse();
        assertState(connection::commit, "25000");
        assertState(connection::rollback, "25000");
        assertState(() -> connection.setAutoCommit(true), "25000");
        connection.setAutoCommit(false);
        assertState(() -> run(connection, "commit"), "42000");
        physical.commit();
        assertState(connection::commit, "25000");
        assertThat(database.value("select sum(v) from t")).isEqualTo(2);
    }

    @Test
    void closingAConnectionLeavesNothingOpen() throws SQLException {
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select * from t");
        rows.next();
        PreparedStatement prepared = connection.prepareStatement("update t set v = 1");
        connection.setAutoCommit(false);
        prepared.executeUpdate();
        connection.close();
        assertThat(List.of(statement.isClosed(), rows.isClosed(), prepared.isClosed()))
                .containsOnly(true);
        assertThat(database.open).isEmpty();
        assertThat(database.gate.isTaken()).isFalse();
        assertThat(database.value("select sum(v) from t")).isEqualTo(30);
        connection.close();
        prepared.close();
    }

    @Test
    void aTableInUseByTheConnectionItselfIsNoForeignWriter() throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select * from t")) {
            rows.next();
            SQLTransientException e =
                    catchThrowableOfType(SQLTransientException.class, () -> run(connection, "drop table t"));
            assertThat(e.getSQLState()).isEqualTo("55006");
            assertThat(rows.next()).isTrue();
        }
        run(connection, "drop table t");
        connection.rollback();
    }

    @ParameterizedTest
    @CsvSource({
        "'insert into t values (3, 3); selec', 42000",
        "'insert into t values (3, 3); select * from missing', 42000",
        "'insert into t values (3, 3); insert into t values (1, 1)', 23505",
        "'insert into t values (3, 3); select abs(-9223372036854775808)', HY000",
    })
    void errorsOfAScriptCarryTheSqlstateOfTheirStatement(String script, String state) throws SQLException {
        assertState(() -> run(connection, script), state);
        assertThat(value(connection, "select count(*) from t")).isEqualTo(2);
    }

    @Test
    void largeObjectsAreBytesAndTextInMemory() throws Exception {
        Blob blob = connection.createBlob();
        try (OutputStream out = blob.setBinaryStream(1)) {
            out.write(new byte[] {1, 2, 3});
        }
        assertThat(blob.setBytes(3, new byte[] {7, 8})).isEqualTo(2);
        NClob clob = connection.createNClob();
        try (Writer writer = clob.setCharacterStream(1)) {
            writer.write("grün");
        }
        clob.setString(5, "er");
        try (PreparedStatement select = connection.prepareStatement("select ?, ?, ?, null")) {
            select.setBlob(1, blob);
            select.setNClob(2, clob);
            select.setBlob(3, new ByteArrayInputStream(new byte[] {5}));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                Blob bytes = row.getBlob(1);
                assertThat(bytes.getBytes(1, 10)).containsExactly(1, 2, 7, 8);
                assertThat(bytes.getBytes(2, 2)).containsExactly(2, 7);
                assertThat(bytes.position(new byte[] {7, 8}, 1)).isEqualTo(3);
                assertThat(bytes.getBinaryStream(2, 1).readAllBytes()).containsExactly(2);
                bytes.truncate(1);
                assertThat(bytes.length()).isEqualTo(1);
                Clob text = row.getClob(2);
                assertThat(text.getSubString(1, 100)).isEqualTo("grüner");
                assertThat(text.position("ün", 1)).isEqualTo(3);
                assertThat(row.getObject(2, NClob.class).length()).isEqualTo(6);
                assertThat(row.getObject(3, Blob.class).length()).isEqualTo(1);
                assertThat(row.getBlob(4)).isNull();
                assertThat(row.getNClob(4)).isNull();
                assertState(() -> bytes.getBytes(0, 1), "HY024");
                assertState(() -> text.getSubString(9, 1), "HY024");
                assertState(() -> bytes.setBytes(1, new byte[1], 1, 1), "HY024");
                bytes.free();
                assertState(bytes::length, "HY010");
            }
        }
        assertState(connection::createSQLXML, "0A000");
        assertState(() -> connection.createArrayOf("text", new Object[0]), "0A000");
    }
}
