package io.spindrift.rar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.spindrift.DatabaseRegistry;
import io.spindrift.jdbc.GateStatistics;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions of a server within each other, and beside each other on a pool that is too small. */
@Timeout(60)
class GateAndPoolTest {
    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestAdapter server;
    private Transaction outer;
    private Transaction inner;

    /** One transaction of the server, with a connection of its own. */
    private final class Transaction {
        final TestPool pool = new TestPool();
        final DataSource dataSource;

        Transaction() throws Exception {
            dataSource = server.factory("small").createConnectionFactory(pool);
        }

        Object run(String sql) throws SQLException {
            try (Connection connection = dataSource.getConnection();
                    Statement statement = connection.createStatement()) {
                if (!statement.execute(sql)) {
                    return statement.getUpdateCount();
                }
                try (ResultSet row = statement.getResultSet()) {
                    row.next();
                    return row.getObject(1);
                }
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        server = new TestAdapter("small")
                .with("small", folder.resolve("small.db"))
                .started();
        outer = new Transaction();
        inner = new Transaction();
        outer.run("create table t(id integer primary key, v)");
        outer.run("insert into t values (1, 10), (2, 20)");
        outer.pool.managed.cleanup();
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        server.close();
    }

    @Test
    void aTransactionInsideOneThatWroteIsRefusedAtOnceAndTheOuterOneGoesOn() throws Exception {
        outer.pool.begin();
        outer.run("update t set v = 11 where id = 1");
        inner.pool.begin();
        SQLException refused =
                catchThrowableOfType(SQLException.class, () -> inner.run("update t set v = 21 where id = 2"));
        assertThat(refused.getSQLState()).isEqualTo("25001");
        assertThat(refused.getMessage()).contains("would wait for itself");
        inner.pool.rollback();
        outer.pool.commit();
        inner.pool.begin();
        inner.run("update t set v = 21 where id = 2");
        inner.pool.commit();
        assertThat(outer.run("select group_concat(v) from t")).isEqualTo("11,21");
    }

    @Test
    void aTransactionInsideOneThatOnlyReadIsAConflictOnlyWhereItChangedWhatWasRead() throws Exception {
        outer.pool.begin();
        outer.run("select v from t where id = 1");
        inner.pool.begin();
        inner.run("update t set v = 21 where id = 2");
        inner.pool.commit();
        outer.run("update t set v = v + 1");
        outer.pool.commit();
        outer.pool.begin();
        assertThat(outer.run("select group_concat(v) from t")).isEqualTo("11,22");
        inner.pool.begin();
        inner.run("update t set v = 23 where id = 2");
        inner.pool.commit();
        assertThat(catchThrowableOfType(SQLException.class, () -> outer.run("update t set v = v + 1"))
                        .getSQLState())
                .isEqualTo("40001");
        outer.pool.rollback();
        assertThat(outer.run("select group_concat(v) from t")).isEqualTo("11,23");
    }

    private static final String ENDLESS =
            "with recursive n(i) as (values (1) union all select i + 1 from n) select count(*) from n";

    @FunctionalInterface
    private interface End {
        void of(Transaction transaction) throws Exception;
    }

    /** A thread has the gate and runs a statement without end; another one ends its transaction. */
    private void freesTheGate(End end, String state) throws Exception {
        outer.pool.begin();
        outer.run("update t set v = 11 where id = 1");
        Future<?> user = threads.submit(() -> outer.run(ENDLESS));
        await().until(() -> running(outer));
        end.of(outer);
        ExecutionException e = catchThrowableOfType(ExecutionException.class, () -> user.get(30, TimeUnit.SECONDS));
        assertThat(e.getCause()).isInstanceOfSatisfying(SQLException.class, error -> assertThat(error.getSQLState())
                .isEqualTo(state));
        inner.pool.begin();
        inner.run("update t set v = v + 1");
        inner.pool.commit();
        assertThat(inner.run("select group_concat(v) from t")).isEqualTo("11,21");
    }

    /** Whether its statement is past the gate: the database's own statistics do not tell, so ask for its write lock. */
    private static boolean running(Transaction transaction) throws SQLException {
        try (Connection connection = transaction.dataSource.getConnection()) {
            return !connection.isValid(1);
        }
    }

    @Test
    void aRollbackByTheServersTimerFreesTheGateAtOnce() throws Exception {
        freesTheGate(transaction -> transaction.pool.rollback(), "57014");
    }

    @Test
    void theDestructionOfAConnectionFreesTheGateAtOnce() throws Exception {
        freesTheGate(transaction -> transaction.pool.managed.destroy(), "57014");
    }

    @Test
    void aCleanupOfALeakedConnectionFreesTheGateAtOnce() throws Exception {
        freesTheGate(transaction -> transaction.pool.managed.cleanup(), "57014");
    }

    @Test
    void anAbortByAnotherThreadFreesTheGateAtOnce() throws Exception {
        freesTheGate(
                transaction -> {
                    try (Connection handle = transaction.dataSource.getConnection()) {
                        handle.abort(Runnable::run);
                    }
                },
                "57014");
    }

    @Test
    void aRollbackByTheServersTimerEndsAWaitAtTheGate() throws Exception {
        outer.pool.begin();
        outer.run("update t set v = 11 where id = 1");
        inner.pool.begin();
        Future<?> waiting = threads.submit(() -> inner.run("update t set v = 21 where id = 2"));
        await().until(() -> gate().waiting() == 1);
        inner.pool.rollback();
        ExecutionException e = catchThrowableOfType(ExecutionException.class, () -> waiting.get(30, TimeUnit.SECONDS));
        assertThat(((SQLException) e.getCause()).getSQLState()).isEqualTo("57014");
        assertThat(gate().waiting()).isZero();
        assertThat(gate().holder()).isPresent();
        outer.pool.commit();
        assertThat(gate().holder()).isEmpty();
        assertThat(outer.run("select group_concat(v) from t")).isEqualTo("11,20");
    }

    private static GateStatistics gate() {
        return DatabaseRegistry.find("small").orElseThrow().status().gate();
    }

    /** Were the wait at the gate not bounded, the holder would wait for the pool and the pool for the holder. */
    @Test
    void whoHoldsTheGateGetsASecondConnectionOfAPoolThatThoseWhoWaitForItHaveEmptied() throws Exception {
        server.close();
        server = new TestAdapter("small")
                .with("small", folder.resolve("small.db"))
                .set("spindrift.small.gate-timeout", "300ms")
                .started();
        Semaphore pool = new Semaphore(2);
        outer = new Transaction();
        outer.pool.begin();
        outer.run("update t set v = 11 where id = 1");
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            writers.add(threads.submit(() -> {
                pool.acquire();
                Transaction transaction = new Transaction();
                transaction.pool.begin();
                try {
                    return transaction.run("update t set v = v + 1");
                } finally {
                    transaction.pool.rollback();
                    pool.release();
                }
            }));
        }
        await().until(() -> gate().waits() + gate().waiting() >= 2);
        pool.acquire();
        Transaction second = new Transaction();
        assertThat(second.run("select v from t where id = 1")).isEqualTo(10);
        for (Future<?> writer : writers) {
            ExecutionException e =
                    catchThrowableOfType(ExecutionException.class, () -> writer.get(30, TimeUnit.SECONDS));
            assertThat(((SQLException) e.getCause()).getSQLState()).isEqualTo("HYT00");
        }
        outer.pool.commit();
        assertThat(second.run("select v from t where id = 1")).isEqualTo(11);
    }

    @Test
    void whoHoldsTheGateNeedsNothingOfAPoolThatThoseWhoWaitForItHaveEmptied() throws Exception {
        Semaphore pool = new Semaphore(2);
        outer.pool.begin();
        outer.run("update t set v = 0 where id = 2");
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            writers.add(threads.submit(() -> {
                pool.acquire();
                try {
                    Transaction transaction = new Transaction();
                    transaction.pool.begin();
                    transaction.run("select v from t where id = 2");
                    transaction.run("update t set v = v + 1 where id = 1");
                    transaction.pool.commit();
                    return null;
                } finally {
                    pool.release();
                }
            }));
        }
        await().until(() -> pool.availablePermits() == 0 && pool.getQueueLength() == 4);
        outer.run("insert into t values (3, 30)");
        outer.pool.rollback();
        for (Future<?> writer : writers) {
            writer.get(30, TimeUnit.SECONDS);
        }
        assertThat(outer.run("select v from t where id = 1")).isEqualTo(16);
    }
}
