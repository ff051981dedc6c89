package io.spindrift.rar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.rar.SpindriftResourceAdapter.ExecutorSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ResourceAdapterTest {
    @TempDir
    Path folder;

    private static void run(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void everyListedDatabaseIsOpenAfterTheStart() throws Exception {
        try (TestAdapter server = new TestAdapter(" one , two,")
                .with("one", folder.resolve("one.db"))
                .with("two", folder.resolve("two.db"))
                .started()) {
            run(server.dataSource("one"), "create table t(a)");
            run(server.dataSource("two"), "create table t(a)");
            assertThat(DatabaseRegistry.find("one")).isPresent();
        }
        assertThat(DatabaseRegistry.find("one")).isEmpty();
    }

    @Test
    void oneDatabaseThatFailsKeepsItsSentenceAndLeavesTheOthersAlone() throws Exception {
        try (TestAdapter server = new TestAdapter("good,bad,pathless")
                .with("good", folder.resolve("good.db"))
                .with("bad", Files.createDirectory(folder.resolve("directory")))
                .started()) {
            run(server.dataSource("good"), "create table t(a)");
            assertThatThrownBy(() -> run(server.dataSource("bad"), "select 1"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("is a directory");
            assertThatThrownBy(() -> run(server.dataSource("pathless"), "select 1"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("has no path: set spindrift.pathless.path");
        }
    }

    @Test
    void aDatabaseThatFailedIsOpenedAsSoonAsItCanBe() throws Exception {
        Path file = Files.createDirectory(folder.resolve("later.db"));
        try (TestAdapter server = new TestAdapter("later").with("later", file).started()) {
            assertThatThrownBy(() -> run(server.dataSource("later"), "select 1"))
                    .hasMessageContaining("is a directory");
            Files.delete(file);
            await().ignoreExceptions().untilAsserted(() -> run(server.dataSource("later"), "select 1"));
        }
    }

    @Test
    void aMisspeltKeyFailsThatDatabase() throws Exception {
        TestAdapter server = new TestAdapter("misspelt").with("misspelt", folder.resolve("m.db"));
        server.properties.put("spindrift.misspelt.sink-interval", "1s");
        try (server) {
            server.started();
            assertThatThrownBy(() -> run(server.dataSource("misspelt"), "select 1"))
                    .hasMessageContaining("spindrift.misspelt.sink-interval");
        }
    }

    @Test
    void aFactoryOfAnUnlistedDatabaseSaysWhatToDo() throws Exception {
        try (TestAdapter server =
                new TestAdapter("listed").with("listed", folder.resolve("l.db")).started()) {
            assertThatThrownBy(() -> run(server.dataSource("other"), "select 1"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("other")
                    .hasMessageContaining("[listed]")
                    .hasMessageContaining("databases property");
            assertThatThrownBy(() -> run(server.dataSource(null), "select 1"))
                    .hasMessageContaining("names no database");
        }
    }

    @Test
    void afterTheStopNothingIsOpenAndNothingOpens() throws Exception {
        TestAdapter server = new TestAdapter("stopped")
                .with("stopped", folder.resolve("s.db"))
                .started();
        DataSource dataSource = server.dataSource("stopped");
        Connection left = dataSource.getConnection();
        server.close();
        assertThat(left.isClosed()).isTrue();
        assertThatThrownBy(dataSource::getConnection)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("has stopped");
    }

    @Test
    void aChangedAdapterStartsBeforeTheOldOneStops() throws Exception {
        Path file = folder.resolve("changed.db");
        TestAdapter before = new TestAdapter("changed").with("changed", file).started();
        run(before.dataSource("changed"), "create table t(a)");
        Connection old = before.dataSource("changed").getConnection();
        try (TestAdapter after =
                new TestAdapter("changed").with("changed", file).started()) {
            DataSource dataSource = after.dataSource("changed");
            run(dataSource, "insert into t values (1)");
            before.close();
            assertThat(old.isClosed()).isTrue();
            run(dataSource, "insert into t values (2)");
        }
        assertThat(DatabaseRegistry.find("changed")).isEmpty();
    }

    @Test
    void withoutAManagedExecutorTheSentenceNamesTheFeature() throws Exception {
        TestAdapter server = new TestAdapter("alone").with("alone", folder.resolve("a.db"));
        ExecutorSource noExecutor = () -> {
            throw new NamingException("concurrent/spindrift");
        };
        server.adapter.start(Configuration.of(server.properties, Map.of()), noExecutor, Optional.empty());
        try (server) {
            assertThatThrownBy(() -> run(server.dataSource("alone"), "select 1"))
                    .hasMessageContaining("concurrency feature");
        }
    }

    @Test
    void databasesWhoseStoreIsSlowAreOpenedAtTheSameTime() throws Exception {
        System.setProperty("aws.accessKeyId", "key");
        System.setProperty("aws.secretAccessKey", "secret");
        CountDownLatch bothAsked = new CountDownLatch(2);
        try (ServerSocket store = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                TestAdapter server = new TestAdapter("first,second")
                        .with("first", folder.resolve("first.db"))
                        .with("second", folder.resolve("second.db"))) {
            new Thread(() -> refuse(store, bothAsked)).start();
            server.properties.put(
                    "spindrift.replica-url",
                    "s3://bucket?region=eu-central-1&endpoint=http://127.0.0.1:" + store.getLocalPort());
            server.started();
            assertThat(bothAsked.getCount())
                    .as("databases that asked their store before any was answered")
                    .isZero();
            assertThatThrownBy(() -> run(server.dataSource("second"), "select 1"))
                    .hasMessageContaining("Access was denied");
        } finally {
            System.clearProperty("aws.accessKeyId");
            System.clearProperty("aws.secretAccessKey");
        }
    }

    @Test
    void databasesShipAtTheSameTimeWhenTheServerStopsAndTakesNoTasks() throws Exception {
        TestAdapter server =
                new TestAdapter("one,two").with("one", folder.resolve("one.db")).with("two", folder.resolve("two.db"));
        server.properties.put(
                "spindrift.replica-url", folder.resolve("objects").toUri().toString());
        server.properties.put("spindrift.sync-interval", "1h");
        server.started();
        List<Database> databases = DatabaseRegistry.all();
        List<Connection> writers = new ArrayList<>();
        for (String name : List.of("one", "two")) {
            run(server.dataSource(name), "create table t(a)");
            Connection writer = server.dataSource(name).getConnection();
            writer.setAutoCommit(false);
            writer.createStatement().execute("insert into t values (1)"); // closing waits for it to end
            writers.add(writer);
        }
        assertThat(databases).allMatch(database -> !database.status().lag().isZero());

        server.refuseTasks();
        Thread stopping = new Thread(server::close);
        stopping.start();

        await().until(() ->
                databases.stream().allMatch(each -> each.status().lag().isZero()));
        assertThat(databases)
                .as("still waiting for their writers while they have shipped")
                .extracting(database -> database.status().state())
                .containsOnly(State.OPEN);
        for (Connection writer : writers) {
            writer.rollback();
        }
        stopping.join();
    }

    @Test
    void anAdapterThatTakesOverWhileTheOldOneStopsMayWrite() throws Exception {
        TestAdapter before = new TestAdapter("taken")
                .with("taken", folder.resolve("taken.db"))
                .started();
        Database database = DatabaseRegistry.find("taken").orElseThrow();
        database.prepareClose();
        assertThatThrownBy(() -> run(before.dataSource("taken"), "create table t(a)"))
                .hasMessageContaining("it is being closed");
        try (TestAdapter after = new TestAdapter("taken")
                .with("taken", folder.resolve("taken.db"))
                .started()) {
            before.close();
            run(after.dataSource("taken"), "create table t(a)");
        }
    }

    /** Answers nobody before both have asked, or a while has passed; then refuses everyone. */
    private static void refuse(ServerSocket store, CountDownLatch bothAsked) {
        while (!store.isClosed()) {
            try {
                Socket socket = store.accept();
                bothAsked.countDown();
                new Thread(() -> refuse(socket, bothAsked)).start();
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void refuse(Socket asked, CountDownLatch bothAsked) {
        try (asked) {
            if (bothAsked.await(5, TimeUnit.SECONDS)) {
                asked.getInputStream().read(new byte[8192]);
                asked.getOutputStream()
                        .write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException | InterruptedException e) {
            return; // the client has gone
        }
    }

    @Test
    void tasksSeeTheAdaptersClasses() {
        AtomicReference<ClassLoader> seen = new AtomicReference<>();
        ClassLoader callers = new ClassLoader(null) {};
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(callers);
        try {
            SpindriftResourceAdapter.withAdapterClasses(Runnable::run)
                    .execute(() -> seen.set(thread.getContextClassLoader()));
            assertThat(thread.getContextClassLoader()).isSameAs(callers);
        } finally {
            thread.setContextClassLoader(before);
        }
        assertThat(seen.get()).isSameAs(SpindriftResourceAdapter.class.getClassLoader());
    }

    @Test
    void environmentVariablesAreNamedAsInMicroProfileConfig() {
        Configuration configuration = Configuration.of(
                Map.of("spindrift.ledger.path", "/a", "spindrift.max-lag", "2s"),
                Map.of("SPINDRIFT_LEDGER_PATH", "/b", "SPINDRIFT_LEDGER_REPLICA_URL", "file:///c"));
        assertThat(configuration.lookup().apply("spindrift.ledger.path")).isEqualTo("/a");
        assertThat(configuration.lookup().apply("spindrift.ledger.replica-url")).isEqualTo("file:///c");
        assertThat(configuration.lookup().apply("spindrift.lease-ttl")).isNull();
        assertThat(configuration.names()).isEqualTo(Set.of("spindrift.ledger.path", "spindrift.max-lag"));
    }

    @Test
    void withoutMicroProfileConfigTheEnvironmentIsRead() {
        assertThat(Configuration.read().names()).contains("java.version");
    }

    @Test
    void theDataSourceCanBeSerialised() throws Exception {
        SpindriftManagedConnectionFactory factory = new SpindriftManagedConnectionFactory();
        factory.setDatabase("serial");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(factory.createConnectionFactory());
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            DataSource copy = (DataSource) in.readObject();
            assertThatThrownBy(copy::getConnection).hasMessageContaining("serial has no resource adapter");
        }
    }
}
