package io.spindrift.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.ConflictSimulator;
import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Durability;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionsTest {
    @TempDir
    Path folder;

    private Database ledger;
    private DataSource dataSource;
    private int attempts;

    @BeforeEach
    void open() throws SQLException {
        ledger = Database.open(DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("ledger.db"))
                .replica(folder.resolve("replica").toUri())
                .durabilityTimeout(Duration.ofMillis(50))
                .build());
        dataSource = ledger.dataSource();
        Transactions.run(dataSource, connection -> {
            update(connection, "CREATE TABLE account(balance)");
            update(connection, "INSERT INTO account VALUES (100)");
        });
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    @Test
    void aTransactionCommitsWhenItsWorkReturns() throws SQLException {
        int before = Transactions.call(dataSource, connection -> {
            int balance = balance(connection);
            update(connection, "UPDATE account SET balance = " + (balance - 10));
            return balance;
        });
        assertThat(before).isEqualTo(100);
        assertThat(balance()).isEqualTo(90);
    }

    @Test
    void aTransactionThatFailsLeavesNothingAndNoWriterWaits() throws SQLException {
        IOException own = new IOException("no such account");
        assertThatThrownBy(() -> Transactions.run(dataSource, connection -> {
                    update(connection, "UPDATE account SET balance = 0");
                    throw own;
                }))
                .isSameAs(own);
        assertThat(balance()).isEqualTo(100);
        Transactions.run(dataSource, connection -> update(connection, "UPDATE account SET balance = 1"));
        assertThat(balance()).isEqualTo(1);
    }

    @Test
    void aRealConflictIsRunAgainUntilBothChangesAreThere() throws SQLException {
        List<Integer> seen = new ArrayList<>();
        Transactions.run(dataSource, connection -> {
            int balance = balance(connection);
            seen.add(balance);
            if (seen.size() == 1) {
                Transactions.run(dataSource, rival -> update(rival, "UPDATE account SET balance = 70"));
            }
            update(connection, "UPDATE account SET balance = " + (balance - 10));
        });
        assertThat(seen).containsExactly(100, 70);
        assertThat(balance()).isEqualTo(60);
    }

    @Test
    void aConflictAtCommitIsRunAgainOnAConnectionOfItsOwn() throws SQLException {
        List<Connection> connections = new ArrayList<>();
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 2)) {
            Transactions.run(dataSource, connection -> {
                connections.add(connection);
                update(connection, "UPDATE account SET balance = balance - 10");
            });
            assertThat(simulator.left()).isZero();
        }
        assertThat(connections).hasSize(3).doesNotHaveDuplicates().allMatch(TransactionsTest::isClosed);
        assertThat(balance()).isEqualTo(90);
    }

    @Test
    void workThatMakesItsOwnTransactionIsRunAgainToo() throws SQLException {
        try (ConflictSimulator simulator = ConflictSimulator.failNextCommits("ledger", 1)) {
            int balance = Transactions.call(this::withdraw);
            assertThat(simulator.left()).isZero();
            assertThat(balance).isEqualTo(90);
        }
        assertThat(attempts).isEqualTo(2);
    }

    private int withdraw() throws SQLException {
        attempts++;
        try (Connection connection = dataSource.getConnection()) {
            update(connection, "UPDATE account SET balance = balance - 10");
            return balance(connection);
        }
    }

    @Test
    void whatIsCommittedButNotYetDurableIsNotRunAgain() throws Exception {
        DataSource durable = proxy(DataSource.class, dataSource, (method, result) -> {
            if (result instanceof Connection connection) {
                connection.unwrap(io.spindrift.jdbc.SpindriftConnection.class).setDurability(Durability.REPLICA);
            }
            return result;
        });
        ledger.flush();
        ledger.stopSync();
        assertThatThrownBy(() -> Transactions.with(RetryPolicy.builder()
                                .retryOn(Set.of(SQLException.class))
                                .build())
                        .run(durable, connection -> {
                            attempts++;
                            update(connection, "UPDATE account SET balance = balance - 10");
                        }))
                .hasFieldOrPropertyWithValue("SQLState", "08007");
        assertThat(attempts).isEqualTo(1);
        assertThat(balance()).isEqualTo(90);
        ledger.startSync();
    }

    @Test
    void aConnectionThatCannotBeClosedAfterTheCommitDoesNotUndoIt() throws Exception {
        DataSource leaky = proxy(
                DataSource.class,
                dataSource,
                (method, result) -> result instanceof Connection connection
                        ? proxy(Connection.class, connection, (called, answer) -> {
                            if (called.equals("close")) {
                                throw new SQLException("the pool is closed", "08003");
                            }
                            return answer;
                        })
                        : result);
        Transactions.with(RetryPolicy.builder()
                        .retryOn(Set.of(SQLException.class))
                        .build())
                .run(leaky, connection -> {
                    attempts++;
                    update(connection, "UPDATE account SET balance = balance - 10");
                });
        assertThat(attempts).isEqualTo(1);
        assertThat(balance()).isEqualTo(90);
    }

    @Test
    void callersHaveToCatchWhatTheirWorkThrowsAndNothingElse() throws InterruptedException {
        String result = Transactions.call(() -> "nothing checked");
        assertThat(result).isEqualTo("nothing checked");
        Transactions.run(() -> new CountDownLatch(0).await());
    }

    private int balance() throws SQLException {
        return Transactions.call(dataSource, TransactionsTest::balance);
    }

    private static int balance(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT balance FROM account")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static void update(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private static boolean isClosed(Connection connection) {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a pool does between its caller and a connection. */
    @FunctionalInterface
    private interface Layer {
        Object after(String method, Object result) throws SQLException;
    }

    private static <T> T proxy(Class<T> type, T target, Layer layer) {
        return type.cast(Proxy.newProxyInstance(
                TransactionsTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    try {
                        return layer.after(method.getName(), method.invoke(target, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
