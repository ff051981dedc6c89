package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.jdbc.ListHistory.Transaction;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random transactions of several threads on a few lists, checked by {@link ListHistory}. They read by key, by range, with
 * results left open over the first write, with and without savepoints; a list has no row until something is appended.
 */
class RandomTransactionsTest {
    private static final int THREADS = 8;
    private static final int KEYS = 6;
    private static final int ELEMENTS_PER_TRANSACTION = 10;

    @TempDir
    Path folder;

    private final AtomicLong clock = new AtomicLong();
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger conflicts = new AtomicInteger();
    private final AtomicInteger validated = new AtomicInteger();
    private TestDatabase database;

    static Stream<Arguments> modes() {
        return Stream.of(
                Arguments.of("values", List.of(TestDatabase.OPTIMISTIC)),
                Arguments.of("snapshot", List.of(TestDatabase.SNAPSHOT)),
                Arguments.of("immediate", List.of(TestDatabase.IMMEDIATE)),
                Arguments.of("mixed", List.of(TestDatabase.OPTIMISTIC, TestDatabase.SNAPSHOT, TestDatabase.IMMEDIATE)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    @Timeout(120)
    void areStrictlySerializable(String mode, List<ConnectionOptions> options) throws Exception {
        assertStrictlySerializable(mode, options, 300);
    }

    @Tag("long")
    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    @Timeout(1_200)
    void manyAreStrictlySerializable(String mode, List<ConnectionOptions> options) throws Exception {
        for (int round = 0; round < 60; round++) { // long lists would take all the time
            assertStrictlySerializable(mode + " " + round, options, 300);
        }
    }

    private void assertStrictlySerializable(String mode, List<ConnectionOptions> options, int rounds) throws Exception {
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        database = new TestDatabase(folder.resolve(mode + ".db"));
        database.run("create table list(k integer primary key, elements text not null)");
        conflicts.set(0);
        validated.set(0);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<List<Transaction>>> histories = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                ConnectionOptions mine = options.get(thread % options.size());
                Random random = new Random(seed + thread);
                histories.add(threads.submit(() -> transactions(mine, random, rounds)));
            }
            List<Transaction> all = new ArrayList<>();
            for (Future<List<Transaction>> history : histories) {
                all.addAll(history.get(1_000, TimeUnit.SECONDS));
            }
            long committed = all.stream().filter(Transaction::wasCommitted).count();
            System.out.println(mode + ", seed " + seed + ": " + committed + " committed, of which " + validated
                    + " were validated, " + conflicts + " conflicts");
            assertThat(ListHistory.violation(all, finalLists()))
                    .as("seed %d", seed)
                    .isEmpty();
            assertThat(committed).isGreaterThan(all.size() / 10);
            assertThat(conflicts.get() > 0).isEqualTo(!mode.startsWith("immediate"));
            assertThat(validated.get() > 0).isEqualTo(mode.startsWith("values") || mode.startsWith("mixed"));
        } finally {
            threads.shutdownNow();
            database.close();
        }
    }

    private List<Transaction> transactions(ConnectionOptions options, Random random, int rounds) throws SQLException {
        List<Transaction> done = new ArrayList<>();
        try (Connection connection = database.connect(options)) {
            connection.setAutoCommit(false);
            for (int i = 0; i < rounds; i++) {
                done.add(transaction(connection, random));
            }
        }
        return done;
    }

    private Transaction transaction(Connection connection, Random random) throws SQLException {
        Transaction transaction = new Transaction(ids.incrementAndGet(), clock.incrementAndGet());
        try {
            new Attempt(connection, random, transaction).run();
            if (random.nextInt(20) == 0) {
                connection.rollback();
                return transaction.rolledBack(clock.incrementAndGet());
            }
            connection.commit();
            return transaction.committed(clock.incrementAndGet());
        } catch (SQLException e) {
            if (!SqlErrors.isConflict(e)) {
                throw e;
            }
            conflicts.incrementAndGet();
            connection.rollback();
            return transaction.rolledBack(clock.incrementAndGet());
        }
    }

    /** The operations of one transaction. */
    private final class Attempt {
        final Connection connection;
        final Random random;
        final Transaction transaction;
        int elements;
        boolean wrote;
        /** No snapshot of this transaction is later. */
        long commitsAtFirstRead = -1;

        Attempt(Connection connection, Random random, Transaction transaction) {
            this.connection = connection;
            this.random = random;
            this.transaction = transaction;
        }

        void run() throws SQLException {
            int operations = 1 + random.nextInt(5);
            for (int i = 0; i < operations; i++) {
                int key = random.nextInt(KEYS);
                switch (random.nextInt(7)) {
                    case 0, 1 -> readKey(key);
                    case 2 -> readRange(key, random.nextInt(KEYS));
                    case 3 -> readOverAWrite(key);
                    case 4 -> appendInASavepoint(key);
                    default -> append(key);
                }
                if (random.nextInt(3) == 0) {
                    Thread.yield();
                }
            }
        }

        void readKey(int key) throws SQLException {
            try (PreparedStatement select = connection.prepareStatement("select elements from list where k = ?")) {
                select.setInt(1, key);
                try (ResultSet row = select.executeQuery()) {
                    read(key, row.next() ? elements(row.getString(1)) : List.of());
                }
            }
        }

        void readRange(int from, int to) throws SQLException {
            try (PreparedStatement select =
                    connection.prepareStatement("select k, elements from list where k between ? and ? order by k")) {
                select.setInt(1, from);
                select.setInt(2, to);
                try (ResultSet rows = select.executeQuery()) {
                    Map<Integer, List<Integer>> seen = new HashMap<>();
                    while (rows.next()) {
                        seen.put(rows.getInt("k"), elements(rows.getString("elements")));
                    }
                    for (int key = from; key <= to; key++) {
                        read(key, seen.getOrDefault(key, List.of()));
                    }
                }
            }
        }

        /** Steps through the lists and appends to another one in the middle. */
        void readOverAWrite(int key) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet rows =
                            statement.executeQuery("select k, elements from list where k <> " + key + " order by k")) {
                int before = random.nextInt(3);
                for (int i = 0; i < before && rows.next(); i++) {
                    read(rows.getInt(1), elements(rows.getString(2)));
                }
                append(key);
                while (rows.next()) {
                    read(rows.getInt(1), elements(rows.getString(2)));
                }
            }
        }

        private void read(int key, List<Integer> seen) {
            transaction.read(key, seen);
            if (commitsAtFirstRead < 0) {
                commitsAtFirstRead = database.commits();
            }
        }

        void appendInASavepoint(int key) throws SQLException {
            Savepoint savepoint = connection.setSavepoint();
            readKey(key);
            if (random.nextBoolean()) {
                write(key, 1_000_000_000);
                connection.rollback(savepoint);
            }
            append(key);
            readKey(key);
        }

        void append(int key) throws SQLException {
            int element = transaction.id() * ELEMENTS_PER_TRANSACTION + elements++;
            write(key, element);
            transaction.append(key, element);
        }

        private void write(int key, int element) throws SQLException {
            try (PreparedStatement insert = connection.prepareStatement("insert into list values (?1, ?2)"
                    + " on conflict do update set elements = elements || ',' || excluded.elements")) {
                insert.setInt(1, key);
                insert.setString(2, String.valueOf(element));
                insert.executeUpdate();
            }
            if (!wrote && commitsAtFirstRead >= 0 && database.commits() != commitsAtFirstRead) {
                validated.incrementAndGet();
            }
            wrote = true;
        }
    }

    private static List<Integer> elements(String text) {
        return Arrays.stream(text.split(",")).map(Integer::valueOf).toList();
    }

    private Map<Integer, List<Integer>> finalLists() throws SQLException {
        Map<Integer, List<Integer>> lists = new HashMap<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select k, elements from list")) {
            while (rows.next()) {
                lists.put(rows.getInt(1), elements(rows.getString(2)));
            }
        }
        return lists;
    }
}
