package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import jakarta.persistence.OptimisticLockException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConflictRetryTest {
    private final List<Duration> pauses = new ArrayList<>();

    @ParameterizedTest
    @MethodSource("conflicts")
    void triesAgainAfterAConflictAnywhereInTheChainOfCauses(Exception conflict) throws Exception {
        assertThat(retry(3).call(failingWith(conflict, conflict))).isEqualTo("done");
        assertThat(pauses).hasSize(2);
    }

    static Stream<Exception> conflicts() {
        SQLException conflict = conflict();
        return Stream.of(
                conflict,
                new SQLException("deadlock", "40P01"),
                new IllegalStateException(new IOException(conflict)),
                new SQLException("wrapped by a pool", null, conflict),
                new OptimisticLockException("version"),
                new RuntimeException(new OptimisticLockException("version") {}));
    }

    @ParameterizedTest
    @MethodSource("otherFailures")
    void throwsAnyOtherFailureAtOnce(Exception other) {
        assertThatThrownBy(() -> retry(3).call(failingWith(other))).isSameAs(other);
        assertThat(pauses).isEmpty();
    }

    static Stream<Exception> otherFailures() {
        RuntimeException cycle = new RuntimeException("a");
        cycle.initCause(new RuntimeException("b", cycle));
        return Stream.of(
                new SQLException("unique", "23505"),
                new SQLException("gate", "HYT00"),
                new IllegalStateException("no cause"),
                cycle);
    }

    @Test
    void neverRunsWorkAgainThatIsCommittedButNotYetDurable() {
        SQLException committed = new SQLException("committed here, not yet durable", "08007");
        assertThatThrownBy(() -> retry(3).call(failingWith(committed))).isSameAs(committed);

        SQLException both = new SQLException("conflict", "40001", committed);
        assertThatThrownBy(() -> retry(3).call(failingWith(both))).isSameAs(both);

        SQLException afterConflict = new SQLException("not yet durable", "08007", conflict());
        assertThatThrownBy(() -> retry(3).call(failingWith(afterConflict))).isSameAs(afterConflict);
    }

    @Test
    void throwsTheLastFailureWithTheEarlierOnesAsSuppressed() {
        SQLException first = conflict();
        SQLException second = conflict();
        SQLException third = conflict();

        Throwable thrown = catchThrowable(() -> retry(2).call(failingWith(first, second, third)));

        assertThat(thrown).isSameAs(third).hasSuppressedException(first).hasSuppressedException(second);
        assertThat(pauses).hasSize(2);
    }

    @Test
    void keepsTheConflictsThatCameBeforeAnotherFailure() {
        SQLException conflict = conflict();
        SQLException unique = new SQLException("unique", "23505");

        assertThatThrownBy(() -> retry(5).call(failingWith(conflict, unique)))
                .isSameAs(unique)
                .hasSuppressedException(conflict);
    }

    @Test
    void survivesWorkThatThrowsTheSameInstanceTwice() {
        SQLException conflict = conflict();
        assertThatThrownBy(() -> retry(1).call(failingWith(conflict, conflict))).isSameAs(conflict);
    }

    @Test
    void doublesTheLongestPauseUpToMaxDelay() {
        ConflictRetry always = retry(6, 1.0);
        assertThatThrownBy(() -> always.call(() -> {
                    throw conflict();
                }))
                .isInstanceOf(SQLException.class);
        assertThat(pauses).extracting(Duration::toMillis).containsExactly(2L, 4L, 8L, 16L, 20L, 20L);
    }

    @Test
    void waitsARandomPartOfTheLongestPause() throws Exception {
        retry(6, 0.25).call(failingWith(conflict(), conflict()));
        assertThat(pauses).containsExactly(Duration.ofNanos(500_000), Duration.ofMillis(1));
    }

    @Test
    void stopsWhenTheThreadIsInterruptedAndLeavesItInterrupted() {
        SQLException conflict = conflict();
        ConflictRetry interrupted = new ConflictRetry(
                RetryPolicy.DEFAULT,
                duration -> {
                    throw new InterruptedException();
                },
                () -> 0.5);
        assertThatThrownBy(() -> interrupted.call(failingWith(conflict))).isSameAs(conflict);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aConflictOfTheDatabaseIsRetriedUntilBothChangesAreThere(@TempDir Path folder) throws Exception {
        try (Database database = Database.open(DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("ledger.db"))
                .build())) {
            execute(database, "CREATE TABLE account(balance)", "INSERT INTO account VALUES (100)");
            List<Integer> seen = new ArrayList<>();

            retry(3).call(() -> {
                try (Connection connection = database.dataSource().getConnection()) {
                    connection.setAutoCommit(false);
                    int balance = balance(connection);
                    seen.add(balance);
                    if (seen.size() == 1) {
                        execute(database, "UPDATE account SET balance = 70");
                    }
                    try (Statement update = connection.createStatement()) {
                        update.execute("UPDATE account SET balance = " + (balance - 10));
                        connection.commit();
                    } finally {
                        connection.rollback();
                    }
                    return null;
                }
            });

            assertThat(seen).containsExactly(100, 70);
            try (Connection connection = database.dataSource().getConnection()) {
                assertThat(balance(connection)).isEqualTo(60);
            }
        }
    }

    private static int balance(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT balance FROM account")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static void execute(Database database, String... statements) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private ConflictRetry retry(int maxRetries) {
        return retry(maxRetries, 1.0);
    }

    private ConflictRetry retry(int maxRetries, double random) {
        RetryPolicy policy = new RetryPolicy(maxRetries, Duration.ofMillis(2), Duration.ofMillis(20));
        return new ConflictRetry(policy, pauses::add, () -> random);
    }

    private static Callable<String> failingWith(Exception... failures) {
        Iterator<Exception> next = Arrays.asList(failures).iterator();
        return () -> {
            if (next.hasNext()) {
                throw next.next();
            }
            return "done";
        };
    }

    private static SQLException conflict() {
        return new SQLTransactionRollbackException("another transaction changed what this one read", "40001");
    }
}
