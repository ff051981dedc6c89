package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.ShardingKey;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A data source of plain Java: as it is, and with HikariCP before it as {@code docs/getting-started.md} says. */
@Timeout(60)
class ConnectionPoolTest {
    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private Database database;

    // The example of docs/getting-started.md, line by line.
    static HikariDataSource pooled(Database database) {
        HikariConfig pool = new HikariConfig();
        pool.setDataSource(database.dataSource());
        pool.setMaximumPoolSize(8);
        pool.setConnectionTimeout(15_000); // longer than gate-timeout
        pool.setExceptionOverride(new EvictIfBroken());
        return new HikariDataSource(pool);
    }

    static class EvictIfBroken implements SQLExceptionOverride {
        public Override adjudicate(SQLException e) {
            return SqlErrors.isFatal(e) ? Override.MUST_EVICT : Override.DO_NOT_EVICT;
        }
    }
    // The example ends.

    @BeforeEach
    void open() throws SQLException {
        database = Database.open(DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("ledger.db"))
                .gateTimeout(Duration.ofMillis(200))
                .build());
        try (Connection connection = database.dataSource().getConnection()) {
            run(connection, "create table account(id integer primary key, balance integer not null)");
            run(connection, "insert into account values (1, 100), (2, 200)");
        }
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        database.close();
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long total(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select sum(balance) from account")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void theExampleIsInTheDocumentation() throws IOException {
        List<String> source =
                Files.readAllLines(Path.of("src/test/java/io/spindrift/jdbc/ConnectionPoolTest.java")).stream()
                        .map(String::strip)
                        .toList();
        List<String> example = source
                .subList(
                        source.indexOf("// The example of docs/getting-started.md, line by line.") + 1,
                        source.indexOf("// The example ends."))
                .stream()
                .filter(line -> !line.isEmpty())
                .toList();
        List<String> page = Files.readAllLines(Path.of("../docs/getting-started.md")).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        assertThat(example).hasSizeGreaterThan(10);
        assertThat(page).containsSequence(example);
    }

    @Test
    void manyThreadsShareAPoolThatIsSmallerThanTheyAre() throws Exception {
        try (HikariDataSource pool = pooled(database)) {
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                workers.add(threads.submit(() -> {
                    for (int done = 0; done < 20; ) {
                        done += transfer(pool) ? 1 : 0;
                    }
                    return null;
                }));
            }
            for (Future<?> worker : workers) {
                worker.get(50, TimeUnit.SECONDS);
            }
            assertThat(pool.getHikariPoolMXBean().getTotalConnections()).isBetween(1, 8);
            try (Connection connection = pool.getConnection()) {
                assertThat(total(connection)).isEqualTo(300 + 16 * 20);
            }
        }
    }

    /** Whether it was committed; a conflict and a gate that was busy for too long are tried again. */
    private static boolean transfer(DataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement add =
                    connection.prepareStatement("update account set balance = balance + 1 where id = 1")) {
                total(connection);
                add.executeUpdate();
                connection.commit();
                return true;
            } catch (SQLException e) {
                assertThat(e.getSQLState()).isIn("40001", "HYT00");
                connection.rollback();
                return false;
            }
        }
    }

    @Test
    void aTimeoutAtTheGateLeavesThePooledConnectionItsTransaction() throws Exception {
        try (HikariDataSource pool = pooled(database);
                Connection holder = pool.getConnection();
                Connection waiter = pool.getConnection()) {
            holder.setAutoCommit(false);
            run(holder, "update account set balance = 0 where id = 1");
            threads.submit(() -> {
                        waiter.setAutoCommit(false);
                        assertThat(total(waiter)).isEqualTo(300);
                        SQLException busy = catchThrowableOfType(
                                SQLException.class, () -> run(waiter, "update account set balance = 1 where id = 2"));
                        assertThat(busy.getSQLState()).isEqualTo("HYT00");
                        assertThat(total(waiter)).isEqualTo(300);
                        waiter.rollback();
                        return null;
                    })
                    .get(30, TimeUnit.SECONDS);
            holder.rollback();
            assertThat(waiter.unwrap(SpindriftConnection.class).isClosed()).isFalse();
        }
    }

    @Test
    void aConnectionGivenBackInATransactionFreesTheGateAndGoesOnInAutoCommit() throws Exception {
        try (HikariDataSource pool = pooled(database)) {
            SpindriftConnection first;
            try (Connection connection = pool.getConnection()) {
                first = connection.unwrap(SpindriftConnection.class);
                connection.setAutoCommit(false);
                run(connection, "update account set balance = 0");
            }
            assertThat(database.status().gate().holder()).isEmpty();
            try (Connection connection = pool.getConnection()) {
                assertThat(connection.unwrap(SpindriftConnection.class)).isSameAs(first);
                assertThat(connection.getAutoCommit()).isTrue();
                assertThat(total(connection)).isEqualTo(300);
            }
        }
    }

    @Test
    void aConnectionBuilderConnectsAndRefusesAShardingKey() throws SQLException {
        DataSource dataSource = database.dataSource();
        try (Connection connection = dataSource.createConnectionBuilder().build()) {
            assertThat(total(connection)).isEqualTo(300);
            assertUnsupported(() -> connection.setShardingKey(null), "has no shards");
            assertUnsupported(() -> connection.setShardingKey(null, null), "has no shards");
            assertUnsupported(() -> connection.setShardingKeyIfValid(null, 1), "has no shards");
            assertUnsupported(() -> connection.setShardingKeyIfValid(null, null, 1), "has no shards");
        }
        ShardingKey key = new ShardingKey() {};
        assertUnsupported(
                () -> dataSource.createConnectionBuilder().shardingKey(key).build(), "has no shards");
        assertUnsupported(
                () -> dataSource.createConnectionBuilder().superShardingKey(key).build(), "has no shards");
        assertUnsupported(dataSource::createShardingKeyBuilder, "has no shards");
        assertUnsupported(
                () -> dataSource
                        .createConnectionBuilder()
                        .user("me")
                        .password("secret")
                        .build(),
                "has no users");
        dataSource.createConnectionBuilder().shardingKey(null).build().close();
    }

    private static void assertUnsupported(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String why) {
        SQLFeatureNotSupportedException e = catchThrowableOfType(SQLFeatureNotSupportedException.class, call);
        assertThat((Throwable) e).isNotNull().hasMessageContaining(why);
        assertThat(e.getSQLState()).isEqualTo("0A000");
        assertThat(e.getMessage()).doesNotContain("secret");
    }
}
