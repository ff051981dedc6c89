package io.spindrift.rar;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseRegistry;
import io.spindrift.DatabaseStatus;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.PhysicalConnection;
import jakarta.resource.NotSupportedException;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.BootstrapContext;
import jakarta.resource.spi.ResourceAdapter;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.transaction.xa.XAResource;

/**
 * Opens the databases it is told of when the server starts and closes them when it stops.
 *
 * <p>{@link #start} reads the configuration once, opens and restores every database, all at the same time, and never fails because of one of
 * them: such a database keeps its sentence, which every attempt to connect reports, and where the fault may pass, opening
 * is tried again in the background. A server calls {@code start} of a changed adapter before {@code stop} of the old one;
 * the new one is attached to the databases that are open already.
 *
 * <p>{@link #stop} may run beside applications that still work. It refuses new connections, lets all databases ship what
 * is left, for at most 25 s together, and closes every connection this adapter ever opened. Managed executors refuse work
 * by then, but each database's task still runs: they all ship on their own tasks, and what remains of each is shipped on
 * the calling thread.
 */
public class SpindriftResourceAdapter implements ResourceAdapter {
    private static final String PREFERRED_EXECUTOR = "concurrent/spindrift";
    private static final String DEFAULT_EXECUTOR = "java:comp/DefaultManagedExecutorService";

    private static final Duration FINAL_SHIPPING = Duration.ofSeconds(25);

    private final AdapterLog log = new AdapterLog();
    private final Map<String, Database> open = new ConcurrentHashMap<>();
    private final Map<String, String> problems = new ConcurrentHashMap<>();
    private final Set<PhysicalConnection> connections = ConcurrentHashMap.newKeySet();
    /** Databases for which the log says already that nothing is waited for. */
    private final Set<String> unawaited = ConcurrentHashMap.newKeySet();

    private volatile Set<String> listed = Set.of();
    private volatile boolean running;
    private volatile Optional<TransactionSynchronizationRegistry> transactions = Optional.empty();
    private String databases;
    private String managedExecutor;

    /** The names of the databases, separated by commas. */
    public String getDatabases() {
        return databases;
    }

    public void setDatabases(String value) {
        databases = value;
    }

    /** The JNDI name of the managed executor to use, if it was named. */
    public String getManagedExecutor() {
        return managedExecutor;
    }

    public void setManagedExecutor(String value) {
        managedExecutor = value;
    }

    @Override
    public void start(BootstrapContext context) {
        start(
                Configuration.read(),
                this::managedExecutor,
                Optional.ofNullable(context.getTransactionSynchronizationRegistry()));
    }

    /** Finds the executor, or fails with a sentence. */
    @FunctionalInterface
    interface ExecutorSource {
        Executor find() throws NamingException;
    }

    void start(
            Configuration configuration,
            ExecutorSource executors,
            Optional<TransactionSynchronizationRegistry> synchronizations) {
        listed = names();
        transactions = synchronizations;
        running = true;
        try {
            Executor executor = withAdapterClasses(executors.find());
            DatabaseEnvironment environment = new DatabaseEnvironment(executor, log, Clock.systemUTC());
            Together.run(listed, executor, name -> openOrReport(name, configuration, environment));
        } catch (NamingException e) {
            listed.forEach(name -> unusable(
                    name,
                    "there is no managed executor for its tasks (" + e.getMessage()
                            + "); enable the concurrency feature of the server, or name another with managedExecutor"));
        }
    }

    private void openOrReport(String name, Configuration configuration, DatabaseEnvironment environment) {
        try {
            open(name, configuration, environment);
        } catch (RuntimeException | LinkageError e) {
            unusable(name, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (String name : (databases == null ? "" : databases).split(",")) {
            if (!name.isBlank()) {
                names.add(name.strip());
            }
        }
        return names;
    }

    private void open(String name, Configuration configuration, DatabaseEnvironment environment) {
        DatabaseConfig config = DatabaseConfig.read(name, configuration.names(), configuration.lookup(), listed);
        Database database = Database.start(config, environment);
        open.put(name, database);
        DatabaseStatus status = database.status();
        if (status.state() == DatabaseStatus.State.FAILED) {
            log.unusable(name, status.problem().orElse("it failed") + " (opening is tried again)");
        } else {
            log.started(name);
        }
    }

    private void unusable(String name, String problem) {
        problems.put(name, problem);
        DatabaseRegistry.reportUnusable(name, problem);
        log.unusable(name, problem);
    }

    private Executor managedExecutor() throws NamingException {
        InitialContext jndi = new InitialContext();
        if (managedExecutor != null && !managedExecutor.isBlank()) {
            return (Executor) jndi.lookup(managedExecutor);
        }
        try {
            return (Executor) jndi.lookup(PREFERRED_EXECUTOR);
        } catch (NamingException notBound) {
            return (Executor) jndi.lookup(DEFAULT_EXECUTOR);
        }
    }

    /** The S3 client looks for its parts through the context class loader. */
    static Executor withAdapterClasses(Executor executor) {
        ClassLoader adapter = SpindriftResourceAdapter.class.getClassLoader();
        return task -> executor.execute(() -> {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            thread.setContextClassLoader(adapter);
            try {
                task.run();
            } finally {
                thread.setContextClassLoader(before);
            }
        });
    }

    /** The open database of that name, or the sentence why there is none. */
    Database database(String name) throws ResourceException {
        if (!running) {
            throw new ResourceException("The resource adapter has stopped; connections to database " + name
                    + " are available again when the server has started");
        }
        if (name == null || name.isBlank()) {
            throw new ResourceException("The connection factory names no database; add database=\"NAME\" to its"
                    + " properties, one of " + listed);
        }
        if (!listed.contains(name)) {
            throw new ResourceException("The connection factory names database " + name
                    + ", which the resource adapter does not open: it opens " + listed
                    + "; add the name to the databases property of the resource adapter, or correct it");
        }
        Database database = open.get(name);
        if (database == null) {
            throw new ResourceException("Database " + name + " cannot be used: " + problems.get(name));
        }
        return database;
    }

    PhysicalConnection connect(String name, ConnectionOptions options) throws ResourceException {
        Database database = database(name);
        try {
            PhysicalConnection connection = database.connect(options);
            connections.add(connection);
            if (!running) {
                close(connection);
                throw new ResourceException("The resource adapter has stopped");
            }
            return connection;
        } catch (SQLException e) {
            throw new ResourceException(e.getMessage(), e);
        }
    }

    void close(PhysicalConnection connection) throws SQLException {
        connections.remove(connection);
        connection.close();
    }

    /** Registers for the end of the calling thread's transaction; null if it has none. */
    DurableCompletion afterCompletion(String database) {
        if (transactions
                .map(TransactionSynchronizationRegistry::getTransactionKey)
                .isEmpty()) {
            if (unawaited.add(database)) {
                log.notAwaited(database);
            }
            return null;
        }
        DurableCompletion completion = new DurableCompletion(database, log);
        transactions.get().registerInterposedSynchronization(completion);
        return completion;
    }

    @Override
    public void stop() {
        running = false;
        long deadline = System.nanoTime() + FINAL_SHIPPING.toNanos();
        open.values().forEach(Database::prepareClose);
        for (Map.Entry<String, Database> entry : new LinkedHashMap<>(open).entrySet()) {
            try {
                long left = Math.max(0, deadline - System.nanoTime());
                entry.getValue().close(Duration.ofNanos(left));
            } catch (RuntimeException e) {
                log.notClosed("Database " + entry.getKey(), e);
            }
        }
        open.clear();
        problems.keySet().forEach(DatabaseRegistry::withdrawUnusable);
        problems.clear();
        for (PhysicalConnection connection : connections) {
            try {
                close(connection);
            } catch (SQLException e) {
                log.notClosed("A connection to database " + connection.database(), e);
            }
        }
        log.stopped();
    }

    @Override
    public void endpointActivation(MessageEndpointFactory factory, ActivationSpec spec) throws ResourceException {
        throw new NotSupportedException("The adapter delivers no messages");
    }

    @Override
    public void endpointDeactivation(MessageEndpointFactory factory, ActivationSpec spec) {
        // None was activated.
    }

    /** Transactions are local: there is nothing to recover. */
    @Override
    public XAResource[] getXAResources(ActivationSpec[] specs) {
        return new XAResource[0];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SpindriftResourceAdapter that
                && Objects.equals(databases, that.databases)
                && Objects.equals(managedExecutor, that.managedExecutor);
    }

    @Override
    public int hashCode() {
        return Objects.hash(databases, managedExecutor);
    }

    @Override
    public String toString() {
        return "Spindrift" + Arrays.toString(listed.toArray());
    }
}
