package io.spindrift.jdbc;

import io.spindrift.DatabaseConfig.ConflictDetection;
import io.spindrift.DatabaseConfig.TransactionMode;
import io.spindrift.Durability;
import io.spindrift.Position;
import io.spindrift.jdbc.SqlStatement.Effect;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLTimeoutException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.sqlite.BusyHandler;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteException;
import org.sqlite.core.DB;

/**
 * One SQLite connection and its transaction.
 *
 * <p>The driver stays in auto-commit; this class begins and ends transactions itself, and only when a statement needs
 * one. A transaction that only reads sees a snapshot and never waits; the first write takes the {@link WriterGate} and
 * keeps it to the end of the transaction. In auto-commit every write is a transaction of its own.
 *
 * <p><b>Threads.</b> Any thread may use the connection, one at a time: a second one waits for the statement that runs,
 * not for the transaction. {@link #close()} and {@link #abort()} may come from any thread at any time and interrupt what
 * runs. The gate belongs to the connection, so the thread that ends a transaction need not be the one that began it.
 */
public final class PhysicalConnection implements AutoCloseable {
    private static final int STATEMENTS_REMEMBERED = 256;
    private static final int PROGRESS_STEPS = 10_000;
    private static final long INTERRUPT_AGAIN_MILLIS = 20;
    private static final int SQLITE_ERROR = 1;

    private enum State {
        /** No transaction; the next statement begins one unless in auto-commit. */
        IDLE,
        /** On a snapshot, without the gate. */
        READING,
        /** With the gate. */
        WRITING,
        /** SQLite, or a conflict, has ended the transaction before the application did. */
        ENDED
    }

    /** Work on the driver's connection. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws SQLException;
    }

    private final ConnectionHost host;
    private final ConnectionOptions options;
    private final SQLiteConnection sqlite;
    private final DB db;
    private final ReentrantLock lock = new ReentrantLock();
    /** Keeps an interrupt away from a connection SQLite is closing. */
    private final Object interruptLock = new Object();

    private final List<SpindriftResultSet> cursors = new ArrayList<>();
    private final ReadLog reads = new ReadLog();
    private final ReadValidation validation;
    private final Map<String, SqlStatement> classified = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SqlStatement> eldest) {
            return size() > STATEMENTS_REMEMBERED;
        }
    };

    private final StatementCache compiled = new StatementCache();
    private final Writer writer = new Writer();
    private final ForeignWait foreignWait;

    private volatile Thread lastUsedBy;
    private volatile Object running;
    /** What has begun to execute; until it is {@link #running} it waits for others. */
    private volatile Object executing;
    /** What has been cancelled since it began to execute. */
    private volatile Object cancelled;
    /** How many threads want to end the transaction under the hands of the one that runs a statement. */
    private final AtomicInteger endingIt = new AtomicInteger();

    private volatile boolean closing;
    private volatile boolean closed;
    private volatile State state = State.IDLE;
    private volatile boolean autoCommit = true;
    private volatile boolean managed;
    /** When the snapshot was taken that a transaction or an open cursor reads from; 0 if there is none. */
    private volatile long readingSince;

    private volatile String closedBecause;
    private volatile Durability durability;
    /** The number of the last commit made here, 0 if there was none. */
    private volatile long lastCommit;
    /** The same until its durability has been waited for. */
    private volatile long unconfirmed;

    private SQLException endedBy;
    private int savepoints;

    /** Opens a connection of a database. */
    public PhysicalConnection(ConnectionHost host, ConnectionOptions options) throws SQLException {
        this.host = host;
        this.options = options;
        this.durability = options.durability();
        try {
            sqlite = host.openSqlite(options);
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
        db = sqlite.getDatabase();
        foreignWait = new ForeignWait(host.name(), options.busyTimeout(), writer::givesUp);
        BusyHandler.setHandler(sqlite, foreignWait);
        validation = new ReadValidation(this, host, reads);
        // The driver would select last_insert_rowid() after every insert; statements that want the key ask for it.
        sqlite.getConnectionConfig().setGetGeneratedKeys(false);
        lastUsedBy = Thread.currentThread();
    }

    public ConnectionOptions options() {
        return options;
    }

    /** The name of the database it is connected to. */
    public String database() {
        return host.name();
    }

    /** Whether that database has a replica. */
    boolean replicated() {
        return host.replicated();
    }

    /** Whether a transaction has begun and has not been committed or rolled back by the application. */
    public boolean inTransaction() {
        return state != State.IDLE;
    }

    public boolean isClosed() {
        return closed || closing;
    }

    SQLiteConnection sqlite() {
        return sqlite;
    }

    DB db() {
        return db;
    }

    /** Statements to be used again; under the connection's lock. */
    StatementCache compiled() {
        return compiled;
    }

    /** Whether a container demarcates transactions now. */
    public boolean managed() {
        return managed;
    }

    /** Whether a statement waits for another process. */
    boolean waitsForForeignWriter() {
        return foreignWait.isWaiting();
    }

    /** Whether a statement is running now. */
    boolean isRunning() {
        return running != null;
    }

    boolean autoCommit() {
        return autoCommit;
    }

    /** Begins a transaction that a container will end with {@link #commit()} or {@link #rollback()}. */
    public void beginManaged() throws SQLException {
        locked(() -> {
            if (state == State.ENDED && !managed) {
                rollbackNow();
            }
            if (state != State.IDLE) {
                throw SqlErrors.invalidState("A transaction cannot begin on this connection of database " + host.name()
                        + ": another one is open; commit it or roll it back first");
            }
            drainCursors();
            managed = true;
            return null;
        });
    }

    /** With false, the next statement begins a transaction; with true, an open transaction is committed first. */
    void setAutoCommit(boolean value) throws SQLException {
        locked(() -> {
            if (value != autoCommit) {
                if (value) {
                    commitNow();
                } else {
                    drainCursors();
                }
                autoCommit = value;
            }
            return null;
        });
        awaitDurable();
    }

    /**
     * Commits, and unless a container began the transaction, waits for the durability that was asked for. Whatever
     * happens, no transaction is open afterwards, and the gate is free.
     *
     * @throws SQLException 25P02 if the transaction had been ended before: nothing of it was kept; 08007 if it was kept,
     *     but did not become durable in time
     */
    public void commit() throws SQLException {
        boolean ofContainer = locked(() -> {
            boolean container = managed;
            commitNow();
            return container;
        });
        if (!ofContainer) {
            awaitDurable();
        }
    }

    /** Waits until the last commit is as durable as this connection asks for, unless that has been waited for. */
    void awaitDurable() throws SQLException {
        if (unconfirmed != 0) {
            Optional<OwedWait> owed = takeOwedWait();
            if (owed.isPresent()) {
                owed.get().await();
            }
        }
    }

    /** A wait for durability that a commit still owes; independent of its connection. */
    @FunctionalInterface
    public interface OwedWait {
        /** @throws SQLException 08007 if the commit is not durable by {@code durability-timeout}: it stays committed */
        void await() throws SQLException;
    }

    /**
     * What the last commit still has to wait for, if it has to and nobody did yet; from then on it is the caller's. For a
     * container's transaction, which waits after its completion: a commit that failed before would be a heuristic outcome.
     */
    public Optional<OwedWait> takeOwedWait() {
        long commit = unconfirmed;
        Durability level = durability;
        unconfirmed = 0;
        return commit == 0 || level == Durability.ASYNC
                ? Optional.empty()
                : Optional.of(() -> host.awaitDurable(level, commit));
    }

    /** What commits of this connection wait for. */
    public Durability durability() {
        return durability;
    }

    /** Sets what commits wait for from now on; {@link #reset()} returns to the options'. */
    public void setDurability(Durability value) {
        durability = value;
    }

    /** The position that holds the last commit made here, {@link Position#NONE} if there was none. */
    public Position lastPosition() {
        return lastCommit == 0 ? Position.NONE : host.positionOf(lastCommit);
    }

    private void committed() {
        lastCommit = host.committed();
        unconfirmed = lastCommit;
    }

    /**
     * Rolls back; does nothing when no transaction is open. A statement that runs or waits on another thread is
     * interrupted. If a container rolls back a transaction that another thread uses, as it does at a timeout, that thread
     * is told so by every further statement, until {@link #reset()} or the next transaction.
     */
    public void rollback() throws SQLException {
        ending(() -> {
            boolean unknownToUser = managed && lastUsedBy != Thread.currentThread();
            rollbackNow();
            if (unknownToUser) {
                state = State.ENDED;
                endedBy = new SQLNonTransientException(
                        "Another thread rolled the transaction back, as a server does when it has timed out", "25P02");
            }
        });
    }

    /** Interrupts what runs on another thread, rolls back and returns to the state of a new connection. */
    public void reset() throws SQLException {
        ending(() -> {
            rollbackNow();
            closeCursors();
            autoCommit = true;
            durability = options.durability();
        });
    }

    Savepoint setSavepoint(String name) throws SQLException {
        return locked(() -> {
            requireNotEnded();
            begin(null, Effect.READ, Long.MAX_VALUE);
            SpindriftSavepoint savepoint = new SpindriftSavepoint(this, ++savepoints, name);
            try {
                exec("SAVEPOINT " + savepoint.sqlName());
                reads.savepointSet(savepoint.sqlName());
            } catch (SQLException e) {
                throw afterError(e);
            }
            return savepoint;
        });
    }

    void rollback(Savepoint savepoint) throws SQLException {
        savepointCommand("ROLLBACK TO ", savepoint, false);
    }

    void release(Savepoint savepoint) throws SQLException {
        savepointCommand("RELEASE ", savepoint, true);
    }

    private void savepointCommand(String command, Savepoint savepoint, boolean ends) throws SQLException {
        if (!(savepoint instanceof SpindriftSavepoint ours) || ours.connection != this) {
            throw new SQLNonTransientException("The savepoint belongs to another connection", "3B001");
        }
        locked(() -> {
            requireNotEnded();
            closeCursors();
            try {
                exec(command + ours.sqlName());
                reads.savepointsGone(ours.sqlName(), ends);
            } catch (SQLException e) {
                throw new SQLNonTransientException(
                        "The savepoint is gone: it was released, or the transaction it was set in has ended",
                        "3B001",
                        afterError(e));
            }
            return null;
        });
    }

    /** What a SQL string does; throws if it may not run or does not compile. */
    SqlStatement classify(String sql) throws SQLException {
        return locked(() -> {
            requireNotEnded();
            SqlStatement known = classified.get(sql);
            return known != null ? known : examine(sql);
        });
    }

    private SqlStatement examine(String sql) throws SQLException {
        List<List<String>> statements = SqlText.statements(sql);
        for (List<String> words : statements) {
            StatementRules.check(words, host.name(), host.replicated());
        }
        if (statements.isEmpty()) {
            return SqlStatement.of(sql, Effect.NOTHING);
        }
        if (statements.size() > 1) {
            return SqlStatement.script(sql);
        }
        List<String> words = statements.get(0);
        if (StatementRules.runsAlone(words)) {
            return SqlStatement.of(sql, Effect.WRITE_ALONE);
        }
        if (StatementRules.isExplain(words)) {
            return SqlStatement.of(sql, Effect.READ);
        }
        if (StatementRules.isIncrementalVacuum(words)) {
            return SqlStatement.script(sql);
        }
        return explain(sql, words);
    }

    private SqlStatement explain(String sql, List<String> words) throws SQLException {
        boolean writes = false;
        boolean writesTemporary = false;
        try (Statement statement = sqlite.createStatement();
                ResultSet program = statement.executeQuery("EXPLAIN " + sql)) {
            while (program.next()) {
                if ("Transaction".equals(program.getString(2)) && program.getInt(4) != 0) {
                    boolean temporary = program.getInt(3) == 1;
                    writes |= !temporary;
                    writesTemporary |= temporary;
                }
            }
        } catch (SQLException e) {
            SQLException error = SqlErrors.compileError(e);
            throw state == State.IDLE ? error : afterError(error);
        }
        boolean insert = Set.of("INSERT", "REPLACE", "WITH").contains(words.get(0)) && (writes || writesTemporary);
        SqlStatement statement =
                new SqlStatement(sql, writes ? Effect.WRITE : Effect.READ, false, insert, writesTemporary && !writes);
        if (!statement.temporary()) {
            classified.put(sql, statement);
        }
        return statement;
    }

    /**
     * Runs one statement in the open transaction, in a new one, or in auto-commit.
     *
     * @param owner what is running, for {@link #cancel}
     * @param deadline of {@link System#nanoTime()}, or {@link Long#MAX_VALUE}
     */
    <T> T execute(Object owner, Effect effect, long deadline, Call<T> call) throws SQLException {
        T result = executeNow(owner, effect, deadline, call);
        if (autoCommit && !managed) {
            awaitDurable();
        }
        return result;
    }

    private <T> T executeNow(Object owner, Effect effect, long deadline, Call<T> call) throws SQLException {
        return locked(() -> {
            if (readingSince == 0) {
                readingSince = System.nanoTime();
            }
            executing = owner;
            foreignWait.until(deadline);
            try {
                return executeLocked(owner, effect, deadline, call);
            } finally {
                foreignWait.until(Long.MAX_VALUE);
                executing = null;
                cancelled = null;
                noteEndOfRead();
            }
        });
    }

    private <T> T executeLocked(Object owner, Effect effect, long deadline, Call<T> call) throws SQLException {
        requireWanted(owner);
        requireNotEnded();
        boolean writes = effect == Effect.WRITE || effect == Effect.WRITE_ALONE;
        if (writes && options.readOnly()) {
            throw new SQLNonTransientException(
                    "This connection of database " + host.name() + " is read-only; write through a data source"
                            + " that is not",
                    "25006");
        }
        Call<T> limited = () -> limited(owner, deadline, call);
        if (autoCommit && !managed) {
            return switch (effect) {
                case NOTHING, READ -> readAlone(limited);
                case WRITE -> writeAlone(deadline, limited);
                case WRITE_ALONE -> writeOutsideTransaction(deadline, limited);
            };
        }
        return executeInTransaction(owner, effect, deadline, limited);
    }

    /** Notes that a statement has run; null if nobody wants to know what is fetched from it. */
    Reading ran(SqlStatement statement, Object[] parameters, int maxRows, boolean rows) {
        return reads.ran(statement, parameters, maxRows, rows);
    }

    private void noteEndOfRead() {
        if (cursors.isEmpty() && (state == State.IDLE || state == State.ENDED)) {
            readingSince = 0;
        }
    }

    /**
     * Closes the connection if a transaction or an open result set of it has kept its snapshot for longer: nothing less
     * ends a read that nobody goes on with. Does nothing to a transaction that has the gate.
     *
     * @return whether it was closed
     */
    public boolean endReadOlderThan(Duration age) throws SQLException {
        long since = readingSince;
        if (since == 0 || System.nanoTime() - since < age.toNanos() || state == State.WRITING) {
            return false;
        }
        closedBecause = "The connection to database " + host.name() + " was closed: it had read from one snapshot for"
                + " longer than max-read-age (" + age.toSeconds() + " s), and the write-ahead log could not shrink; end"
                + " transactions and close result sets sooner, or raise max-read-age";
        close();
        return true;
    }

    private <T> T readAlone(Call<T> call) throws SQLException {
        try {
            return call.run();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    private <T> T writeAlone(long deadline, Call<T> call) throws SQLException {
        // A cursor left open would pin its old snapshot, from which SQLite lets nobody write.
        drainCursors();
        takeGate(deadline);
        boolean done = false;
        try {
            beginImmediate();
            driverInTransaction(true);
            T result = call.run();
            host.beforeCommit();
            exec("COMMIT");
            done = true;
            committed();
            return result;
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        } finally {
            if (!done) {
                rollbackQuietly();
            }
            driverInTransaction(false);
            host.gate().release(writer);
        }
    }

    private <T> T writeOutsideTransaction(long deadline, Call<T> call) throws SQLException {
        drainCursors();
        takeGate(deadline);
        try {
            T result = call.run();
            committed();
            return result;
        } catch (SQLException e) {
            throw SqlErrors.translate(foreignWait.explain(e));
        } finally {
            host.gate().release(writer);
        }
    }

    private <T> T executeInTransaction(Object owner, Effect effect, long deadline, Call<T> call) throws SQLException {
        if (effect == Effect.WRITE_ALONE) {
            throw new SQLNonTransientException(
                    "VACUUM, ATTACH, DETACH and settings cannot run inside a transaction; run them in auto-commit,"
                            + " in a container with the transaction attribute NOT_SUPPORTED",
                    "25001");
        }
        boolean reading = state == State.READING;
        if (effect != Effect.NOTHING) {
            begin(owner, effect, deadline);
        }
        boolean failed = true;
        try {
            T result = reading && state == State.WRITING ? foreignWait.firstWrite(call) : call.run();
            failed = false;
            return result;
        } catch (SQLException e) {
            failed = false;
            throw afterError(e);
        } finally {
            if (failed) {
                afterError(SqlErrors.unknown());
            }
        }
    }

    private void begin(Object owner, Effect effect, long deadline) throws SQLException {
        boolean gate =
                effect == Effect.WRITE || options.transactionMode() == TransactionMode.IMMEDIATE && !options.readOnly();
        if (state == State.IDLE) {
            drainCursors();
            if (gate) {
                takeGate(deadline);
            }
            if (!gate && !options.readOnly() && options.conflictDetection() == ConflictDetection.VALUES) {
                reads.begin(host.commits());
            }
            beginInSqlite(gate);
            driverInTransaction(true);
            state = gate ? State.WRITING : State.READING;
        } else if (state == State.READING && gate) {
            becomeWriter(owner, deadline);
        }
    }

    private void becomeWriter(Object owner, long deadline) throws SQLException {
        boolean values = options.conflictDetection() == ConflictDetection.VALUES;
        if (values && reads.snapshot() != host.commits()) {
            moveToLatest(owner, false, deadline);
        }
        takeGate(deadline);
        if (values && reads.snapshot() != host.commits()) {
            moveToLatest(owner, true, deadline);
        }
        reads.end();
        state = State.WRITING;
    }

    /** What this transaction has read is as of the latest commit from now on; otherwise it has ended. */
    private void moveToLatest(Object owner, boolean toWrite, long deadline) throws SQLException {
        long gateFree = toWrite ? System.nanoTime() + options.validationMax().toNanos() : Long.MAX_VALUE;
        boolean bounded = toWrite && (deadline == Long.MAX_VALUE || gateFree - deadline < 0);
        long until = bounded ? gateFree : deadline;
        SQLException failure = null;
        boolean moved = false;
        try {
            limited(owner, until, () -> {
                validation.moveToLatest(toWrite, cursors, until);
                return null;
            });
            moved = true;
            readingSince = System.nanoTime();
        } catch (SQLException e) {
            failure = bounded && "HYT00".equals(e.getSQLState()) ? ReadValidation.outOfTime(e) : SqlErrors.translate(e);
            throw failure;
        } finally {
            if (!moved) {
                end(failure == null ? SqlErrors.unknown() : failure);
            }
        }
    }

    private void beginInSqlite(boolean immediate) throws SQLException {
        try {
            if (immediate) {
                beginImmediate();
            } else {
                exec("BEGIN");
            }
        } catch (SQLException e) {
            host.gate().release(writer);
            throw SqlErrors.translate(e);
        }
    }

    /** Takes SQLite's write lock, waiting for a foreign writer. */
    void beginImmediate() throws SQLException {
        try {
            exec("BEGIN IMMEDIATE");
        } catch (SQLException e) {
            throw foreignWait.explain(e);
        }
    }

    private void takeGate(long deadline) throws SQLException {
        WriterGate gate = host.gate();
        host.requireWritable();
        gate.refuseToWaitForOneself(); // nor at the limit
        long until = System.nanoTime()
                + WriterGate.shorter(host.gateTimeout(), remaining(deadline)).toNanos();
        host.awaitRoom(Duration.ofNanos(remaining(until)), writer::givesUp);
        gate.acquire(writer, Duration.ofNanos(remaining(until)));
        boolean keep = false;
        try {
            requireOpen();
            host.requireWritable();
            keep = true;
        } finally {
            if (!keep) {
                gate.release(writer);
            }
        }
    }

    private static long remaining(long deadline) {
        return deadline == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, deadline - System.nanoTime());
    }

    private <T> T limited(Object owner, long deadline, Call<T> call) throws SQLException {
        running = owner;
        try {
            requireWanted(owner);
            return deadline == Long.MAX_VALUE ? call.run() : runUntil(deadline, call);
        } finally {
            running = null;
        }
    }

    private <T> T runUntil(long deadline, Call<T> call) throws SQLException {
        ProgressHandler.setHandler(sqlite, PROGRESS_STEPS, new Deadline(deadline));
        try {
            return call.run();
        } catch (SQLException e) {
            throw System.nanoTime() - deadline >= 0 && isInterrupt(e) ? timedOut(e) : e;
        } finally {
            ProgressHandler.clearHandler(sqlite);
        }
    }

    /** What could not be reached by an interrupt, because it was not running yet, does not run. */
    private void requireWanted(Object owner) throws SQLException {
        if (owner instanceof SpindriftStatement statement) {
            statement.connection.requireStillOn(this);
            if (cancelled == owner) {
                throw new SQLTimeoutException("The statement was cancelled before it ran", "57014");
            }
        }
    }

    private static boolean isInterrupt(SQLException e) {
        return e instanceof SQLiteException sqlite && (sqlite.getResultCode().code & 0xff) == 9;
    }

    static SQLException timedOut(SQLException e) {
        return new SQLTimeoutException(
                "The statement ran longer than its query timeout and was interrupted", "HYT00", 9, e);
    }

    /** Interrupts the statement {@code owner} runs, if it runs or waits at the gate. */
    void cancel(Object owner) {
        if (owner == null) {
            return;
        }
        if (executing == owner) {
            cancelled = owner;
            wakeFromWaiting();
        }
        if (running == owner) {
            interruptSqlite();
        }
    }

    /** Has the thread that waits for others, at the limit, at the gate or for a foreign writer, look whether to go on. */
    private void wakeFromWaiting() {
        host.wakeHeldUp();
        host.gate().wake(writer);
        foreignWait.wake();
    }

    /** Steps a cursor; an error ends the transaction like any other. */
    boolean next(SpindriftResultSet rows, ResultSet cursor, Object owner, long deadline) throws SQLException {
        try {
            return locked(() -> limited(owner, deadline, () -> rows.step(cursor)));
        } catch (SQLException e) {
            throw locked(() -> state == State.IDLE ? SqlErrors.translate(e) : afterError(e));
        }
    }

    /** Finds out whether the transaction survived an error. Call with a transaction open. */
    private SQLException afterError(SQLException error) {
        SQLException translated = SqlErrors.translate(error);
        reads.cannotRepeat("one of its statements failed");
        if (state == State.READING || state == State.WRITING) {
            if (SqlErrors.isConflict(translated) || SqlErrors.isFatal(translated) || !stillInTransaction()) {
                end(translated);
            }
        }
        return translated;
    }

    /** BEGIN fails inside a transaction; where it succeeds, SQLite had ended ours. */
    private boolean stillInTransaction() {
        for (int attempt = 0; attempt < 2; attempt++) {
            try {
                db._exec("BEGIN");
                rollbackQuietly();
                return false;
            } catch (SQLException e) {
                if (e instanceof SQLiteException sqlite && sqlite.getResultCode().code == SQLITE_ERROR) {
                    return true;
                }
                // An interrupt lasts until no statement is running any more.
                closeCursors();
            }
        }
        return false;
    }

    private void end(SQLException error) {
        closeCursors();
        rollbackQuietly();
        state = State.ENDED;
        reads.end();
        endedBy = error;
        driverInTransaction(false);
        host.gate().release(writer);
    }

    private void requireNotEnded() throws SQLException {
        if (state == State.ENDED) {
            throw new SQLNonTransientException(
                    "The transaction has ended already, nothing of it was kept: roll back, then run it again",
                    "25P02",
                    endedBy);
        }
    }

    private void commitNow() throws SQLException {
        requireNotEnded();
        if (state == State.IDLE) {
            managed = false;
            return;
        }
        boolean wrote = state == State.WRITING;
        boolean done = false;
        closeCursors();
        try {
            if (wrote) {
                host.beforeCommit();
            }
            exec("COMMIT");
            done = true;
            if (wrote) {
                committed();
            }
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        } finally {
            if (!done) {
                rollbackQuietly();
            }
            backToIdle();
        }
    }

    private void rollbackNow() {
        if (state != State.IDLE) {
            closeCursors();
            rollbackQuietly();
        }
        backToIdle();
    }

    /** ROLLBACK fails only where no transaction is left, which is what it is for. */
    private void rollbackQuietly() {
        try {
            db._exec("ROLLBACK");
        } catch (SQLException e) {
            if (!(e instanceof SQLiteException sqlite) || sqlite.getResultCode().code != SQLITE_ERROR) {
                closeCursors();
                try {
                    db._exec("ROLLBACK");
                } catch (SQLException again) {
                    e.addSuppressed(again);
                }
            }
        }
    }

    private void backToIdle() {
        state = State.IDLE;
        reads.end();
        endedBy = null;
        managed = false;
        savepoints = 0;
        driverInTransaction(false);
        host.gate().release(writer);
        noteEndOfRead();
    }

    /** Saves the driver its own probing for a transaction before every statement. */
    private void driverInTransaction(boolean value) {
        sqlite.getConnectionConfig().setAutoCommit(!value);
    }

    private void exec(String sql) throws SQLException {
        db._exec(sql);
    }

    void opened(SpindriftResultSet cursor) {
        if (readingSince == 0) {
            readingSince = System.nanoTime();
        }
        cursors.add(cursor);
    }

    void exhausted(SpindriftResultSet cursor) {
        if (lock.isHeldByCurrentThread()) {
            forget(cursor);
        } else {
            lock.lock();
            try {
                forget(cursor);
            } finally {
                lock.unlock();
            }
        }
    }

    private void forget(SpindriftResultSet cursor) {
        for (int i = cursors.size() - 1; i >= 0; i--) {
            if (cursors.get(i) == cursor) {
                cursors.remove(i);
                noteEndOfRead();
                return;
            }
        }
    }

    private void drainCursors() throws SQLException {
        while (!cursors.isEmpty()) {
            SpindriftResultSet cursor = cursors.remove(cursors.size() - 1);
            try {
                cursor.drain();
            } catch (SQLException e) {
                cursor.closeQuietly();
                throw SqlErrors.translate(e);
            }
        }
    }

    private void closeCursors() {
        while (!cursors.isEmpty()) {
            cursors.remove(cursors.size() - 1).closeQuietly();
        }
    }

    <T> T locked(Call<T> call) throws SQLException {
        lock.lock();
        try {
            requireOpen();
            lastUsedBy = Thread.currentThread();
            return call.run();
        } finally {
            lock.unlock();
        }
    }

    /** To end the transaction: waits for no statement that runs on another thread, and is no use of it. */
    private void ending(Runnable end) throws SQLException {
        endingIt.incrementAndGet();
        try {
            acquireWhile(() -> true, this::interrupt);
        } finally {
            endingIt.decrementAndGet();
        }
        try {
            requireOpen();
            end.run();
        } finally {
            lock.unlock();
        }
    }

    /** Cancels what a handle's statements run or wait for on other threads, and returns when they do not any more. */
    void cancelAll(SpindriftConnection handle) {
        if (!lock.isHeldByCurrentThread() && acquireWhile(() -> active(handle) != null, () -> cancel(active(handle)))) {
            lock.unlock();
        }
    }

    /** Null if no statement of the handle is in execution. */
    private Object active(SpindriftConnection handle) {
        Object waiting = executing;
        return waiting instanceof SpindriftStatement statement && statement.connection == handle
                ? statement
                : running instanceof SpindriftStatement statement && statement.connection == handle ? statement : null;
    }

    private void requireOpen() throws SQLException {
        if (closing) {
            String why = closedBecause;
            throw SqlErrors.closed(why != null ? why : "The connection to database " + host.name() + " is closed");
        }
    }

    /** Whether the connection answers by a deadline; a statement that runs on another thread may take all that time. */
    boolean isValid(long deadline) {
        try {
            return !closing && lock.tryLock(remaining(deadline), TimeUnit.NANOSECONDS) && answersAndUnlocks();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean answersAndUnlocks() {
        try (Statement statement = sqlite.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
            return !closing && rows.next();
        } catch (SQLException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts what runs and refuses everything from now on; {@link #close()} must follow. */
    public void abort() {
        closing = true;
        interrupt();
    }

    private void interrupt() {
        wakeFromWaiting();
        interruptSqlite();
    }

    private void interruptSqlite() {
        synchronized (interruptLock) {
            if (closed) {
                return;
            }
            try {
                db.interrupt();
            } catch (SQLException e) {
                // The driver's connection is closed: nothing runs.
            }
        }
    }

    /** Interrupts what runs, rolls back, gives the gate back and closes. Does nothing the second time. */
    @Override
    public void close() throws SQLException {
        closing = true;
        acquireWhile(() -> true, this::interrupt);
        boolean first = !closed;
        try {
            if (first) {
                closeNow();
            }
        } finally {
            host.gate().release(writer);
            lock.unlock();
            if (first) {
                host.closed(this);
            }
        }
    }

    private void closeNow() throws SQLException {
        closeCursors();
        if (state == State.READING || state == State.WRITING) {
            rollbackQuietly();
        }
        synchronized (interruptLock) {
            closed = true;
        }
        try {
            BusyHandler.clearHandler(sqlite); // the driver keeps a global reference to it
            sqlite.close();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /** Takes the lock, interrupting who has it, as long as it is wanted; answers whether it has been taken. */
    private boolean acquireWhile(BooleanSupplier wanted, Runnable interruption) {
        boolean acquired = false;
        boolean interrupted = false;
        while (!acquired && wanted.getAsBoolean()) {
            try {
                acquired = lock.tryLock(INTERRUPT_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
                if (!acquired) {
                    interruption.run();
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return acquired;
    }

    /** This connection at the gate. */
    private final class Writer implements WriterGate.Claimant {
        @Override
        public Thread lastUsedBy() {
            return lastUsedBy;
        }

        @Override
        public boolean givesUp() {
            Object waiting = executing;
            return closing || endingIt.get() > 0 || waiting != null && cancelled == waiting;
        }

        @Override
        public boolean isEngine() {
            return false;
        }
    }

    private static final class Deadline extends ProgressHandler {
        private final long deadline;

        Deadline(long deadline) {
            this.deadline = deadline;
        }

        @Override
        protected int progress() {
            return System.nanoTime() - deadline >= 0 ? 1 : 0;
        }
    }
}
