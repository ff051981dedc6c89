package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.OnLimit;
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
import io.spindrift.ltx.PageCompression;
import io.spindrift.ownership.Candidacy;
import io.spindrift.ownership.Lease;
import io.spindrift.replica.Replica;
import io.spindrift.replica.StoreStatistics;
import io.spindrift.sync.OpenFiles.InterferenceException;
import io.spindrift.sync.Replicator.OwnershipLostException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.sqlite.SQLiteConnection;

/**
 * The life of one database in this process: opening, with retries; the shipping task; losing ownership; closing.
 *
 * <p>One long task runs {@link #run}: it opens, cuts groups and checkpoints, and submits what may block on the store as
 * further tasks: shipping, and the {@link BackgroundPasses}. The work lock makes opening, one step on the local disk and
 * closing exclude each other, the ship lock does so for shipping, and is taken second; events are queued and delivered
 * after both are released.
 */
public final class OpenDatabase implements SyncEngine, ConnectionHost, AutoCloseable {
    /** How long closing ships what is left, unless it is told otherwise. */
    public static final Duration FINAL_SHIPPING = Duration.ofSeconds(25);

    private static final Duration END_OF_REQUEST = Duration.ofSeconds(10);
    private static final Duration END_OF_WRITERS = Duration.ofSeconds(5);
    private static final Duration SHORT_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_NOTING = Duration.ofSeconds(5);
    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);

    private final DatabaseConfig config;
    private final DatabaseEnvironment environment;
    private final LocalSqlite sqlite;
    private final WriterGate gate;
    private final ShippingProgress progress;
    private final LogForce logForce;
    private final DurabilityWaits waits;
    private final WriteLimit writeLimit;
    private final Watchdog watchdog;
    private final Opening opening;
    private final OpenConnections connections = new OpenConnections();
    private final BackgroundPasses passes;
    private final DrillPass drills;
    private final SimulatedConflicts simulatedConflicts = new SimulatedConflicts(System::nanoTime);

    private final OfferedTask shipping = new OfferedTask(this::shipInBackground);
    private final EventDelivery events = new EventDelivery();
    private final FailureRecord localFailures = new FailureRecord();
    private final FailureRecord storeFailures = new FailureRecord();
    private final ReentrantLock snapshotLock = new ReentrantLock();

    private final CountDownLatch turn = new CountDownLatch(1);
    private final ReentrantLock workLock = new ReentrantLock();
    private final ReentrantLock shipLock = new ReentrantLock();
    private Sidecar sidecar;
    private volatile Replica replica;
    private Candidacy candidacy;
    private volatile boolean insists;
    private boolean hasLostOwnership;
    private EngineConnections engineConnections;
    private LocalLog localLog;
    /** Of a database that ships nowhere now; the replicator has one of its own. */
    private Checkpointer checkpointer;

    private volatile boolean lossPending;

    private volatile Replicator replicator;
    private volatile Condition condition = new Condition(State.OPENING, Optional.empty());
    private volatile boolean draining;
    private volatile boolean closing;
    private volatile boolean paused;
    private volatile Instant restoredAt;
    private volatile Instant lastSyncAt;

    private record Condition(State state, Optional<String> problem) {}

    public OpenDatabase(DatabaseConfig config, DatabaseEnvironment environment) {
        this.config = config;
        this.environment = environment;
        this.sqlite = new LocalSqlite(config);
        this.gate = new WriterGate(config.name());
        this.progress = new ShippingProgress(config.name(), config.syncInterval(), config.commitWindow());
        this.logForce = new LogForce(config.name(), config.path(), progress::latest);
        this.waits = new DurabilityWaits(config, progress, logForce);
        this.writeLimit = new WriteLimit(config, progress, () -> paused, this::problem);
        this.watchdog = new Watchdog(
                config, environment.clock(), progress, writeLimit, () -> paused, this::problem, this::publish);
        this.opening = new Opening(config, environment, sqlite, gate, progress, connections, this::publish);
        this.drills = new DrillPass(
                config, environment, () -> condition.state() == State.OPEN && !paused && !closing, event -> {
                    publish(event);
                    deliver();
                });
        this.passes = new BackgroundPasses(
                environment.executor(),
                List.of(
                        new LeasePass("The lease renewal of database " + config.name(), this::owned, () -> storeFailures
                                .problem()
                                .isEmpty()),
                        new SnapshotPass(
                                "The snapshot of database " + config.name(),
                                () -> owned().filter(current -> !paused),
                                () -> writeSnapshot(requireShipping())),
                        new UpkeepPass(
                                "The compaction of database " + config.name(),
                                this::upkeep,
                                Upkeep::untilCompaction,
                                Upkeep::compact),
                        new UpkeepPass(
                                "The retention pass of database " + config.name(),
                                this::upkeep,
                                Upkeep::untilRetention,
                                Upkeep::retain),
                        drills),
                this::passFailed,
                progress::poke);
        events.add(environment.listener());
    }

    /** Takes ownership without waiting for the present owner. To be called before {@link #start}. */
    public void insist() {
        insists = true;
    }

    /** Tries to open once on this thread and starts the task that does the rest. */
    public void start() {
        openOrFail();
        environment.executor().execute(this::run);
    }

    /**
     * Waits while another process owns the replica.
     *
     * @return whether that is over, one way or the other
     */
    public boolean awaitTurn(Duration atMost) throws InterruptedException {
        return turn.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    // ---- opening

    private void openOrFail() {
        workLock.lock();
        shipLock.lock();
        try {
            if (!closing) {
                open();
                recovered(storeFailures);
            }
        } catch (IOException | SQLException | RuntimeException e) {
            Optional<String> problem = Optional.of(sentence(e));
            if (engineConnections == null) {
                condition = new Condition(State.FAILED, problem);
                closeFile();
            } else {
                condition =
                        new Condition(e instanceof IOException && continues() ? State.OPEN : State.READ_ONLY, problem);
            }
            failed(storeFailures, e);
        } finally {
            if (condition.state != State.OPENING) {
                turn.countDown();
            }
            shipLock.unlock();
            workLock.unlock();
            deliver();
        }
    }

    private void open() throws IOException, SQLException {
        opening.requireFile();
        if (sidecar == null) {
            sidecar = Sidecar.open(config.path());
        }
        StartUp startUp = opening.startUp(sidecar);
        if (config.replica().isEmpty()) {
            localLog = startUp.local();
            openSqlite();
            condition = new Condition(State.OPEN, Optional.empty());
            return;
        }
        try {
            if (replica == null) {
                replica = Replica.open(config.replica().get(), Optional.of(config.name()), config.encryptionKeyset());
            }
            if (candidacy == null) {
                replica.requireReadable();
                candidacy = candidacy();
            }
            Optional<Lease> turn = candidacy.look(); // readers are sent away only once the store answers
            if (turn.isEmpty()) {
                waitForTurn();
                return;
            }
            openAsOwner(startUp, turn.get());
        } catch (IOException unreachable) {
            openWithoutReplica(startUp);
            throw unreachable;
        }
    }

    private Candidacy candidacy() throws IOException {
        Candidacy candidate = opening.candidacy(replica, sidecar, !hasLostOwnership);
        if (insists) {
            candidate.insist();
        }
        return candidate;
    }

    /** Another process owns the replica; the task looks again. Whoever reads goes on. */
    private void waitForTurn() {
        State state = engineConnections == null ? State.OPENING : State.READ_ONLY;
        Optional<String> owner = candidacy.holder().map(Candidacy.Holder::sentence);
        String problem = "Another process owns the replica " + replica.store().describe() + " of database " + name()
                + owner.map(": "::concat).orElse("");
        if (owner.isPresent() && !condition.problem.equals(Optional.of(problem))) {
            publish(new SyncEvent.OwnershipAwaited(name(), environment.clock().instant(), owner.get()));
        }
        condition = new Condition(state, Optional.of(problem));
    }

    private void openAsOwner(StartUp startUp, Lease lease) throws IOException, SQLException {
        if (condition.state() == State.OPEN) {
            progress.restart("it was committed while the replica could not be reached, and on-limit is continue");
        }
        condition = new Condition(State.OPENING, Optional.empty());
        closeFile();
        drills.begin(replica, sidecar);
        try {
            Replicator claimed = opening.claim(startUp, replica, lease, sidecar);
            PageCompression.fastest()
                    .whyNotNative()
                    .ifPresent(why -> publish(new SyncEvent.CompressionIsSlow(
                            name(), environment.clock().instant(), why)));
            openSqlite(claimed);
        } catch (SQLException | RuntimeException e) {
            giveUp(lease, e);
            throw e;
        }
        condition = new Condition(State.OPEN, Optional.empty());
    }

    /** What is wrong here need not be wrong for another process. */
    private static void giveUp(Lease lease, Exception why) {
        try {
            lease.release();
        } catch (IOException e) {
            why.addSuppressed(e); // it runs out by itself
        }
    }

    /**
     * Reads are served while the store is away if the file is known to be what it was. Writes wait for ownership, unless
     * they shall continue at any price: what another owner writes meanwhile wins.
     */
    private void openWithoutReplica(StartUp startUp) throws IOException, SQLException {
        if (engineConnections != null) {
            return;
        }
        Optional<LocalLog> log = startUp.withoutReplica();
        boolean ours = continues() && sidecar.position().isPresent();
        if (log.isPresent() && (log.get().proven() || ours)) {
            if (ours) {
                sidecar.noteGap(); // from here on the log is checkpointed although nothing is staged
            }
            localLog = log.get();
            openSqlite();
        } else if (log.isPresent()) {
            log.get().close();
        }
    }

    /** Whether writes go on without the store; not where another owner is known to go on. */
    private boolean continues() {
        return config.onLimit() == OnLimit.CONTINUE && !hasLostOwnership;
    }

    /** Open without ownership: the store could not be reached, and writes shall continue. */
    private boolean unowned() {
        return replicator == null && config.replica().isPresent();
    }

    private void openSqlite() throws SQLException {
        engineConnections = EngineConnections.open(sqlite);
        if (localLog != null) {
            checkpointer = new Checkpointer(config, localLog, engineConnections, gate, connections);
        }
    }

    private void openSqlite(Replicator claimed) throws IOException, SQLException {
        replicator = claimed;
        try {
            openSqlite();
            claimed.attach(engineConnections);
        } catch (IOException | SQLException | RuntimeException e) {
            closeFile(); // SQLite first, then our channel; a replicator that stays is never opened again
            throw e;
        }
    }

    // ---- the task on the local disk

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
        if (lossPending) {
            finishLoss();
        } else if (replicator == null && (state != State.OPEN || unowned())) {
            if (storeFailures.retryIsDue() && turnIsDue()) {
                openOrFail();
            }
            if (unowned() && condition.state() == State.OPEN) {
                workLocally(false);
                watchdog.look();
                deliver();
            }
        } else if (state == State.OPEN) {
            if (localFailures.retryIsDue()) {
                workLocally(draining);
            }
            watchdog.look();
            deliver();
            offerShippingIfDue();
            shipping.runIfLeft();
            passes.submitDue();
        }
    }

    private boolean turnIsDue() {
        return candidacy == null
                || candidacy.untilNextLook().toNanos() <= 0
                || storeFailures.problem().isPresent();
    }

    private void waitForWork() throws InterruptedException {
        boolean open = condition.state() == State.OPEN;
        Duration sleep = LONGEST_SLEEP;
        if (lossPending) {
            sleep = SHORT_WAIT;
        } else if (open) {
            sleep = passes.untilDue(shorter(untilNextRequest(), watchdog.untilDue()));
            sleep = shorter(sleep, localFailures.untilRetry().orElse(sleep));
        } else if (replicator == null) { // the others have nothing they could try again
            sleep = shorter(sleep, storeFailures.untilRetry().orElse(sleep));
            if (candidacy != null && storeFailures.problem().isEmpty()) {
                sleep = shorter(sleep, candidacy.untilNextLook());
            }
        }
        sleep = shipping.untilLeft(sleep);
        boolean failing = localFailures.untilRetry().isPresent()
                || storeFailures.untilRetry().isPresent();
        progress.awaitWork(sleep, paused || failing || !open);
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /** Cuts what is due, and checkpoints. */
    private void workLocally(boolean everything) {
        workLock.lock();
        try {
            if (replicator == null) {
                checkpointLocally();
            } else {
                replicator.cut(everything);
                offerShippingIfDue(); // while the store works the log can be copied
                replicator.checkpoint();
            }
            recovered(localFailures);
        } catch (InterferenceException e) {
            openAgain(e);
        } catch (IOException | SQLException | RuntimeException e) {
            failed(localFailures, e);
        } finally {
            workLock.unlock();
            deliver();
        }
    }

    /** Without a replica nothing is staged: what is committed may be copied at once. */
    private void checkpointLocally() throws SQLException, IOException {
        if (!unowned()) {
            ShippingProgress.Cut cut = progress.beginCut();
            progress.endCut(cut, Optional.empty(), config.exactRetention());
        }
        checkpointer.runIfDue(Checkpointer.Staging.NONE);
    }

    /** Lets the start-up table decide what becomes of a file another program has changed under us. */
    private void openAgain(InterferenceException why) {
        shipLock.lock();
        try {
            if (lossPending) {
                return; // what another owner has taken is not opened again
            }
            condition = new Condition(State.FAILED, Optional.of(why.getMessage()));
            failed(storeFailures, why);
            closeFile();
            progress.restart(why.getMessage());
        } finally {
            shipLock.unlock();
        }
    }

    // ---- what waits on the store

    private void offerShippingIfDue() {
        Replicator current = replicator;
        boolean mayAskStore = current != null && !paused && storeFailures.retryIsDue();
        boolean due = mayAskStore
                && (progress.anythingStaged() || current.untilRenewal().compareTo(Duration.ZERO) <= 0);
        if (due && progress.beginShipping()) {
            shipping.offer(environment.executor());
        }
    }

    private void shipInBackground() {
        try {
            ship();
        } finally {
            progress.endShipping();
            progress.poke(); // the next renewal has a time now
        }
    }

    private void ship() {
        shipLock.lock();
        try {
            Optional<Replicator> owned = owned();
            if (owned.isPresent()) {
                owned.get().renewAndShip();
                recovered(storeFailures);
            }
        } catch (OwnershipLostException e) {
            ownershipLost(e.getMessage());
        } catch (IOException | RuntimeException e) {
            failed(storeFailures, e);
        } finally {
            shipLock.unlock();
            deliver();
        }
    }

    private Duration untilNextRequest() {
        Replicator current = replicator;
        if (current == null) {
            return storeFailures.untilRetry().orElse(LONGEST_SLEEP);
        }
        if (paused) {
            return LONGEST_SLEEP;
        }
        return shorter(LONGEST_SLEEP, storeFailures.untilRetry().orElseGet(current::untilRenewal));
    }

    // ---- what fails

    private void failed(FailureRecord record, Exception e) {
        String problem = sentence(e);
        if (record.failed(problem)) {
            publish(new SyncEvent.SyncFailed(name(), environment.clock().instant(), problem));
        }
    }

    private void recovered(FailureRecord record) {
        record.recovered()
                .ifPresent(after -> publish(
                        new SyncEvent.SyncRecovered(name(), environment.clock().instant(), after)));
    }

    private String sentence(Exception e) {
        if (e instanceof FileSystemException file) {
            return "Database " + name() + " cannot use " + file.getFile() + " ("
                    + e.getClass().getSimpleName() + (file.getReason() == null ? "" : ": " + file.getReason())
                    + "); check the file, its folder and its disk";
        }
        if (e instanceof SQLException
                && e.getMessage() != null
                && e.getMessage().startsWith("[SQLITE_")) {
            return "Database " + name() + " cannot use " + config.path() + " as SQLite reports " + e.getMessage()
                    + "; check the file and its disk";
        }
        return e.getMessage() == null ? "Database " + name() + " failed with " + e : e.getMessage();
    }

    private Optional<String> problem() {
        return condition
                .problem()
                .or(storeFailures::problem)
                .or(localFailures::problem)
                .or(drills::problem);
    }

    // ---- the loss of ownership

    private void ownershipLost(String why) {
        condition = new Condition(State.READ_ONLY, Optional.of(why));
        storeFailures.recovered(); // nothing is tried again
        lossPending = true;
        progress.end(why);
    }

    /** Once transactions that were under way have ended, what they and others committed is set aside. */
    private void finishLoss() {
        workLock.lock();
        shipLock.lock();
        try (WriterGate.Permit permit = gate.acquireForEngine(config.gateTimeout())) {
            OptionalLong lostCommits = replicator.setUnshippedAside();
            lossPending = false;
            publish(new SyncEvent.OwnershipLost(
                    name(),
                    environment.clock().instant(),
                    replicator.epoch(),
                    new Position(progress.durableTxid()),
                    lostCommits.orElse(0)));
            if (lostCommits.isEmpty()) {
                becomeCandidate();
            }
        } catch (IOException | SQLException e) {
            failed(localFailures, e); // tried again in the next round
        } finally {
            shipLock.unlock();
            workLock.unlock();
            deliver();
        }
    }

    /**
     * From now on like a process that waits for its turn, but for readers, who keep what they have until it comes. Only
     * where nothing was lost: otherwise somebody who committed before and asks after the return whether everything is
     * durable would be told so.
     */
    private void becomeCandidate() {
        localLog = replicator.handOver();
        replicator = null;
        candidacy = null;
        hasLostOwnership = true;
        progress.poke(); // the first look is due now
    }

    // ---- passes beside shipping

    private void passFailed(BackgroundPasses.Pass pass, Exception e) {
        if (!closing) {
            publish(new SyncEvent.SyncFailed(
                    name(), environment.clock().instant(), pass.name() + " failed: " + sentence(e)));
            deliver();
        }
    }

    private Optional<Upkeep> upkeep() {
        return owned().filter(current -> !paused && !closing).map(Replicator::upkeep);
    }

    /** What ships this database, if it is open and this process owns it. */
    private Optional<Replicator> owned() {
        return Optional.ofNullable(replicator).filter(current -> condition.state() == State.OPEN);
    }

    @Override
    public Position snapshot() {
        Replicator current = requireShipping();
        try {
            return writeSnapshot(current);
        } catch (IOException | SQLException e) {
            throw new SpindriftException("The snapshot of database " + name() + " failed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SpindriftException("The snapshot of database " + name() + " was interrupted", e);
        }
    }

    private Position writeSnapshot(Replicator current) throws IOException, SQLException, InterruptedException {
        snapshotLock.lock();
        try {
            return current.writeSnapshot();
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
        waits.await(level, latest, timeout);
        if (level != Durability.REPLICA) {
            return positionOf(latest);
        }
        letItBeNoted();
        return new Position(progress.durableTxid());
    }

    /** So that a copy of the files made now knows what is durable; a commit that waits has no need of it. */
    private void letItBeNoted() {
        try {
            progress.awaitEndOf(progress::anythingToNote, LONGEST_NOTING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
        return new DatabaseStatus(
                name(),
                now.state,
                problem(),
                current != null && now.state == State.OPEN && !paused,
                current == null ? 0 : current.epoch(),
                new Position(progress.committedTxid()),
                new Position(progress.durableTxid()),
                pendingBytes(current, now),
                config.replica().isEmpty() ? Duration.ZERO : progress.lag(),
                progress.segments(),
                storeFailures.count() + localFailures.count(),
                sizeOf(config.path()),
                sizeOf(config.path().resolveSibling(config.path().getFileName() + "-wal")),
                Optional.ofNullable(lastSyncAt),
                current == null ? Optional.empty() : current.lastSnapshotAt(),
                Optional.ofNullable(restoredAt),
                lastVerifiedRestoreAt(),
                now.state == State.OPEN && writeLimit.exceeded().isPresent(),
                now.state == State.OPEN && watchdog.stalled(),
                progress.stuckFor(config.stallAfter()),
                waits.unknownOutcomes(),
                gate.statistics(),
                requests());
    }

    private Map<StoreStatistics.Operation, StoreStatistics.Requests> requests() {
        Replica asked = replica;
        return asked == null
                ? StoreStatistics.none()
                : asked.store().statistics().now();
    }

    /** The restore of this open, or the last drill. */
    private Optional<Instant> lastVerifiedRestoreAt() {
        return Stream.concat(Stream.ofNullable(restoredAt), drills.lastVerifiedAt().stream())
                .max(Instant::compareTo);
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
        return connections.open(() -> {
            Condition now = condition; // it refuses new ones before the last are closed
            if (now.state != State.OPEN && now.state != State.READ_ONLY) {
                throw new SQLNonTransientConnectionException(
                        now.problem.orElse("Database " + name() + " is " + now.state), "08001");
            }
            return new PhysicalConnection(this, options);
        });
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
        if (now.state != State.OPEN || draining || closing) {
            throw new SQLNonTransientConnectionException(
                    "Database " + name() + " does not accept writes: "
                            + now.problem.orElse(draining || closing ? "it is being closed" : "it is " + now.state),
                    "57P01");
        }
    }

    @Override
    public void awaitRoom(Duration timeout, BooleanSupplier givesUp) throws SQLException {
        writeLimit.pass(timeout, givesUp);
    }

    @Override
    public void wakeHeldUp() {
        progress.lookAgain();
    }

    /** Where commits are made to fail on purpose. */
    public SimulatedConflicts simulatedConflicts() {
        return simulatedConflicts;
    }

    @Override
    public void beforeCommit() throws SQLException {
        simulatedConflicts.beforeCommit();
    }

    @Override
    public long committed() {
        return progress.committed();
    }

    @Override
    public long commits() {
        return progress.latest();
    }

    @Override
    public void awaitDurable(Durability level, long commit) throws SQLException {
        try {
            waits.await(level, commit, config.durabilityTimeout());
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
        connections.closed(connection);
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
        if (!workLock.isHeldByCurrentThread() && !shipLock.isHeldByCurrentThread()) {
            events.deliver();
        }
    }

    // ---- closing

    /** Refuses new writes, those under way may commit, and has the task ship everything: closing finds less to do. */
    public void prepareClose() {
        draining = true;
        progress.poke();
    }

    /** Somebody goes on using it. */
    public void cancelClose() {
        draining = false;
    }

    @Override
    public void close() {
        close(FINAL_SHIPPING);
    }

    /** Closes, with so much time to ship what is left. */
    public void close(Duration finalShipping) {
        long deadline = System.nanoTime() + finalShipping.toNanos();
        prepareClose();
        passes.stop();
        letWritersEnd();
        closing = true;
        boolean worked = tryToWork(finalShipping);
        boolean mayShip = worked;
        if (!worked && replica != null) {
            replica.close(); // breaks off the request the shipper hangs in: nobody may write to the sidecar after us
            worked = tryToWork(END_OF_REQUEST);
        }
        try {
            boolean everythingShipped = mayShip && shipRest(deadline);
            progress.end("database " + name() + " was closed");
            condition = new Condition(State.CLOSED, Optional.of("Database " + name() + " is closed"));
            closeAll(everythingShipped);
        } finally {
            if (worked) {
                shipLock.unlock();
                workLock.unlock();
            }
            events.close();
        }
    }

    /** Takes both locks, or none. */
    private boolean tryToWork(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        if (!tryLock(workLock, atMost)) {
            return false;
        }
        if (tryLock(shipLock, Duration.ofNanos(deadline - System.nanoTime()))) {
            return true;
        }
        workLock.unlock();
        return false;
    }

    private static boolean tryLock(ReentrantLock lock, Duration atMost) {
        try {
            return lock.tryLock(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Passes under way are broken off by the store's end, and the last of them must be over before the lock is free. */
    private void endPasses() {
        try {
            passes.awaitEnd(END_OF_REQUEST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void letWritersEnd() {
        try (WriterGate.Permit permit = gate.acquireForEngine(END_OF_WRITERS)) {
            progress.poke();
        } catch (SQLException stillWriting) {
            progress.poke(); // its transaction is rolled back when its connection is closed
        }
    }

    /** Answers whether everything is in the replica. After the deadline a store that fails is not asked any more. */
    private boolean shipRest(long deadline) {
        Replicator current = replicator;
        if (current == null || condition.state != State.OPEN) {
            return false;
        }
        try {
            do {
                if (System.nanoTime() >= deadline && storeFailures.problem().isPresent()) {
                    return false;
                }
                workLocally(true);
                ship();
                if (condition.state == State.OPEN && !progress.anythingPending()) {
                    current.release();
                    return true;
                }
                progress.pause(SHORT_WAIT);
            } while (System.nanoTime() < deadline && condition.state == State.OPEN);
        } catch (IOException e) {
            failed(storeFailures, e); // the lease runs out by itself
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private void closeAll(boolean everythingShipped) {
        closeApplications();
        if (everythingShipped) {
            leaveWithoutLog();
        }
        if (replica != null) {
            replica.close();
        }
        endPasses();
        letSnapshotEnd();
        closeFile();
        try {
            if (sidecar != null) {
                if (everythingShipped) {
                    stampFile();
                }
                sidecar.close();
            }
        } catch (IOException e) {
            failed(localFailures, e);
        }
    }

    /** A snapshot under way fails at its next read or request; until then it has a file in the sidecar. */
    private void letSnapshotEnd() {
        if (tryLock(snapshotLock, END_OF_REQUEST)) {
            snapshotLock.unlock();
        }
    }

    private void stampFile() throws IOException {
        Optional<FileStamp> stamp = FileStamp.of(config.path());
        if (stamp.isPresent()) {
            sidecar.saveStamp(stamp.get());
        }
    }

    private void leaveWithoutLog() {
        try {
            replicator.emptyLog();
        } catch (IOException | SQLException e) {
            failed(localFailures, e); // the log stays
        }
    }

    /** Closes SQLite's connections, the holder last, then our channel to the file. */
    private void closeFile() {
        closeApplications();
        try {
            logForce.close();
            if (engineConnections != null) {
                engineConnections.close();
            }
            if (localLog != null) {
                localLog.close();
            }
        } catch (IOException | SQLException e) {
            failed(localFailures, e);
        }
        if (replicator != null) {
            replicator.close();
        }
        engineConnections = null;
        localLog = null;
        replicator = null;
    }

    private void closeApplications() {
        for (PhysicalConnection connection : connections.all()) {
            try {
                connection.close();
            } catch (SQLException e) {
                failed(localFailures, e);
            }
        }
    }
}
