package io.spindrift.jdbc;

import static io.spindrift.jdbc.TestDatabase.run;
import static io.spindrift.jdbc.TestDatabase.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.sql.SQLTransientException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TransactionTest {
    @TempDir
    Path folder;

    private TestDatabase database;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeEach
    void createAccounts() throws SQLException {
        database = new TestDatabase(folder.resolve("test.db"));
        database.run(
                "create table account(id integer primary key, balance integer not null check (balance >= 0))",
                "insert into account values (1, 100), (2, 200)");
        database.commits.set(0);
    }

    @AfterEach
    void close() throws SQLException {
        threads.shutdownNow();
        database.close();
    }

    private Connection begun() throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        return connection;
    }

    @Test
    void anIdleTransactionHoldsNothing() throws SQLException {
        try (Connection idle = begun()) {
            assertThat(database.gate.waiting()).isZero();
            database.run("update account set balance = 1 where id = 1");
            assertThat(value(idle, "select balance from account where id = 1")).isEqualTo(1);
        }
    }

    @Test
    void aReaderKeepsItsSnapshotAndDoesNotStopAWriter() throws SQLException {
        try (Connection reader = begun()) {
            assertThat(value(reader, "select balance from account where id = 1"))
                    .isEqualTo(100);
            database.run("update account set balance = 1 where id = 1");
            assertThat(value(reader, "select balance from account where id = 1"))
                    .isEqualTo(100);
            reader.commit();
            assertThat(value(reader, "select balance from account where id = 1"))
                    .isEqualTo(1);
        }
    }

    @Test
    void theGateIsHeldFromTheFirstWriteToTheEnd() throws Exception {
        try (Connection first = begun()) {
            run(first, "update account set balance = 1 where id = 1");
            Future<?> second = threads.submit(() -> {
                database.run("update account set balance = balance + 1 where id = 1");
                return null;
            });
            await().until(() -> database.gate.waiting() == 1);
            assertThat(second).isNotDone();
            first.commit();
            second.get(10, TimeUnit.SECONDS);
        }
        assertThat(database.value("select balance from account where id = 1")).isEqualTo(2);
    }

    @Test
    void writersPassTheGateInTheOrderTheyCame() throws Exception {
        database.run("create table log(id integer primary key, n)");
        List<Future<?>> writers = new ArrayList<>();
        try (WriterGate.Permit held = database.gate.acquireForEngine(Duration.ofSeconds(1))) {
            for (int i = 0; i < 5; i++) {
                int n = i;
                writers.add(threads.submit(() -> {
                    database.run("insert into log(n) values (" + n + ")");
                    return null;
                }));
                await().until(() -> database.gate.waiting() == n + 1);
            }
        }
        for (Future<?> writer : writers) {
            writer.get(10, TimeUnit.SECONDS);
        }
        assertThat(database.value("select group_concat(n, '') from (select n from log order by id)"))
                .isEqualTo("01234");
    }

    @Test
    void committedIsCalledUnderTheGateAndOnlyForTransactionsThatWrote() throws SQLException {
        AtomicInteger waitingAtCommit = new AtomicInteger(-1);
        try (Connection connection = begun()) {
            value(connection, "select count(*) from account");
            connection.commit();
            assertThat(database.commits).hasValue(0);
            database.onCommitted = () -> {
                try {
                    database.gate.acquireForEngine(Duration.ZERO).close();
                    waitingAtCommit.set(0);
                } catch (SQLException e) {
                    waitingAtCommit.set(1);
                }
            };
            run(connection, "update account set balance = 1");
            connection.commit();
        }
        assertThat(waitingAtCommit).as("the gate was taken").hasValue(1);
        assertThat(database.commits).hasValue(1);
        database.gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void aReaderMayBecomeAWriterWhenNobodyCommittedInBetween() throws SQLException {
        try (Connection connection = begun()) {
            value(connection, "select balance from account where id = 1");
            run(connection, "update account set balance = 5 where id = 1");
            connection.commit();
        }
        assertThat(database.value("select balance from account where id = 1")).isEqualTo(5);
    }

    @Test
    void aCommitInBetweenIsAConflictOfSnapshots() throws SQLException {
        try (Connection loser = database.connect(TestDatabase.SNAPSHOT)) {
            loser.setAutoCommit(false);
            value(loser, "select balance from account where id = 1");
            database.run("update account set balance = 7 where id = 2");
            SQLTransactionRollbackException conflict = catchThrowableOfType(
                    SQLTransactionRollbackException.class,
                    () -> run(loser, "update account set balance = 5 where id = 1"));
            assertThat(conflict.getSQLState()).isEqualTo("40001");
            assertThat(conflict.getErrorCode()).isEqualTo(517);
            database.gate.acquireForEngine(Duration.ZERO).close();
            assertState(() -> run(loser, "update account set balance = 5 where id = 1"), "25P02");
            assertState(loser::commit, "25P02");
            loser.rollback();
            run(loser, "update account set balance = 5 where id = 1");
            loser.commit();
        }
        assertThat(database.value("select group_concat(balance) from account")).isEqualTo("5,7");
    }

    @Test
    void immediateTransactionsTakeTheGateAtTheirFirstStatementAndNeverConflict() throws Exception {
        try (Connection first = database.connect(TestDatabase.IMMEDIATE)) {
            first.setAutoCommit(false);
            value(first, "select balance from account where id = 1");
            Future<?> second = threads.submit(() -> {
                database.run("update account set balance = balance + 1 where id = 1");
                return null;
            });
            await().until(() -> database.gate.waiting() == 1);
            run(first, "update account set balance = 5 where id = 1");
            first.commit();
            second.get(10, TimeUnit.SECONDS);
        }
        assertThat(database.value("select balance from account where id = 1")).isEqualTo(6);
    }

    @Test
    void aWaitAtTheGateEndsWithATimeoutAndTheTransactionGoesOn() throws Exception {
        database.gateTimeout = Duration.ofMillis(100);
        try (Connection holder = begun();
                Connection waiter = begun()) {
            run(holder, "update account set balance = 1 where id = 1");
            threads.submit(() -> {
                        value(waiter, "select 1 from account");
                        SQLTimeoutException e = catchThrowableOfType(
                                SQLTimeoutException.class,
                                () -> run(waiter, "update account set balance = 2 where id = 2"));
                        assertThat(e.getSQLState()).isEqualTo("HYT00");
                        assertThat(value(waiter, "select balance from account where id = 2"))
                                .isEqualTo(200);
                        waiter.rollback();
                        return null;
                    })
                    .get(10, TimeUnit.SECONDS);
            holder.commit();
        }
    }

    @Test
    void waitingForOnesOwnThreadIsAnErrorAtOnce() throws SQLException {
        try (Connection outer = begun();
                Connection inner = database.connect()) {
            run(outer, "update account set balance = 1 where id = 1");
            assertThatThrownBy(() -> run(inner, "update account set balance = 2 where id = 2"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25001"))
                    .hasMessageContaining("would wait for itself");
            outer.commit();
            run(inner, "update account set balance = 2 where id = 2");
        }
    }

    @Test
    void anInterruptEndsTheWaitAndIsKept() throws Exception {
        try (Connection holder = begun()) {
            run(holder, "update account set balance = 1 where id = 1");
            CompletableFuture<Boolean> flagKept = new CompletableFuture<>();
            Thread waiter = new Thread(() -> {
                try {
                    database.run("update account set balance = 2");
                    flagKept.completeExceptionally(new AssertionError("not interrupted"));
                } catch (SQLException e) {
                    flagKept.complete(Thread.currentThread().isInterrupted()
                            && e.getSQLState().equals("57014"));
                }
            });
            waiter.start();
            await().until(() -> database.gate.waiting() == 1);
            waiter.interrupt();
            assertThat(flagKept.get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(database.gate.waiting()).isZero();
        }
    }

    @Test
    void anotherThreadMayEndTheTransaction() throws Exception {
        try (Connection connection = begun()) {
            run(connection, "update account set balance = 1 where id = 1");
            threads.submit(() -> {
                        connection.commit();
                        return null;
                    })
                    .get(10, TimeUnit.SECONDS);
            database.run("update account set balance = 2 where id = 1");
        }
    }

    @Test
    void orRollbackEndsTheTransactionAndNothingSlipsIntoAutoCommit() throws SQLException {
        try (Connection connection = begun()) {
            run(connection, "insert into account values (3, 1)");
            assertState(() -> run(connection, "insert or rollback into account values (1, 1)"), "23505");
            database.gate.acquireForEngine(Duration.ZERO).close();
            assertState(() -> run(connection, "insert into account values (4, 1)"), "25P02");
            assertState(() -> value(connection, "select count(*) from account"), "25P02");
            assertState(() -> connection.getMetaData().getTables(null, null, "%", null), "25P02");
            assertState(connection::commit, "25P02");
            connection.rollback();
            run(connection, "insert into account values (5, 1)");
            connection.commit();
        }
        assertThat(database.value("select group_concat(id) from account")).isEqualTo("1,2,5");
    }

    @Test
    void raiseRollbackInATriggerDoesTheSame() throws SQLException {
        database.run("create trigger no_zero before update on account when new.balance = 0"
                + " begin select raise(rollback, 'zero; is refused'); end");
        try (Connection connection = begun()) {
            run(connection, "insert into account values (3, 1)");
            assertThatThrownBy(() -> run(connection, "update account set balance = 0"))
                    .hasMessageContaining("zero; is refused");
            assertState(() -> run(connection, "insert into account values (4, 1)"), "25P02");
            connection.rollback();
        }
        assertThat(database.value("select count(*) from account")).isEqualTo(2);
    }

    @Test
    void anOrdinaryErrorLeavesTheTransactionOpen() throws SQLException {
        try (Connection connection = begun()) {
            run(connection, "insert into account values (3, 1)");
            assertState(() -> run(connection, "insert into account values (1, 1)"), "23505");
            assertState(() -> run(connection, "selec 1"), "42000");
            connection.commit();
        }
        assertThat(database.value("select count(*) from account")).isEqualTo(3);
    }

    @Test
    void aFullDatabaseKeepsNothingOfTheTransaction() throws SQLException {
        try (SpindriftConnection connection = (SpindriftConnection) begun()) {
            try (Statement statement =
                    connection.unwrap(org.sqlite.SQLiteConnection.class).createStatement()) {
                statement.execute("pragma max_page_count = 20");
            }
            run(connection, "create table big(b)");
            SQLException full = catchThrowableOfType(
                    SQLNonTransientConnectionException.class,
                    () -> run(connection, "insert into big values (zeroblob(1000000))"));
            assertThat(full.getSQLState()).isEqualTo("53100");
            connection.rollback();
        }
        assertThat(database.value("select count(*) from sqlite_schema where name = 'big'"))
                .isEqualTo(0);
    }

    @Test
    void aCommitThatFailsRollsBackAndFreesTheGate() throws SQLException {
        database.run("create table child(id integer primary key,"
                + " account integer references account deferrable initially deferred)");
        try (Connection connection = begun()) {
            run(connection, "insert into child values (1, 99)");
            assertState(connection::commit, "23503");
            database.gate.acquireForEngine(Duration.ZERO).close();
            run(connection, "insert into child values (2, 1)");
            connection.commit();
        }
        assertThat(database.value("select group_concat(id) from child")).isEqualTo("2");
    }

    @Test
    void savepointsRollBackPartOfATransaction() throws SQLException {
        try (Connection connection = begun()) {
            Savepoint empty = connection.setSavepoint();
            run(connection, "insert into account values (3, 1)");
            Savepoint named = connection.setSavepoint("it's \"mine\"");
            run(connection, "insert into account values (4, 1)");
            connection.rollback(named);
            run(connection, "insert into account values (5, 1)");
            connection.releaseSavepoint(named);
            assertState(() -> connection.rollback(named), "3B001");
            connection.commit();
            assertThat(named.getSavepointName()).isEqualTo("it's \"mine\"");
            assertThat(empty.getSavepointId()).isPositive();
            assertState(() -> connection.rollback(empty), "3B001");
        }
        assertThat(database.value("select group_concat(id) from account")).isEqualTo("1,2,3,5");
        try (Connection connection = database.connect()) {
            assertState(connection::setSavepoint, "25000");
        }
    }

    @Test
    void inAutoCommitAReturningResultIsDrainedAndDurableBeforeTheCallReturns() throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement insert =
                        connection.prepareStatement("insert into account values (?, 1), (?, 2) returning id")) {
            insert.setInt(1, 3);
            insert.setInt(2, 4);
            try (ResultSet rows = insert.executeQuery()) {
                assertThat(database.commits).hasValue(1);
                database.run("update account set balance = 9 where id = 3");
                rows.next();
                assertThat(rows.getInt("id")).isEqualTo(3);
                rows.next();
                assertThat(rows.getInt(1)).isEqualTo(4);
                assertThat(rows.next()).isFalse();
            }
        }
    }

    @Test
    void inAutoCommitAnOpenCursorOutlivesAWriteOfItsConnection() throws SQLException {
        try (Connection connection = database.connect();
                Statement select = connection.createStatement();
                ResultSet rows = select.executeQuery("select id, balance, 1.5 d, 't' t from account order by id");
                PreparedStatement update =
                        connection.prepareStatement("update account set balance = balance + 1 where id = ?")) {
            int seen = 0;
            while (rows.next()) {
                // Somebody else's commit leaves the cursor on an old snapshot.
                database.run("insert into account values (" + (10 + seen) + ", 0)");
                update.setInt(1, rows.getInt("id"));
                assertThat(update.executeUpdate()).isEqualTo(1);
                assertThat(rows.getInt("balance")).isEqualTo(100 * ++seen);
                assertThat(rows.getDouble("d")).isEqualTo(1.5);
                assertThat(rows.getString(4)).isEqualTo("t");
            }
            assertThat(seen).isEqualTo(2);
        }
        assertThat(database.value("select sum(balance) from account")).isEqualTo(302);
    }

    @Test
    void aCommitClosesCursors() throws SQLException {
        try (Connection connection = begun();
                Statement select = connection.createStatement();
                ResultSet rows = select.executeQuery("select id from account")) {
            rows.next();
            connection.commit();
            assertState(rows::next, "24000");
        }
    }

    @Test
    void aBatchInAutoCommitIsKeptWholeOrNotAtAll() throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement insert = connection.prepareStatement("insert into account values (?, 1)")) {
            for (int id : new int[] {10, 11, 1, 12}) {
                insert.setInt(1, id);
                insert.addBatch();
            }
            java.sql.BatchUpdateException e =
                    catchThrowableOfType(java.sql.BatchUpdateException.class, insert::executeBatch);
            assertThat(e.getSQLState()).isEqualTo("23505");
            assertThat(e.getUpdateCounts()).isEmpty();
            assertThat(e.getMessage()).contains("entry 2");
            insert.setInt(1, 20);
            insert.addBatch();
            insert.setInt(1, 21);
            insert.addBatch();
            assertThat(insert.executeBatch()).containsExactly(1, 1);
        }
        assertThat(database.value("select group_concat(id) from account")).isEqualTo("1,2,20,21");
    }

    @Test
    void ddlAndVacuumWorkAndCountAsCommits() throws SQLException {
        try (Connection connection = database.connect()) {
            run(connection, "create table t(a)", "insert into t values (1)", "drop table t", "vacuum");
            assertThat(database.commits).hasValue(4);
            connection.setAutoCommit(false);
            assertState(() -> run(connection, "vacuum"), "25001");
            run(connection, "create table t(a)");
            connection.rollback();
        }
        assertThat(database.value("select count(*) from sqlite_schema where name = 't'"))
                .isEqualTo(0);
    }

    @Test
    void aScriptIsOneTransactionInAutoCommit() throws SQLException {
        String trigger = "create trigger x after insert on account begin update account set balance = 1; end;";
        database.run("insert into account values (3, 3); " + trigger + " insert into account values (4, 4)");
        assertThat(database.commits).hasValue(1);
        assertThat(database.value("select group_concat(balance) from account")).isEqualTo("1,1,1,1");
        assertState(
                () -> database.run("insert into account values (5, 5); insert into account values (1, 1)"), "23505");
        assertThat(database.value("select count(*) from account")).isEqualTo(4);
    }

    @Test
    void readOnlyConnectionsNeverTouchTheGate() throws SQLException {
        try (Connection connection = database.connect(TestDatabase.READ_ONLY);
                WriterGate.Permit held = database.gate.acquireForEngine(Duration.ZERO)) {
            assertThat(value(connection, "select count(*) from account")).isEqualTo(2);
            connection.setAutoCommit(false);
            assertThat(value(connection, "select count(*) from account")).isEqualTo(2);
            assertState(() -> run(connection, "update account set balance = 1"), "25006");
            run(connection, "create temp table mine(a)", "insert into mine values (1)");
            connection.commit();
        }
        try (Connection connection = database.connect()) {
            connection.setReadOnly(true);
            assertState(() -> run(connection, "update account set balance = 1"), "25006");
            connection.setReadOnly(false);
            run(connection, "update account set balance = 1");
        }
    }

    @Test
    void aTableThatATemporaryOneHidIsWrittenUnderTheGate() throws SQLException {
        try (Connection connection = database.connect()) {
            run(connection, "create temp table account(id, balance)", "insert into account values (7, 7)");
            assertThat(database.commits).hasValue(0);
            PreparedStatement prepared = connection.prepareStatement("insert into account values (8, 8)");
            prepared.executeUpdate();
            run(connection, "drop table temp.account");
            database.commits.set(0);
            run(connection, "insert into account values (7, 7)");
            prepared.executeUpdate();
            assertThat(database.commits).hasValue(2);
        }
        assertThat(database.value("select sum(balance) from account where id in (7, 8)"))
                .isEqualTo(15);
    }

    @Test
    void aDatabaseThatMustNotWriteSaysSoAndStillReads() throws SQLException {
        database.notWritable = new SQLNonTransientConnectionException("Another owner has the replica", "57P01");
        assertState(() -> database.run("update account set balance = 1"), "57P01");
        assertThat(database.value("select count(*) from account")).isEqualTo(2);
        database.gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void aForeignWriterIsATransientErrorAndNoConflict() throws SQLException {
        try (Connection foreign = database.foreign();
                Statement statement = foreign.createStatement();
                Connection ours = database.connect(TestDatabase.OPTIMISTIC.withBusyTimeout(Duration.ofMillis(50)))) {
            statement.execute("begin immediate");
            SQLTransientException busy = catchThrowableOfType(
                    SQLTransientException.class, () -> run(ours, "update account set balance = 1"));
            assertThat(busy.getSQLState()).isEqualTo("55P03");
            database.gate.acquireForEngine(Duration.ZERO).close();
            statement.execute("rollback");
            run(ours, "update account set balance = 1");
        }
    }

    @Test
    void eightThreadsLoseNoUpdateAndSeeNoBusy() throws Exception {
        int rounds = 250;
        AtomicInteger conflicts = new AtomicInteger();
        AtomicReference<SQLException> unexpected = new AtomicReference<>();
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            workers.add(threads.submit(() -> {
                try (Connection connection = begun();
                        PreparedStatement read =
                                connection.prepareStatement("select balance from account where id = 1");
                        PreparedStatement write =
                                connection.prepareStatement("update account set balance = ? where id = 1")) {
                    for (int done = 0; done < rounds; ) {
                        try (ResultSet row = read.executeQuery()) {
                            row.next();
                            write.setInt(1, row.getInt(1) + 1);
                            write.executeUpdate();
                            connection.commit();
                            done++;
                        } catch (SQLException e) {
                            if (!SqlErrors.isConflict(e)) {
                                unexpected.compareAndSet(null, e);
                                return null;
                            }
                            conflicts.incrementAndGet();
                            connection.rollback();
                        }
                    }
                }
                return null;
            }));
        }
        for (Future<?> worker : workers) {
            worker.get(50, TimeUnit.SECONDS);
        }
        assertThat(unexpected).hasValue(null);
        assertThat(database.value("select balance from account where id = 1")).isEqualTo(100 + 8 * rounds);
        assertThat(conflicts).hasPositiveValue();
        assertThat(database.commits).hasValue(8 * rounds);
    }

    @Test
    void closingRollsBackAndFreesTheGate() throws SQLException {
        SpindriftConnection connection = (SpindriftConnection) begun();
        run(connection, "update account set balance = 1");
        Statement left = connection.createStatement();
        connection.close();
        connection.close();
        assertThat(left.isClosed()).isTrue();
        assertThat(database.open).isEmpty();
        assertState(() -> connection.createStatement(), "08003");
        assertThat(database.value("select balance from account where id = 1")).isEqualTo(100);
        database.gate.acquireForEngine(Duration.ZERO).close();
    }

    @Test
    void closingFromAnotherThreadInterruptsWhatRuns() throws Exception {
        PhysicalConnection physical = database.physical(TestDatabase.OPTIMISTIC);
        SpindriftConnection connection = SpindriftConnection.standalone(physical);
        Future<?> endless = threads.submit(() -> value(connection, ENDLESS));
        await().until(physical::isRunning);
        physical.close();
        assertThatThrownBy(() -> endless.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SQLException.class);
        assertThat(connection.isClosed()).isTrue();
    }

    private static final String ENDLESS =
            "with recursive n(i) as (values (1) union all select i + 1 from n) select count(*) from n";

    @Test
    void abortEndsAWaitAtTheGate() throws Exception {
        try (Connection holder = begun()) {
            run(holder, "update account set balance = 1");
            Connection waiter = database.connect();
            Future<?> waiting = threads.submit(() -> {
                run(waiter, "update account set balance = 2");
                return null;
            });
            await().until(() -> database.gate.waiting() == 1);
            waiter.abort(Runnable::run);
            assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SQLException.class);
            assertThat(waiter.isValid(1)).isFalse();
            holder.commit();
        }
    }

    @Test
    void aQueryTimeoutInterruptsAndCancelDoes() throws Exception {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            SQLTimeoutException timeout =
                    catchThrowableOfType(SQLTimeoutException.class, () -> statement.executeQuery(ENDLESS));
            assertThat(timeout.getSQLState()).isEqualTo("HYT00");
            statement.setQueryTimeout(0);
            Future<?> endless = threads.submit(() -> statement.executeQuery(ENDLESS));
            PhysicalConnection physical =
                    connection.unwrap(SpindriftConnection.class).unwrap(PhysicalConnection.class);
            await().until(physical::isRunning);
            statement.cancel();
            assertThatThrownBy(() -> endless.get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(SQLTimeoutException.class)
                    .hasRootCauseMessage(
                            "[SQLITE_INTERRUPT] Operation terminated by sqlite3_interrupt() (interrupted)");
            assertThat(value(connection, "select 1")).isEqualTo(1);
        }
    }

    static void assertState(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String state) {
        SQLException e = catchThrowableOfType(SQLException.class, call);
        assertThat((Throwable) e).as("an error was expected").isNotNull();
        assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(state);
    }
}
