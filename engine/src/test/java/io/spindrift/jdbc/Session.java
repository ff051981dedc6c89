package io.spindrift.jdbc;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A transaction that a test runs step by step. Each step begins when the one before it is over, in whichever session; a
 * step that waits at the gate counts as begun, and its outcome is asked for later.
 */
final class Session implements AutoCloseable {
    private final TestDatabase database;
    private final Connection connection;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    Session(TestDatabase database, ConnectionOptions options) throws SQLException {
        this.database = database;
        connection = database.connect(options);
        connection.setAutoCommit(false);
    }

    /** The rows as text, {@code 1:10,2:20}; or the number of rows written; or the SQLSTATE of an error. */
    final class Step {
        private final Future<String> outcome;

        private Step(Future<String> outcome) {
            this.outcome = outcome;
        }

        boolean waits() {
            return !outcome.isDone();
        }

        String outcome() throws InterruptedException {
            try {
                return outcome.get(30, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw new AssertionError(e);
            }
        }
    }

    Step does(String sql) {
        return step(() -> run(sql));
    }

    Step commits() {
        return step(() -> {
            connection.commit();
            return "committed";
        });
    }

    Step rollsBack() {
        return step(() -> {
            connection.rollback();
            return "rolled back";
        });
    }

    private Step step(Callable<String> work) {
        int waiting = database.gate.waiting();
        Step step = new Step(thread.submit(() -> {
            try {
                return work.call();
            } catch (SQLException e) {
                return e.getSQLState();
            }
        }));
        await().until(() -> !step.waits() || database.gate.waiting() > waiting);
        return step;
    }

    private String run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return String.valueOf(statement.getUpdateCount());
            }
            StringBuilder rows = new StringBuilder();
            try (ResultSet result = statement.getResultSet()) {
                int columns = result.getMetaData().getColumnCount();
                while (result.next()) {
                    rows.append(rows.isEmpty() ? "" : ",");
                    for (int i = 1; i <= columns; i++) {
                        rows.append(i == 1 ? "" : ":").append(result.getObject(i));
                    }
                }
            }
            return rows.toString();
        }
    }

    @Override
    public void close() throws SQLException {
        thread.shutdownNow();
        connection.close();
    }
}
