package io.spindrift.sync;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Random;

/** Random SQL of every kind that moves pages, the same for the same seed. */
public final class RandomWorkload {
    private static final int KEYS = 400;

    private final Random random;
    private final Connection connection;
    private int tables;

    public RandomWorkload(long seed, Connection connection) {
        this.random = new Random(seed);
        this.connection = connection;
    }

    public void createSchema() throws SQLException {
        execute("CREATE TABLE item (id INTEGER PRIMARY KEY, body TEXT, unique_part INTEGER UNIQUE)");
        execute("CREATE INDEX item_body ON item (body)");
        execute("CREATE TABLE keyed (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID");
    }

    /** Runs some transactions, of which at least one commits a change. */
    public void run(int transactions) throws SQLException {
        for (int i = 0; i < transactions; i++) {
            transaction();
        }
        insert(3_000);
    }

    private void transaction() throws SQLException {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> insert(200 + random.nextInt(3_000));
            case 3, 4 ->
                inTransaction(() -> {
                    for (int i = random.nextInt(40); i >= 0; i--) {
                        change();
                    }
                });
            case 5 -> execute("DELETE FROM item WHERE id % 7 = " + random.nextInt(7));
            case 6 -> schemaChange();
            case 7 -> execute("VACUUM");
            case 8 -> rolledBack();
            case 9 -> savepoint();
            case 10 -> insertOrRollback();
            default -> cacheSpill();
        }
    }

    private void insert(int bytes) throws SQLException {
        execute("INSERT OR REPLACE INTO item VALUES (" + random.nextInt(KEYS) + ", hex(randomblob(" + bytes / 2 + ")), "
                + random.nextInt(1 << 30) + ")");
    }

    private void change() throws SQLException {
        switch (random.nextInt(3)) {
            case 0 -> insert(100 + random.nextInt(500));
            case 1 -> execute("UPDATE item SET body = body || 'x' WHERE id = " + random.nextInt(KEYS));
            default ->
                execute("INSERT OR REPLACE INTO keyed VALUES ('" + random.nextInt(KEYS) + "', randomblob("
                        + random.nextInt(9_000) + "))");
        }
    }

    private void schemaChange() throws SQLException {
        if (tables > 0 && random.nextBoolean()) {
            execute("DROP TABLE extra" + tables--);
        } else {
            tables++;
            execute("CREATE TABLE extra" + tables + " AS SELECT * FROM item LIMIT " + random.nextInt(50));
        }
    }

    private void rolledBack() throws SQLException {
        connection.setAutoCommit(false);
        for (int i = 0; i < 10; i++) {
            change();
        }
        connection.rollback();
        connection.setAutoCommit(true);
    }

    private void savepoint() throws SQLException {
        inTransaction(() -> {
            change();
            Savepoint savepoint = connection.setSavepoint();
            execute("DELETE FROM item WHERE id < " + random.nextInt(KEYS));
            execute("CREATE TABLE undone AS SELECT * FROM keyed");
            connection.rollback(savepoint);
            change();
        });
    }

    private void insertOrRollback() throws SQLException {
        insert(50);
        connection.setAutoCommit(false);
        try {
            change();
            execute("INSERT OR ROLLBACK INTO item SELECT id, 'twice', unique_part FROM item LIMIT 1");
        } catch (SQLException expected) {
            connection.rollback();
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    /** More pages than the cache holds: frames reach the log before the transaction ends, and some are undone. */
    private void cacheSpill() throws SQLException {
        connection.setAutoCommit(false);
        for (int i = 0; i < 30; i++) {
            execute("INSERT OR REPLACE INTO keyed VALUES ('spill" + i + "', randomblob(8000))");
        }
        if (random.nextBoolean()) {
            connection.commit();
        } else {
            connection.rollback();
        }
        connection.setAutoCommit(true);
    }

    @FunctionalInterface
    private interface Work {
        void run() throws SQLException;
    }

    private void inTransaction(Work work) throws SQLException {
        connection.setAutoCommit(false);
        work.run();
        connection.commit();
        connection.setAutoCommit(true);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
