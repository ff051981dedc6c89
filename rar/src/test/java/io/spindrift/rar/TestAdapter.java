package io.spindrift.rar;

import jakarta.transaction.TransactionSynchronizationRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;

/** An adapter with databases in a folder and threads that stop with it. */
final class TestAdapter implements AutoCloseable {
    final SpindriftResourceAdapter adapter = new SpindriftResourceAdapter();
    final Map<String, String> properties = new TreeMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    TestAdapter(String databases) {
        adapter.setDatabases(databases);
    }

    TestAdapter with(String name, Path file) {
        properties.put("spindrift." + name + ".path", file.toString());
        return this;
    }

    TestAdapter set(String property, String value) {
        properties.put(property, value);
        return this;
    }

    TestAdapter started() {
        return started(null);
    }

    TestAdapter started(TransactionSynchronizationRegistry transactions) {
        adapter.start(Configuration.of(properties, Map.of()), () -> threads, Optional.ofNullable(transactions));
        return this;
    }

    SpindriftManagedConnectionFactory factory(String database) throws Exception {
        SpindriftManagedConnectionFactory factory = new SpindriftManagedConnectionFactory();
        factory.setResourceAdapter(adapter);
        factory.setDatabase(database);
        return factory;
    }

    DataSource dataSource(String database) throws Exception {
        return factory(database).createConnectionFactory();
    }

    /** As a server does that stops: tasks go on, and none is taken. */
    void refuseTasks() {
        threads.shutdown();
    }

    @Override
    public void close() {
        adapter.stop();
        threads.shutdownNow();
    }
}
