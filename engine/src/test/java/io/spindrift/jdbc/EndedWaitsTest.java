package io.spindrift.jdbc;

import static io.spindrift.jdbc.TestDatabase.run;
import static io.spindrift.jdbc.TestDatabase.value;
import static io.spindrift.jdbc.TransactionTest.assertState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A write waits for the replica, for the gate or for a foreign writer; another thread ends that, or ends all. */
@Timeout(120)
class EndedWaitsTest {
    private static final String ENDLESS =
            "with recursive n(i) as (values (1) union all select i + 1 from n) select count(*) from n";

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestDatabase database;
    private PhysicalConnection physical;
    private SpindriftConnection connection;

    /** What a write may have to wait for. */
    private enum Waiting {
        FOR_ROOM {
            @Override
            AutoCloseable hold(EndedWaitsTest test) {
                test.database.room.full(true);
                return () -> test.database.room.full(false);
            }

            @Override
            boolean begun(EndedWaitsTest test) {
                return test.database.room.heldUp() == 1;
            }
        },
        AT_THE_GATE {
            @Override
            AutoCloseable hold(EndedWaitsTest test) throws SQLException {
                return test.database.gate.acquireForEngine(Duration.ZERO);
            }

            @Override
            boolean begun(EndedWaitsTest test) {
                return test.database.gate.waiting() == 1;
            }
        },
        FOR_A_FOREIGN_WRITER {
            @Override
            AutoCloseable hold(EndedWaitsTest test) throws SQLException {
                Connection foreign = test.database.foreign();
                run(foreign, "begin immediate");
                return foreign;
            }

            @Override
            boolean begun(EndedWaitsTest test) {
                return test.physical.waitsForForeignWriter();
            }
        },
        FOR_A_FOREIGN_WRITER_AFTER_READING {
            @Override
            AutoCloseable hold(EndedWaitsTest test) throws SQLException {
                value(test.connection, "select v from t where id = 1");
                return FOR_A_FOREIGN_WRITER.hold(test);
            }

            @Override
            boolean begun(EndedWaitsTest test) {
                return FOR_A_FOREIGN_WRITER.begun(test);
            }
        };

        abstract AutoCloseable hold(EndedWaitsTest test) throws SQLException;

        abstract boolean begun(EndedWaitsTest test);
    }

    /** How the wait ends without success. */
    private enum End {
        CANCEL,
        QUERY_TIMEOUT,
        INTERRUPT,
        ABORT,
        CLOSE,
        CLOSE_OF_THE_PHYSICAL_CONNECTION,
        ROLLBACK_BY_THE_CONTAINER,
        RESET_BY_THE_POOL
    }

    private static Stream<Arguments> waitsAndEnds() {
        return Stream.of(Waiting.values())
                .flatMap(waiting -> Stream.of(End.values()).map(end -> Arguments.of(waiting, end)));
    }

    @BeforeEach
    void open() throws SQLException {
        database = new TestDatabase(folder.resolve("test.db"));
        database.run("create table t(id integer primary key, v)", "insert into t values (1, 10), (2, 20)");
        database.gateTimeout = Duration.ofMinutes(10);
        physical = database.physical(TestDatabase.OPTIMISTIC.withBusyTimeout(Duration.ofMinutes(10)));
        connection = SpindriftConnection.standalone(physical);
    }

    @AfterEach
    void close() throws SQLException {
        threads.shutdownNow();
        connection.close();
        database.close();
    }

    @ParameterizedTest
    @MethodSource("waitsAndEnds")
    void everyWaitCanBeEnded(Waiting waiting, End end) throws Exception {
        physical.beginManaged();
        CompletableFuture<Statement> statement = new CompletableFuture<>();
        CompletableFuture<String> outcome = new CompletableFuture<>();
        try (AutoCloseable held = waiting.hold(this)) {
            Thread user = new Thread(() -> {
                try {
                    statement.complete(connection.createStatement());
                    statement.join().setQueryTimeout(end == End.QUERY_TIMEOUT ? 1 : 0);
                    statement.join().execute("update t set v = 11 where id = 1");
                    outcome.complete("written");
                } catch (SQLException e) {
                    outcome.complete(e.getSQLState() + (Thread.currentThread().isInterrupted() ? " interrupted" : ""));
                }
            });
            user.start();
            await().until(() -> waiting.begun(this) || outcome.isDone());
            end(end, user, statement.join());
            String state = outcome.get(30, TimeUnit.SECONDS);
            boolean triesAgain = waiting == Waiting.FOR_A_FOREIGN_WRITER_AFTER_READING; // and finds its handle closed
            if (!triesAgain || !state.equals("08003")) {
                assertThat(state).isEqualTo(expected(end));
            }
        }
        boolean goesOn = waiting == Waiting.FOR_A_FOREIGN_WRITER_AFTER_READING
                && (end == End.CANCEL || end == End.QUERY_TIMEOUT || end == End.INTERRUPT);
        if (goesOn) {
            physical.rollback(); // the transaction that has read is still there, and may try again
        }
        assertThat(database.gate.isTaken()).isFalse();
        assertThat(database.gate.waiting()).isZero();
        assertThat(database.room.heldUp()).isZero();
        database.run("update t set v = 12 where id = 1");
        if (connection.isClosed()) {
            return;
        }
        physical.reset();
        physical.beginManaged();
        run(connection, "update t set v = v + 1 where id = 1");
        physical.commit();
        assertThat(database.value("select v from t where id = 1")).isEqualTo(13);
    }

    private static String expected(End end) {
        return switch (end) {
            case QUERY_TIMEOUT -> "HYT00";
            case INTERRUPT -> "57014 interrupted";
            case CANCEL, ABORT, CLOSE, CLOSE_OF_THE_PHYSICAL_CONNECTION, ROLLBACK_BY_THE_CONTAINER, RESET_BY_THE_POOL ->
                "57014";
        };
    }

    private void end(End end, Thread user, Statement statement) throws SQLException {
        switch (end) {
            case CANCEL -> statement.cancel();
            case QUERY_TIMEOUT -> {}
            case INTERRUPT -> user.interrupt();
            case ABORT -> connection.abort(Runnable::run);
            case CLOSE -> connection.close();
            case CLOSE_OF_THE_PHYSICAL_CONNECTION -> physical.close();
            case ROLLBACK_BY_THE_CONTAINER -> physical.rollback();
            case RESET_BY_THE_POOL -> {
                connection.dissociate();
                physical.reset();
                connection.associate(physical, connection.owner());
            }
        }
    }

    @Test
    void aFirstWriteAfterReadingGoesOnWhenTheForeignWriterHasLeft() throws Exception {
        connection.setAutoCommit(false);
        Future<?> write;
        try (AutoCloseable held = Waiting.FOR_A_FOREIGN_WRITER_AFTER_READING.hold(this)) {
            write = threads.submit(() -> {
                run(connection, "update t set v = 11 where id = 1");
                connection.commit();
                return null;
            });
            await().until(() -> physical.waitsForForeignWriter() || write.isDone());
        }
        write.get(30, TimeUnit.SECONDS);
        assertThat(database.value("select v from t where id = 1")).isEqualTo(11);
    }

    @Test
    void aThreadThatWouldWaitForItselfIsToldAtOnceAlsoWhileWritersAreHeldUp() throws SQLException {
        try (Connection inner = database.connect()) {
            physical.beginManaged();
            run(connection, "update t set v = 1");
            database.room.full(true);
            assertState(() -> run(inner, "update t set v = 2"), "25001");
            database.room.full(false);
        }
    }

    @Test
    void closingFromAnotherThreadEndsWhatRunsAndFreesTheGate() throws Exception {
        endsWhatRuns(connection::close);
        assertThat(connection.isClosed()).isTrue();
        assertThat(database.open).isEmpty();
    }

    @Test
    void aRollbackByTheContainerEndsWhatRunsAndFreesTheGate() throws Exception {
        endsWhatRuns(physical::rollback);
        assertThat(physical.isClosed()).isFalse();
    }

    @Test
    void aPoolThatTakesTheConnectionBackEndsWhatRunsAndFreesTheGate() throws Exception {
        endsWhatRuns(() -> {
            connection.dissociate();
            physical.reset();
        });
        assertThat(physical.isClosed()).isFalse();
    }

    @FunctionalInterface
    private interface Ending {
        void run() throws SQLException;
    }

    /** With the gate in its hand and a result open, the user runs a query without end. */
    private void endsWhatRuns(Ending ending) throws Exception {
        physical.beginManaged();
        run(connection, "update t set v = 1");
        Statement open = connection.createStatement();
        ResultSet rows = open.executeQuery("select v from t");
        rows.next();
        Future<?> endless = threads.submit(() -> value(connection, ENDLESS));
        await().until(physical::isRunning);
        ending.run();
        ConnectionTest.assertFails(endless, "57014");
        assertThat(database.gate.isTaken()).isFalse();
        assertThat(database.value("select sum(v) from t")).isEqualTo(30);
    }

    @Test
    void afterARollbackByAnotherThreadNothingOfTheUserSlipsIntoAutoCommit() throws Exception {
        physical.beginManaged();
        run(connection, "update t set v = 1 where id = 1");
        PreparedStatement prepared = connection.prepareStatement("update t set v = 2 where id = 1");
        threads.submit(() -> {
                    physical.rollback();
                    return null;
                })
                .get(10, TimeUnit.SECONDS);
        assertState(prepared::executeUpdate, "25P02");
        assertState(() -> run(connection, "update t set v = 3 where id = 1"), "25P02");
        assertState(() -> value(connection, "select v from t"), "25P02");
        assertThat(database.gate.isTaken()).isFalse();
        assertThat(database.value("select sum(v) from t")).isEqualTo(30);
        physical.beginManaged();
        run(connection, "update t set v = 4 where id = 1");
        physical.commit();
        assertThat(database.value("select sum(v) from t")).isEqualTo(24);
    }

    @Test
    void aRollbackByTheThreadThatUsedTheTransactionLeavesItsHandlesUsable() throws Exception {
        physical.beginManaged();
        run(connection, "update t set v = 1 where id = 1");
        physical.rollback();
        run(connection, "update t set v = 5 where id = 1");
        assertThat(database.value("select sum(v) from t")).isEqualTo(25);
    }

    @Test
    void aStatementThatCameTooLateDoesNotRunInWhatThePoolGaveToSomebodyElse() throws Exception {
        PreparedStatement statement = connection.prepareStatement("update t set v = 6");
        CompletableFuture<Boolean> holds = new CompletableFuture<>();
        CompletableFuture<Void> letGo = new CompletableFuture<>();
        Future<?> pool = threads.submit(() -> physical.locked(() -> {
            holds.complete(true);
            letGo.join();
            connection.dissociate();
            return null;
        }));
        holds.join();
        Thread late = new Thread(() -> {
            try {
                statement.executeUpdate();
            } catch (SQLException e) {
                holds.obtrudeException(e);
            }
        });
        late.start();
        await().until(() -> late.getState() == Thread.State.WAITING);
        letGo.complete(null);
        pool.get(10, TimeUnit.SECONDS);
        late.join();
        assertThat(database.value("select sum(v) from t")).isEqualTo(30);
        assertThat(holds).isCompletedExceptionally();
        connection.associate(physical, connection.owner());
    }
}
