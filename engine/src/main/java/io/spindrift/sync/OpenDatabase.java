package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.DatabaseStatus;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEngine;
import io.spindrift.SyncEvent;
import io.spindrift.jdbc.ConnectionHost;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.PhysicalConnection;
import io.spindrift.jdbc.WriterGate;
import io.spindrift.ownership.Lease;
import io.spindrift.ownership.TimeFence;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.sync.Replicator.OwnershipLostException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.SQLiteConnection;

/**
 * The life of one database in this process: opening, with retries; the shipping task; losing ownership; closing.
 *
 * <p>One long task runs {@link #run}. The work lock makes opening, one step of shipping and closing exclude each other;
 * events are queued and delivered after it is released.
 */
public final class OpenDatabase implements SyncEngine, ConnectionHost, AutoCloseable {
    private static final Duration FINAL_SHIPPING = Duration.ofSeconds(25);
    private static final Duration END_OF_REQUEST = Duration.ofSeconds(10);
    private static final Duration END_OF_WRITERS = Duration.ofSeconds(5);
    private static final Duration SHORT_WAIT = Duration.ofMillis(200);
    private static final Duration SNAPSHOT_RETRY = Duration.ofMinutes(1);
    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);
    private static final int CLAIM_TRIES = 16;

    private final DatabaseConfig config;
    private final DatabaseEnvironment environment;
    private final LocalSqlite sqlite;
    private final WriterGate gate;
    private final ShippingProgress progress;
    private final LogForce logForce;
    /** Guarded by itself where one is added and where all are closed. */
    private final Set<PhysicalConnection> connections = ConcurrentHashMap.newKeySet();

    private final EventDelivery events = new EventDelivery();
    private final FailureRecord failures = new FailureRecord();
    private final ReentrantLock snapshotLock = new ReentrantLock();
    private final AtomicBoolean snapshotQueued = new AtomicBoolean();

    private final ReentrantLock workLock = new ReentrantLock();
    private Sidecar sidecar;
    private volatile Replica replica;
    private Lease lease;
    private EngineConnections engineConnections;
    private LocalLog localLog;
    private boolean lossPending;

    private volatile Replicator replicator;
    private volatile Condition condition = new Condition(State.OPENING, Optional.empty());
    private volatile boolean closing;
    private volatile boolean paused;
    private volatile Instant restoredAt;
    private volatile Instant lastSyncAt;
    private volatile long snapshotRetryNanos;

    private record Condition(State state, Optional<String> problem) {}

    public OpenDatabase(DatabaseConfig config, DatabaseEnvironment environment) {
        this.config = config;
        this.environment = environment;
        this.sqlite = new LocalSqlite(config);
        this.gate = new WriterGate(config.name());
        this.progress = new ShippingProgress(config.name(), config.syncInterval(), config.commitWindow());
        this.logForce = new LogForce(config.name(), config.path(), progress::latest);
        events.add(environment.listener());
    }

    /** Tries to open once on this thread and starts the task that does the rest. */
    public void start() {
        openOrFail();
        environment.executor().execute(this::run);
    }

    // ---- opening

    private void openOrFail() {
        workLock.lock();
        try {
            if (!closing) {
                open();
                recovered();
            }
        } catch (IOException | SQLException | RuntimeException e) {
            Optional<String> problem = Optional.of(sentence(e));
            if (engineConnections == null) {
                condition = new Condition(State.FAILED, problem);
                closeFile();
            } else {
                condition = new Condition(State.READ_ONLY, problem);
            }
            failed(e);
        } finally {
            workLock.unlock();
            deliver();
        }
    }

    private void open() throws IOException, SQLException {
        requireFile();
        if (sidecar == null) {
            sidecar = Sidecar.open(config.path());
        }
        StartUp startUp = new StartUp(config, sidecar, environment.clock(), sqlite, this::publish);
        if (config.replica().isEmpty()) {
            localLog = startUp.local();
            openSqlite();
            condition = new Condition(State.OPEN, Optional.empty());
            return;
        }
        try {
            if (replica == null) {
                replica = new Replica(ReplicaStores.open(config.replica().get(), config.name()));
            }
            if (lease == null) {
                lease = Lease.acquire(replica, nodeId(), config.leaseTtl(), environment.clock());
            } else {
                lease.renew(); // readers are sent away only once the store answers
            }
            condition = new Condition(State.OPENING, Optional.empty());
            closeFile();
            Replicator claimed = claim(startUp);
            openSqlite(claimed);
            condition = new Condition(State.OPEN, Optional.empty());
        } catch (IOException unreachable) {
            openForReading(startUp);
            throw unreachable;
        }
    }

    private void requireFile() {
        Path path = config.path();
        if (Files.isDirectory(path)) {
            throw new SpindriftException(
                    "The path " + path + " of database " + config.name() + " is a directory; name a file in it");
        }
        try {
            Files.createDirectories(path.getParent());
        } catch (IOException e) {
            throw new SpindriftException(
                    "The folder " + path.getParent() + " of database " + config.name() + " cannot be created (" + e
                            + "); create it for this process, or name another path",
                    e);
        }
        if (Files.exists(path) && !(Files.isReadable(path) && Files.isWritable(path))) {
            throw new SpindriftException("The file " + path + " of database " + config.name()
                    + " cannot be read and written by this process; change its permissions");
        }
    }

    private Replicator claim(StartUp startUp) throws IOException {
        for (int attempt = 0; attempt < CLAIM_TRIES; attempt++) {
            TimeFence fence = TimeFence.startingNow(config.exactRetention());
            StartUp.Claim claim = startUp.reconcile(replica, fence);
            Replicator candidate =
                    new Replicator(config, replica, lease, sidecar, environment.clock(), gate, progress, this::publish);
            boolean claimed = false;
            try {
                claimed = candidate.claim(claim, fence);
            } finally {
                if (!claimed) {
                    claim.log().close();
                }
            }
            if (claimed) {
                return candidate;
            }
        }
        throw new IOException("Ownership of " + replica.store().describe() + " could not be claimed in " + CLAIM_TRIES
                + " tries: another process keeps writing to it; stop it");
    }

    /** Reads are served while the store is away if the file is known to be what it was; writes wait for ownership. */
    private void openForReading(StartUp startUp) throws IOException, SQLException {
        if (engineConnections != null) {
            return;
        }
        Optional<LocalLog> log = startUp.withoutReplica();
        if (log.isPresent() && log.get().proven()) {
            localLog = log.get();
            openSqlite();
        } else if (log.isPresent()) {
            log.get().close();
        }
    }

    private void openSqlite() throws SQLException {
        engineConnections = new EngineConnections(sqlite);
    }

    private void openSqlite(Replicator claimed) throws SQLException {
        try {
            openSqlite();
        } catch (SQLException | RuntimeException e) {
            claimed.close();
            throw e;
        }
        claimed.attach(engineConnections);
        replicator = claimed;
    }

    private String nodeId() {
        return config.nodeId().orElseGet(() -> {
            try {
                return InetAddress.getLocalHost().getHostName() + ":" + config.path();
            } catch (IOException e) {
                return "unknown-host:" + config.path();
            }
        });
    }

    // ---- the shipping task

    private void run() {
        try {
            while (!closing) {
                oneRound();
                progress.idle();
                waitForWork();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the container ends its threads: closing ships the rest
        }
    }

    private void oneRound() {
        State state = condition.state();
        boolean mayAskStore = !paused && failures.retryIsDue();
        if (lossPending) {
            finishLoss();
        } else if (replicator == null && state != State.OPEN) {
            if (failures.retryIsDue()) {
                openOrFail();
            }
        } else if (state == State.OPEN) {
            step(false, mayAskStore);
            queueSnapshotIfDue();
        }
    }

    private void waitForWork() throws InterruptedException {
        Optional<Duration> untilRetry = failures.untilRetry();
        Replicator current = replicator;
        boolean open = condition.state() == State.OPEN;
        boolean tries = open ? !paused : current == null; // the others have nothing they could try again
        Duration sleep = LONGEST_SLEEP;
        if (lossPending) {
            sleep = SHORT_WAIT;
        } else if (tries && untilRetry.isPresent()) {
            sleep = shorter(sleep, untilRetry.get());
        } else if (tries && current != null) {
            sleep = shorter(sleep, current.untilRenewal());
        }
        progress.awaitWork(sleep, paused || untilRetry.isPresent() || !open);
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /** Cuts and ships what is due. */
    private void step(boolean everything, boolean mayAskStore) {
        workLock.lock();
        try {
            if (replicator == null) {
                checkpointLocally();
                recovered();
                return;
            }
            replicator.cutAndCheckpoint(everything);
            if (mayAskStore) {
                replicator.renewAndShip();
                recovered();
            }
        } catch (OwnershipLostException e) {
            ownershipLost(e.getMessage());
        } catch (IOException | SQLException | RuntimeException e) {
            failed(e);
        } finally {
            workLock.unlock();
            deliver();
        }
    }

    /** Without a replica nothing is staged: what is committed may be copied at once. */
    private void checkpointLocally() throws SQLException, IOException {
        ShippingProgress.Cut cut = progress.beginCut();
        progress.endCut(cut, Optional.empty(), config.exactRetention());
        if (localLog.walBytes() >= config.checkpointBytes()) {
            engineConnections.passive();
            try (WriterGate.Permit permit = gate.acquireForEngine(SHORT_WAIT)) {
                engineConnections.truncate();
            } catch (SQLTimeoutException writersAreBusy) {
                return; // the next commits bring it round again
            }
        }
    }

    private void failed(Exception e) {
        String problem = sentence(e);
        if (failures.failed(problem)) {
            publish(new SyncEvent.SyncFailed(name(), environment.clock().instant(), problem));
        }
    }

    private void recovered() {
        failures.recovered()
                .ifPresent(after -> publish(
                        new SyncEvent.SyncRecovered(name(), environment.clock().instant(), after)));
    }

    private String sentence(Exception e) {
        if (e instanceof FileSystemException file) {
            return "Database " + name() + " cannot use " + file.getFile() + " ("
                    + e.getClass().getSimpleName() + (file.getReason() == null ? "" : ": " + file.getReason())
                    + "); check the file, its folder and its disk";
        }
        return e.getMessage() == null ? "Database " + name() + " failed with " + e : e.getMessage();
    }

    private void ownershipLost(String why) {
        condition = new Condition(State.READ_ONLY, Optional.of(why));
        failures.recovered(); // nothing is tried again
        progress.end(why);
        lossPending = true;
    }

    /** Once transactions that were under way have ended, what they and others committed is set aside. */
    private void finishLoss() {
        workLock.lock();
        try (WriterGate.Permit permit = gate.acquireForEngine(config.gateTimeout())) {
            long commits = replicator.setUnshippedAside();
            lossPending = false;
            publish(new SyncEvent.OwnershipLost(
                    name(),
                    environment.clock().instant(),
                    replicator.epoch(),
                    new Position(progress.durableTxid()),
                    commits));
        } catch (IOException | SQLException e) {
            failed(e); // tried again in the next round
        } finally {
            workLock.unlock();
            deliver();
        }
    }

    // ---- snapshots

    private void queueSnapshotIfDue() {
        try {
            boolean due = replicator != null && System.nanoTime() - snapshotRetryNanos >= 0 && replicator.snapshotDue();
            if (due && snapshotQueued.compareAndSet(false, true)) {
                environment.executor().execute(this::snapshotInBackground);
            }
        } catch (IOException | RuntimeException e) {
            snapshotQueued.set(false);
            failed(e instanceof IOException io ? io : (RuntimeException) e);
        }
    }

    private void snapshotInBackground() {
        try {
            snapshot();
        } catch (SpindriftException e) {
            snapshotRetryNanos = System.nanoTime() + SNAPSHOT_RETRY.toNanos();
            publish(new SyncEvent.SyncFailed(name(), environment.clock().instant(), e.getMessage()));
            deliver();
        } finally {
            snapshotQueued.set(false);
        }
    }

    @Override
    public Position snapshot() {
        Replicator current = requireShipping();
        snapshotLock.lock();
        try {
            return current.writeSnapshot();
        } catch (IOException | SQLException e) {
            throw new SpindriftException("The snapshot of database " + name() + " failed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SpindriftException("The snapshot of database " + name() + " was interrupted", e);
        } finally {
            snapshotLock.unlock();
            deliver();
        }
    }

    // ---- the application's side

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public Position flush() {
        return awaitDurable(Durability.REPLICA, config.durabilityTimeout());
    }

    @Override
    public Position awaitDurable(Durability level, Duration timeout) {
        if (level == Durability.REPLICA) {
            requireShipping();
        }
        long latest = progress.latest();
        awaitDurable(level, latest, timeout);
        return level == Durability.REPLICA ? new Position(progress.durableTxid()) : positionOf(latest);
    }

    private void awaitDurable(Durability level, long commit, Duration timeout) {
        try {
            switch (level) {
                case ASYNC -> {}
                case LOCAL -> logForce.await(commit, timeout);
                case REPLICA -> progress.awaitCommit(commit, timeout);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DurabilityUnknownException(
                    "Waiting for database " + name() + " to become durable was interrupted", e);
        }
    }

    private Replicator requireShipping() {
        Replicator current = replicator;
        Condition now = condition;
        if (current == null || now.state != State.OPEN) {
            throw new SpindriftException(now.problem.orElse("Database " + name() + " is not replicated now (it is "
                    + now.state + ", replica-url " + (config.replica().isPresent() ? "set" : "not set") + ")"));
        }
        if (paused) {
            throw new SpindriftException(
                    "Database " + name() + " does not ship: stopSync() was called; call startSync() first");
        }
        return current;
    }

    @Override
    public void startSync() {
        paused = false;
        progress.poke();
    }

    @Override
    public void stopSync() {
        paused = true;
        progress.poke();
    }

    @Override
    public DatabaseStatus status() {
        Condition now = condition;
        Replicator current = replicator;
        Optional<String> problem = now.problem.or(failures::problem);
        return new DatabaseStatus(
                name(),
                now.state,
                problem,
                current != null && now.state == State.OPEN && !paused,
                current == null ? 0 : current.epoch(),
                new Position(progress.committedTxid()),
                new Position(progress.durableTxid()),
                pendingBytes(current, now),
                config.replica().isEmpty() ? Duration.ZERO : progress.lag(),
                progress.segments(),
                failures.count(),
                sizeOf(config.path()),
                sizeOf(config.path().resolveSibling(config.path().getFileName() + "-wal")),
                Optional.ofNullable(lastSyncAt),
                current == null ? Optional.empty() : current.lastSnapshotAt(),
                Optional.ofNullable(restoredAt),
                progress.stuckFor(config.stallAfter()));
    }

    private static long pendingBytes(Replicator current, Condition now) {
        try {
            return current == null || now.state == State.CLOSED ? 0 : current.pendingBytes();
        } catch (SQLException e) {
            return 0; // closed in between
        }
    }

    private static long sizeOf(Path file) {
        try {
            return Files.size(file); // asks the folder, opens nothing: SQLite's locks stay
        } catch (IOException e) {
            return 0;
        }
    }

    /** Opens a connection. */
    public PhysicalConnection connect(ConnectionOptions options) throws SQLException {
        synchronized (connections) {
            Condition now = condition;
            if (now.state != State.OPEN && now.state != State.READ_ONLY) {
                throw new SQLNonTransientConnectionException(
                        now.problem.orElse("Database " + name() + " is " + now.state), "08001");
            }
            PhysicalConnection connection = new PhysicalConnection(this, options);
            connections.add(connection);
            return connection;
        }
    }

    /** Every connection there is. The condition refuses new ones already, and none is half open when this returns. */
    private List<PhysicalConnection> lastConnections() {
        synchronized (connections) {
            return List.copyOf(connections);
        }
    }

    // ---- what connections ask

    @Override
    public boolean replicated() {
        return config.replica().isPresent();
    }

    @Override
    public SQLiteConnection openSqlite(ConnectionOptions options) throws SQLException {
        return sqlite.open(options);
    }

    @Override
    public WriterGate gate() {
        return gate;
    }

    @Override
    public Duration gateTimeout() {
        return config.gateTimeout();
    }

    @Override
    public void requireWritable() throws SQLException {
        Condition now = condition;
        if (now.state != State.OPEN || closing) {
            throw new SQLNonTransientConnectionException(
                    "Database " + name() + " does not accept writes: "
                            + now.problem.orElse(closing ? "it is being closed" : "it is " + now.state),
                    "57P01");
        }
    }

    @Override
    public long committed() {
        return progress.committed();
    }

    @Override
    public void awaitDurable(Durability level, long commit) throws SQLException {
        try {
            awaitDurable(level, commit, config.durabilityTimeout());
        } catch (DurabilityUnknownException e) {
            throw new SQLNonTransientConnectionException(e.getMessage(), DurabilityUnknownException.SQL_STATE, e);
        }
    }

    @Override
    public Position positionOf(long commit) {
        return new Position(progress.txidOf(commit));
    }

    @Override
    public void closed(PhysicalConnection connection) {
        connections.remove(connection);
    }

    // ---- events

    public void addListener(DatabaseListener listener) {
        events.add(listener);
    }

    public void removeListener(DatabaseListener listener) {
        events.remove(listener);
    }

    private void publish(SyncEvent event) {
        if (event instanceof SyncEvent.Restored restored) {
            restoredAt = restored.at();
        } else if (event instanceof SyncEvent.SegmentDurable durable) {
            lastSyncAt = durable.at();
        }
        events.publish(event);
    }

    private void deliver() {
        if (!workLock.isHeldByCurrentThread()) {
            events.deliver();
        }
    }

    // ---- closing

    @Override
    public void close() {
        closing = true; // no new writes from here on; those under way may commit
        letWritersEnd();
        boolean worked = tryToWork(FINAL_SHIPPING);
        boolean mayShip = worked;
        if (!worked && replica != null) {
            replica.close(); // breaks off the request the shipper hangs in: nobody may write to the sidecar after us
            worked = tryToWork(END_OF_REQUEST);
        }
        try {
            if (mayShip) {
                shipRest();
            }
            progress.end("database " + name() + " was closed");
            condition = new Condition(State.CLOSED, Optional.of("Database " + name() + " is closed"));
            closeAll();
        } finally {
            if (worked) {
                workLock.unlock();
            }
            events.close();
        }
    }

    private boolean tryToWork(Duration atMost) {
        try {
            return workLock.tryLock(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void letWritersEnd() {
        try (WriterGate.Permit permit = gate.acquireForEngine(END_OF_WRITERS)) {
            progress.poke();
        } catch (SQLException stillWriting) {
            progress.poke(); // its transaction is rolled back when its connection is closed
        }
    }

    private void shipRest() {
        Replicator current = replicator;
        if (current == null || condition.state != State.OPEN) {
            return;
        }
        long deadline = System.nanoTime() + FINAL_SHIPPING.toNanos();
        try {
            do {
                step(true, true);
                if (!progress.anythingPending()) {
                    current.release();
                    return;
                }
                progress.pause(SHORT_WAIT);
            } while (System.nanoTime() < deadline && condition.state == State.OPEN);
        } catch (IOException e) {
            failed(e); // the lease runs out by itself
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeAll() {
        closeFile();
        try {
            if (sidecar != null) {
                sidecar.close();
            }
        } catch (IOException e) {
            failed(e);
        }
        if (replica != null) {
            replica.close();
        }
    }

    /** Closes SQLite's connections, the holder last, then our channel to the file. */
    private void closeFile() {
        for (PhysicalConnection connection : lastConnections()) {
            try {
                connection.close();
            } catch (SQLException e) {
                failed(e);
            }
        }
        try {
            logForce.close();
            if (engineConnections != null) {
                engineConnections.close();
            }
            if (localLog != null) {
                localLog.close();
            }
        } catch (IOException | SQLException e) {
            failed(e);
        }
        if (replicator != null) {
            replicator.close();
        }
        engineConnections = null;
        localLog = null;
        replicator = null;
    }
}
