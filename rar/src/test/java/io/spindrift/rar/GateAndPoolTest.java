package io.spindrift.rar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
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
