package io.spindrift.rar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.Durability;
import io.spindrift.Position;
import io.spindrift.jdbc.SpindriftConnection;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server's transaction waits for, and when. */
@Timeout(60)
class DurableTransactionsTest {
    @TempDir
    Path folder;

    private final List<Synchronization> synchronizations = new ArrayList<>();
    private final RecordedLog log = new RecordedLog();
    private Object transaction;
    private TestAdapter server;
    private Database database;
    private TestPool pool;

    @BeforeEach
    void start() throws Exception {
        Logger.getLogger("io.spindrift").addHandler(log);
        server = new TestAdapter("durable").with("durable", folder.resolve("durable.db"));
        server.properties.put(
                "spindrift.durable.replica-url",
                folder.resolve("objects").toUri().toString());
        server.properties.put("spindrift.durable.sync-interval", "1h");
        server.properties.put("spindrift.durable.durability-timeout", "1s");
        server.started(registry());
        database = DatabaseRegistry.find("durable").orElseThrow();
        try (Connection connection = server.dataSource("durable").getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t(a)");
        }
        database.flush();
        pool = new TestPool();
    }

    @AfterEach
    void stop() {
        database.startSync();
        server.close();
        Logger.getLogger("io.spindrift").removeHandler(log);
    }

    @Test
    void theWaitIsAfterTheCompletionAndNotInTheCommit() throws Exception {
        insertAndCommit("replica");
        assertThat(durable()).as("durable after the commit").isFalse();
        complete();
        assertThat(durable()).as("durable after the completion").isTrue();
        assertThat(log.messages).noneMatch(message -> message.startsWith("SPIN0005W"));
    }

    @Test
    void aMissIsLoggedBecauseNobodyElseCanBeTold() throws Exception {
        database.stopSync();
        insertAndCommit("replica");
        complete();
        assertThat(log.messages)
                .filteredOn(message -> message.startsWith("SPIN0005W"))
                .singleElement()
                .asString()
                .contains("database durable", "is committed", "PT1S");
        assertThat(database.status().unknownOutcomes()).isEqualTo(1);
    }

    @Test
    void asyncRegistersNothing() throws Exception {
        insertAndCommit("async");
        assertThat(synchronizations).isEmpty();
    }

    @Test
    void theDatabasesDurabilityIsTheDefault() throws Exception {
        insertAndCommit(null);
        assertThat(synchronizations).isEmpty();
    }

    @Test
    void aTransactionThatOnlyReadWaitsForNothing() throws Exception {
        database.stopSync();
        insertAndCommit("async");
        DataSource dataSource = dataSource("replica");
        begin();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeQuery("select * from t").close();
        }
        pool.commit();
        complete();
        assertThat(log.messages).noneMatch(message -> message.startsWith("SPIN0005W"));
    }

    @Test
    void aTransactionThatIsRolledBackWaitsForNothing() throws Exception {
        database.stopSync();
        DataSource dataSource = dataSource("replica");
        begin();
        insert(dataSource, null);
        pool.rollback();
        complete();
        assertThat(log.messages).noneMatch(message -> message.startsWith("SPIN0005W"));
    }

    @Test
    void aConnectionThatAsksForItInsideTheTransactionIsWaitedForToo() throws Exception {
        DataSource dataSource = dataSource("async");
        begin();
        insert(dataSource, Durability.REPLICA);
        pool.commit();
        complete();
        assertThat(durable()).isTrue();
    }

    @Test
    void theNextUserOfTheConnectionDoesNotWaitForTheLast() throws Exception {
        insertAndCommit("replica");
        List<Synchronization> first = List.copyOf(synchronizations);
        synchronizations.clear();
        database.stopSync();
        try (Connection next = lastDataSource.getConnection();
                Statement statement = next.createStatement()) {
            statement.executeQuery("select * from t").close();
        }
        database.startSync();
        first.forEach(each -> each.afterCompletion(Status.STATUS_COMMITTED));
        assertThat(durable()).isTrue();
    }

    @Test
    void aLocalTransactionOfTheServerIsSaidNotToWait() throws Exception {
        DataSource dataSource = dataSource("replica");
        for (int i = 0; i < 2; i++) {
            pool.begin(); // and no global transaction
            insert(dataSource, null);
            pool.commit();
        }
        assertThat(log.messages)
                .filteredOn(message -> message.startsWith("SPIN0006W"))
                .hasSize(1);
    }

    @Test
    void aDurabilityThatDoesNotExistIsRefused() throws Exception {
        DataSource dataSource = dataSource("eventually");
        assertThatThrownBy(dataSource::getConnection)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("durability")
                .hasMessageContaining("eventually");
    }

    @Test
    void aFactoryMayReadThePast() throws Exception {
        String before = database.flush().toString();
        insertAndCommit("async");
        database.flush();
        SpindriftManagedConnectionFactory factory = server.factory("durable");
        factory.setAsOf(before);
        try (Connection past = factory.createConnectionFactory().getConnection();
                Statement statement = past.createStatement()) {
            assertThat(statement.executeQuery("select * from t").next()).isFalse();
            assertThatThrownBy(() -> statement.execute("insert into t values (1)"))
                    .isInstanceOf(SQLException.class);
        }
        factory.setAsOf("yesterday-evening");
        assertThatThrownBy(() -> factory.createConnectionFactory().getConnection())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("durable: A time is written like")
                .hasMessageContaining("yesterday-evening");
    }

    @Test
    void replicaIsRefusedWhereThereIsNone() throws Exception {
        try (TestAdapter other = new TestAdapter("plain")
                .with("plain", folder.resolve("plain.db"))
                .started()) {
            SpindriftManagedConnectionFactory factory = other.factory("plain");
            factory.setDurability("replica");
            assertThatThrownBy(() -> factory.createConnectionFactory().getConnection())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("durability replica but no replica-url");
        }
    }

    private DataSource lastDataSource;

    private DataSource dataSource(String durability) throws Exception {
        SpindriftManagedConnectionFactory factory = server.factory("durable");
        factory.setDurability(durability);
        lastDataSource = factory.createConnectionFactory(pool);
        return lastDataSource;
    }

    private void insertAndCommit(String durability) throws Exception {
        DataSource dataSource = dataSource(durability);
        begin();
        insert(dataSource, null);
        pool.commit();
    }

    private static void insert(DataSource dataSource, Durability durability) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            if (durability != null) {
                connection.unwrap(SpindriftConnection.class).setDurability(durability);
            }
            statement.execute("insert into t values (1)");
        }
    }

    private boolean durable() {
        Position committed = database.status().committed();
        return database.status().durable().equals(committed);
    }

    private void begin() throws Exception {
        transaction = new Object();
        pool.begin();
    }

    private void complete() {
        transaction = null;
        synchronizations.forEach(each -> each.afterCompletion(Status.STATUS_COMMITTED));
    }

    private TransactionSynchronizationRegistry registry() {
        return (TransactionSynchronizationRegistry) Proxy.newProxyInstance(
                DurableTransactionsTest.class.getClassLoader(),
                new Class<?>[] {TransactionSynchronizationRegistry.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getTransactionKey" -> transaction;
                    case "registerInterposedSynchronization" -> {
                        synchronizations.add((Synchronization) arguments[0]);
                        yield null;
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static final class RecordedLog extends Handler {
        final List<String> messages = new CopyOnWriteArrayList<>();

        @Override
        public void publish(LogRecord entry) {
            messages.add(
                    entry.getParameters() == null
                            ? entry.getMessage()
                            : MessageFormat.format(entry.getMessage(), entry.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
