package io.spindrift;

import io.spindrift.DatabaseStatus.State;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.DatabaseDataSource;
import io.spindrift.jdbc.PhysicalConnection;
import io.spindrift.replica.Replica;
import io.spindrift.restore.Restorer;
import io.spindrift.sync.OpenDatabase;
import io.spindrift.sync.Sidecar;
import io.spindrift.sync.SimulatedConflicts;
import io.spindrift.timetravel.TimeTravel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/**
 * One SQLite file, owned by this process, replicated to object storage.
 *
 * <p>The database owns every connection to its file, the one gate writers pass through, every checkpoint, and the task
 * that ships commits. All methods may be called from any thread.
 */
public final class Database implements SyncEngine, AutoCloseable {
    private static final int TTLS_OPEN_WAITS = 3;

    private final DatabaseConfig config;
    private final OpenDatabase engine;
    private final TimeTravel past;
    private int attached = 1;

    private Database(DatabaseConfig config, DatabaseEnvironment environment) {
        this.config = config;
        this.engine = new OpenDatabase(config, environment);
        this.past = new TimeTravel(
                config.name(),
                this::openReplica,
                Sidecar.folder(config.path()).resolve("past"),
                config.timeTravelMaxBytes(),
                environment.executor());
    }

    /**
     * Opens a database in plain Java: restores the file if it is missing, takes ownership of the replica and starts
     * shipping. If the store cannot be reached but the file is known to be a position of it, the database is readable
     * ({@link DatabaseStatus.State#READ_ONLY}) and becomes writable by itself.
     *
     * <p>While another process owns the replica, this waits for it to stop or to die, for three times {@code lease-ttl}
     * at most: a process that died counts as gone after one, and one that is stopping has time to ship what it has. Use
     * {@link #start} to wait in the background for as long as it takes.
     *
     * @throws SpindriftException if the database cannot be used; nothing stays open
     */
    public static Database open(DatabaseConfig config) {
        return open(config, DatabaseEnvironment.standalone(DatabaseListener.NONE));
    }

    /** The same, with a listener, a clock and threads of the caller's choice. */
    public static Database open(DatabaseConfig config, DatabaseEnvironment environment) {
        return opened(start(config, environment));
    }

    private static Database opened(Database database) {
        DatabaseConfig config = database.config;
        Duration patience = config.leaseTtl().multipliedBy(TTLS_OPEN_WAITS);
        boolean decided = database.awaitTurn(patience);
        DatabaseStatus status = database.status();
        if (!decided || status.state() == State.FAILED) {
            database.close();
            throw new SpindriftException(status.problem().orElse("Database " + config.name() + " cannot be opened")
                    + (decided ? "" : "; open waited for " + patience + ", start would go on waiting"));
        }
        return database;
    }

    private boolean awaitTurn(Duration atMost) {
        try {
            return engine.awaitTurn(atMost);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Opens a database for a container: never throws for the state of the file or the store. A database that cannot be
     * used is {@link DatabaseStatus.State#FAILED} with its sentence, {@link #connect} throws that sentence, and opening
     * is tried again with backoff until {@link #close()}. While another process owns the replica the database is {@link
     * DatabaseStatus.State#OPENING}, with a sentence that names the owner, and takes over when that one stops. If this
     * process already has the same file open under this
     * name, the caller is attached to it, and it closes with the last who was.
     *
     * @throws SpindriftException if another file is open under this name
     */
    public static Database start(DatabaseConfig config, DatabaseEnvironment environment) {
        return started(new Database(config, environment));
    }

    private static Database started(Database database) {
        Database present = DatabaseRegistry.addIfAbsent(database);
        while (present != database && !present.attach(database.config)) {
            present = DatabaseRegistry.addIfAbsent(database); // it closed in between
        }
        if (present == database) {
            database.startEngine();
        }
        return present;
    }

    private void startEngine() {
        try {
            engine.start();
        } catch (RuntimeException e) {
            close(); // the executor refused its task: nothing would ship
            throw e;
        }
    }

    private synchronized boolean attach(DatabaseConfig wanted) {
        if (!config.path().equals(wanted.path())) {
            throw new SpindriftException("Database " + config.name() + " is open with the file " + config.path()
                    + ", not " + wanted.path() + "; give one of them another name");
        }
        if (attached > 0) {
            attached++;
            engine.cancelClose();
            return true;
        }
        return false;
    }

    /**
     * Restores a copy of a database, verified, to a file of its own.
     *
     * @throws SpindriftException if it cannot be restored exactly; nothing is left under the output's name
     */
    public static RestoreResult restore(RestoreRequest request) {
        return restore(
                request, DatabaseEnvironment.standalone(DatabaseListener.NONE).executor());
    }

    /**
     * The same, with threads of the caller's choice.
     *
     * @param executor runs up to 15 short tasks beside the calling thread
     */
    public static RestoreResult restore(RestoreRequest request, Executor executor) {
        try (Replica replica = Replica.open(request.replica(), request.name(), request.encryptionKeyset())) {
            Path output = request.output().toAbsolutePath().normalize();
            Path lost = Sidecar.folder(output).resolve("lost");
            Restorer restorer = new Restorer(replica, executor, request.progress());
            return request.overwrite()
                    ? replace(restorer, request.point(), output, lost)
                    : restorer.restore(request.point(), output, lost);
        } catch (IOException e) {
            throw new SpindriftException("The restore to " + request.output() + " failed: " + e.getMessage(), e);
        }
    }

    /**
     * Makes a point of the past the present. Restores it, takes ownership of the replica, writes all its pages as the
     * next position and a snapshot of it, and lets the ownership go. The history stays one line: what was committed
     * after the point remains restorable. Another process that owns the database loses it at its next write, and a
     * server that is started afterwards begins with the new present.
     *
     * @param request needs a name; the output stays, and may be taken as a database's file
     * @throws SpindriftException if it cannot be restored, or ownership cannot be taken; the sentence says whether the
     *     present has changed
     */
    public static PromoteResult promote(RestoreRequest request) {
        String name = request.name()
                .orElseThrow(() -> new SpindriftException("Only a replica of a named database can be written to; give"
                        + " the URL without databases/ and the name"));
        RestoreResult restored = restore(request);
        forgetEarlierFile(request.output());
        DatabaseConfig.Builder config = DatabaseConfig.builder()
                .name(name)
                .path(request.output())
                .replica(request.replica())
                .restore(DatabaseConfig.RestorePolicy.ADOPT_LOCAL);
        request.encryptionKeyset().ifPresent(config::encryptionKeyset);
        Database insisting = new Database(config.build(), DatabaseEnvironment.standalone(DatabaseListener.NONE));
        insisting.engine.insist();
        try (Database database = opened(started(insisting))) {
            return new PromoteResult(restored, database.snapshot());
        } catch (SpindriftException e) {
            throw new SpindriftException(
                    "Position " + restored.position() + " was restored to " + request.output()
                            + ", but it is not certain that it is the present (status and list tell): " + e.getMessage()
                            + "; remove the file and try again",
                    e);
        }
    }

    /** What is known of an earlier file of this name would be taken for the past of the one that is promoted. */
    private static void forgetEarlierFile(Path output) {
        try (Sidecar sidecar = Sidecar.open(output)) {
            sidecar.forgetFile(Instant.now());
        } catch (IOException e) {
            throw new SpindriftException(
                    "The present has not changed: " + Sidecar.folder(output) + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** A file that a database has open is not replaced, and one that a database had open is no longer what it knows. */
    private static RestoreResult replace(Restorer restorer, RestorePoint point, Path output, Path lost)
            throws IOException {
        if (!Files.isDirectory(Sidecar.folder(output))) {
            return restorer.replace(point, output, lost, () -> {});
        }
        try (Sidecar sidecar = Sidecar.open(output)) {
            return restorer.replace(point, output, lost, sidecar::forgetPosition);
        }
    }

    public DatabaseConfig config() {
        return config;
    }

    /** A data source whose every connection is new; wrap it in a pool, or let a container pool. */
    public DataSource dataSource() {
        ConnectionOptions options = ConnectionOptions.of(config);
        return new DatabaseDataSource(() -> connect(options));
    }

    /**
     * Opens a physical connection, for pools and resource adapters: to the present, or to the past if the options say
     * so.
     *
     * @throws SQLException with the database's sentence if it cannot be used
     */
    public PhysicalConnection connect(ConnectionOptions options) throws SQLException {
        return options.asOf().isPresent() ? past.connect(options.asOf().get(), options) : engine.connect(options);
    }

    /**
     * Opens the database as it was at a position. Restores a copy beside the file, or shares the one that is there;
     * the present is not touched and ships on. Needs a replica.
     *
     * @throws SpindriftException if the position cannot be restored exactly, or {@code time-travel-max-bytes} leaves no
     *     room for it
     */
    public PastDatabase asOf(Position position) {
        return asOf(RestorePoint.of(position));
    }

    /** The same for the last restorable position at or before an instant, see {@link RestorePoint.AtOrBefore}. */
    public PastDatabase asOf(Instant instant) {
        return asOf(RestorePoint.of(instant));
    }

    public PastDatabase asOf(RestorePoint point) {
        return past.open(point, ConnectionOptions.of(config));
    }

    private Replica openReplica() throws IOException {
        URI url = config.replica()
                .orElseThrow(() -> new SpindriftException(
                        "Database " + name() + " has no replica, so its past is not known; set replica-url"));
        return Replica.open(url, Optional.of(config.name()), config.encryptionKeyset());
    }

    /**
     * Receives every event from now on until closed; before them, how the database was opened: the latest restore and
     * the latest claim of ownership, if there were any.
     */
    public EventSubscription subscribe() {
        EventSubscription subscription = new EventSubscription(engine::removeListener);
        engine.addListener(subscription);
        return subscription;
    }

    /**
     * Runs SQLite's integrity check.
     *
     * @return what it found, empty if the database is sound
     */
    public List<String> integrityCheck() {
        try (Connection connection = dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("PRAGMA integrity_check")) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found.equals(List.of("ok")) ? List.of() : found;
        } catch (SQLException e) {
            throw new SpindriftException("Database " + name() + " could not be checked: " + e.getMessage(), e);
        }
    }

    /** Rebuilds the file without free pages; writers wait meanwhile and all pages are shipped again. */
    public void vacuum() {
        try (Connection connection = dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("VACUUM");
        } catch (SQLException e) {
            throw new SpindriftException("Database " + name() + " could not be vacuumed: " + e.getMessage(), e);
        }
    }

    SimulatedConflicts simulatedConflicts() {
        return engine.simulatedConflicts();
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public DatabaseStatus status() {
        return engine.status();
    }

    @Override
    public Position awaitDurable(Durability level, Duration timeout) {
        return engine.awaitDurable(level, timeout);
    }

    @Override
    public Position flush() {
        return engine.flush();
    }

    @Override
    public Position snapshot() {
        return engine.snapshot();
    }

    @Override
    public void startSync() {
        engine.startSync();
    }

    @Override
    public void stopSync() {
        engine.stopSync();
    }

    /**
     * Begins what {@link #close()} ends, on the database's own task: new writes are refused and what is left is shipped.
     * So several databases that are closed one after another ship at the same time. Does nothing while others are
     * attached; undone by another {@link #start}.
     */
    public synchronized void prepareClose() {
        if (attached == 1) {
            engine.prepareClose();
        }
    }

    /**
     * Ships what is left (for at most 25 s, on this thread), releases the lease and closes every connection. If others
     * are attached, only this caller leaves. Repeatable.
     */
    @Override
    public void close() {
        close(OpenDatabase.FINAL_SHIPPING);
    }

    /** The same with another limit to the time for shipping. */
    public void close(Duration finalShipping) {
        synchronized (this) {
            if (attached == 0 || --attached > 0) {
                return;
            }
        }
        DatabaseRegistry.remove(this);
        past.close();
        engine.close(finalShipping);
    }
}
