package io.spindrift.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * One thread that executes one prepared statement again and again, in auto-commit.
 *
 * <p>Parameters beside those of {@link Subject}: {@code operation}, {@code select}, {@code insert} or {@code update};
 * {@code rows}; {@code seconds}, {@code warmup}.
 */
public final class StatementTrial implements Trial {
    /** Between two looks at the clock. */
    private static final int BATCH = 64;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        int rows = parameters.number("rows", 100_000);
        Subject subject = Subject.open(parameters);
        fill(subject, rows);
        Measurements measured = new Measurements();
        try (Connection connection = subject.connections().getConnection()) {
            Operation operation = operation(parameters.text("operation"), connection, rows);
            repeat(operation, TimeUnit.SECONDS.toNanos(parameters.number("warmup", 2)));
            double cpuBefore = Machine.cpuSeconds();
            double perSecond = repeat(operation, TimeUnit.SECONDS.toNanos(parameters.number("seconds", 10)));
            measured.put("per_s", perSecond).put("cpu_s", Machine.cpuSeconds() - cpuBefore);
        }
        return measured.putAll(subject.closeAndCompare(false));
    }

    @FunctionalInterface
    private interface Operation {
        void run() throws SQLException;
    }

    private static Operation operation(String name, Connection connection, int rows) throws SQLException {
        Random random = new Random(1);
        switch (name) {
            case "select" -> {
                PreparedStatement select = connection.prepareStatement("SELECT name, amount FROM item WHERE id = ?");
                return () -> {
                    select.setInt(1, 1 + random.nextInt(rows));
                    try (ResultSet found = select.executeQuery()) {
                        if (!found.next() || found.getString(1).isEmpty() || found.getLong(2) < 0) {
                            throw new IllegalStateException("A row is missing");
                        }
                    }
                };
            }
            case "insert" -> {
                PreparedStatement insert = connection.prepareStatement("INSERT INTO item (name, amount) VALUES (?, ?)");
                return () -> {
                    insert.setString(1, "another name");
                    insert.setLong(2, random.nextInt(rows));
                    insert.executeUpdate();
                };
            }
            case "update" -> {
                PreparedStatement update = connection.prepareStatement("UPDATE item SET amount = ? WHERE id = ?");
                return () -> {
                    update.setLong(1, random.nextInt(rows));
                    update.setInt(2, 1 + random.nextInt(rows));
                    update.executeUpdate();
                };
            }
            default -> throw new IllegalArgumentException("operation is select, insert or update, not " + name);
        }
    }

    /** How often a second it was executed. */
    private static double repeat(Operation operation, long nanos) throws SQLException {
        long started = System.nanoTime();
        long count = 0;
        while (System.nanoTime() - started < nanos) {
            for (int i = 0; i < BATCH; i++) {
                operation.run();
            }
            count += BATCH;
        }
        return count * 1e9 / (System.nanoTime() - started);
    }

    private static void fill(Subject subject, int rows) throws SQLException {
        try (Connection connection = subject.connections().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount INTEGER NOT NULL)");
            statement.execute("INSERT INTO item (name, amount) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                    + " FROM n WHERE i < " + rows + ") SELECT 'name of item ' || i, i FROM n");
        }
    }
}
