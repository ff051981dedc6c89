package io.spindrift.jdbc;

import io.spindrift.DurabilityUnknownException;
import io.spindrift.jdbc.SqlStatement.Effect;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.core.DB;

/**
 * Runs SQL text. A string with several statements runs as a whole, in auto-commit as one transaction. A batch in
 * auto-commit is one transaction too: all of it is kept or nothing.
 */
public class SpindriftStatement implements Statement, Unwrapping {
    private static final Object[] NO_PARAMETERS = {};

    final SpindriftConnection connection;
    private final List<String> batch = new ArrayList<>();
    private final ReentrantLock inUse = new ReentrantLock();
    private Compiled compiled;
    private SpindriftResultSet result;
    private long updateCount = -1;
    private Columns keyColumns = Columns.generatedKeys();
    private List<Object[]> keys = List.of();
    private long maxRows;
    private int queryTimeoutSeconds;
    private int fetchSize;
    private boolean escapeProcessing = true;
    private boolean closeOnCompletion;
    private boolean poolable = this instanceof PreparedStatement;
    private volatile boolean closed;

    SpindriftStatement(SpindriftConnection connection) {
        this.connection = connection;
    }

    /** What an execution gave. */
    enum Wanted {
        ROWS,
        COUNT,
        EITHER
    }

    final void requireOpen() throws SQLException {
        if (closed) {
            throw new SQLNonTransientException("The statement is closed", "HY010");
        }
    }

    final SQLException failed(SQLException e) {
        return connection.failed(e);
    }

    final long deadline() {
        return queryTimeoutSeconds == 0
                ? Long.MAX_VALUE
                : System.nanoTime() + TimeUnit.SECONDS.toNanos(queryTimeoutSeconds);
    }

    /**
     * Runs what uses the statement's state, or throws if another thread is doing so: its result would be closed under its
     * hands.
     */
    final <T> T exclusively(PhysicalConnection.Call<T> call) throws SQLException {
        if (!inUse.tryLock()) {
            throw new SQLNonTransientException(
                    "The statement is being executed by another thread: give each thread a statement, and each"
                            + " transaction a connection, of its own",
                    "HY010");
        }
        try {
            return call.run();
        } finally {
            inUse.unlock();
        }
    }

    private SpindriftResultSet run(String sql, Wanted wanted, WantedKeys wantedKeys) throws SQLException {
        requireOpen();
        String text = withoutEscapes(sql);
        return exclusively(() -> runAlone(text, wanted, wantedKeys));
    }

    private SpindriftResultSet runAlone(String text, Wanted wanted, WantedKeys wantedKeys) throws SQLException {
        forgetResult();
        PhysicalConnection physical = connection.physical();
        SqlStatement statement;
        try {
            statement = physical.classify(text);
        } catch (SQLException e) {
            throw failed(e);
        }
        closeCompiled();
        if (statement.effect() == Effect.NOTHING) {
            updateCount = 0;
            return null;
        }
        long deadline = deadline();
        if (statement.script()) {
            runScript(statement, physical, wanted, deadline);
            return null;
        }
        connection.execute(this, statement.effect(), deadline, () -> {
            compiled = Compiled.of(statement, wantedKeys, physical);
            requireFits(compiled, wanted);
            runCompiled(compiled, NO_PARAMETERS, deadline);
            return null;
        });
        return result;
    }

    static String requireText(String sql) throws SQLException {
        if (sql == null) {
            throw SqlErrors.invalidArgument("The SQL text is null");
        }
        return sql;
    }

    private String withoutEscapes(String sql) throws SQLException {
        requireText(sql);
        return escapeProcessing ? SqlEscapes.translate(sql) : sql;
    }

    private void runScript(SqlStatement script, PhysicalConnection physical, Wanted wanted, long deadline)
            throws SQLException {
        if (wanted == Wanted.ROWS) {
            throw new SQLNonTransientException(
                    "executeQuery takes one statement, found several; run them one by one", "42000");
        }
        updateCount = connection.execute(this, script.effect(), deadline, () -> {
            long before = physical.db().total_changes();
            try {
                physical.db()._exec(script.sql());
            } catch (SQLException e) {
                throw SqlErrors.scriptError(e);
            }
            return physical.db().total_changes() - before;
        });
    }

    static void requireFits(Compiled compiled, Wanted wanted) throws SQLException {
        if (wanted == Wanted.ROWS && compiled.columns() == 0) {
            throw new SQLNonTransientException("The statement returns no rows; call executeUpdate", "07005");
        }
        if (wanted == Wanted.COUNT && compiled.columns() != 0) {
            throw new SQLNonTransientException("The statement returns rows; call executeQuery", "07005");
        }
    }

    /** Runs a compiled statement whose parameters are bound. Call from within {@link SpindriftConnection#execute}. */
    final void runCompiled(Compiled statement, Object[] parameters, long deadline) throws SQLException {
        PreparedStatement driver = statement.driver();
        DB db = statement.on().db();
        int limit = statement.returnsKeys() ? 0 : (int) Math.min(maxRows, Integer.MAX_VALUE);
        driver.setMaxRows(limit);
        long before = db.total_changes();
        boolean hasRows = driver.execute();
        Reading reading = statement.on().ran(statement.statement(), parameters, limit, hasRows);
        if (statement.returnsKeys()) {
            addKeys(SpindriftResultSet.inMemory(driver.getResultSet()));
        } else if (hasRows) {
            result = statement.statement().effect() == Effect.READ
                    ? SpindriftResultSet.open(this, statement.on(), driver, reading, deadline)
                    : SpindriftResultSet.inMemory(this, driver.getResultSet());
            updateCount = -1;
            return;
        }
        // DDL leaves the count of the statement before it behind.
        updateCount = db.total_changes() == before ? 0 : db.changes();
    }

    private void addKeys(SpindriftResultSet returned) {
        if (keys.isEmpty()) {
            keys = new ArrayList<>();
        }
        keyColumns = returned.columnsInMemory();
        keys.addAll(returned.rowsInMemory());
    }

    final void forgetResult() throws SQLException {
        SpindriftResultSet open = result;
        result = null;
        updateCount = -1;
        forgetKeys();
        if (open != null) {
            open.close();
        }
    }

    private void forgetKeys() {
        keys = List.of();
        keyColumns = Columns.generatedKeys();
    }

    final SpindriftResultSet result() {
        return result;
    }

    void resultClosed(SpindriftResultSet closedResult) throws SQLException {
        if (closeOnCompletion && closedResult == result) {
            close();
        }
    }

    private void closeCompiled() throws SQLException {
        Compiled open = compiled;
        compiled = null;
        giveBack(open);
    }

    /** Keeps what may be pooled, as a prepared statement by default, on its connection. */
    final void giveBack(Compiled open) throws SQLException {
        if (open != null) {
            if (poolable) {
                open.giveBack();
            } else {
                open.close();
            }
        }
    }

    /** Lets go of the physical connection. */
    void release() {
        try {
            forgetResult();
            closeCompiled();
        } catch (SQLException e) {
            // The driver's statement dies with its connection at the latest.
        }
    }

    final void closeQuietly() {
        closed = true;
        release();
        connection.closed(this);
    }

    @Override
    public void close() throws SQLException {
        if (!closed) {
            closeQuietly();
        }
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public ResultSet executeQuery(String sql) throws SQLException {
        return run(sql, Wanted.ROWS, WantedKeys.NONE);
    }

    @Override
    public boolean execute(String sql) throws SQLException {
        return run(sql, Wanted.EITHER, WantedKeys.NONE) != null;
    }

    @Override
    public boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
        return run(sql, Wanted.EITHER, WantedKeys.of(autoGeneratedKeys)) != null;
    }

    @Override
    public boolean execute(String sql, int[] columnIndexes) throws SQLException {
        return run(sql, Wanted.EITHER, WantedKeys.of(columnIndexes)) != null;
    }

    @Override
    public boolean execute(String sql, String[] columnNames) throws SQLException {
        return run(sql, Wanted.EITHER, WantedKeys.of(columnNames)) != null;
    }

    @Override
    public int executeUpdate(String sql) throws SQLException {
        return toInt(executeLargeUpdate(sql));
    }

    @Override
    public int executeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
        return toInt(executeLargeUpdate(sql, autoGeneratedKeys));
    }

    @Override
    public int executeUpdate(String sql, int[] columnIndexes) throws SQLException {
        return toInt(executeLargeUpdate(sql, columnIndexes));
    }

    @Override
    public int executeUpdate(String sql, String[] columnNames) throws SQLException {
        return toInt(executeLargeUpdate(sql, columnNames));
    }

    @Override
    public long executeLargeUpdate(String sql) throws SQLException {
        return update(sql, WantedKeys.NONE);
    }

    @Override
    public long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
        return update(sql, WantedKeys.of(autoGeneratedKeys));
    }

    private long update(String sql, WantedKeys wantedKeys) throws SQLException {
        run(sql, Wanted.COUNT, wantedKeys);
        return updateCount;
    }

    @Override
    public long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
        return update(sql, WantedKeys.of(columnIndexes));
    }

    @Override
    public long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
        return update(sql, WantedKeys.of(columnNames));
    }

    static int toInt(long count) {
        return (int) Math.min(count, Integer.MAX_VALUE);
    }

    @Override
    public ResultSet getResultSet() throws SQLException {
        requireOpen();
        return result;
    }

    @Override
    public int getUpdateCount() throws SQLException {
        return toInt(getLargeUpdateCount());
    }

    @Override
    public long getLargeUpdateCount() throws SQLException {
        requireOpen();
        return updateCount;
    }

    @Override
    public boolean getMoreResults() throws SQLException {
        return getMoreResults(CLOSE_CURRENT_RESULT);
    }

    @Override
    public boolean getMoreResults(int current) throws SQLException {
        requireOpen();
        forgetResult();
        return false;
    }

    /**
     * When keys were asked for, those of every row the execution, or the batch, inserted: the primary key, the rowid of a
     * table without one, or the columns that were named. A view has none, nor has a virtual table: there, select
     * last_insert_rowid().
     */
    @Override
    public ResultSet getGeneratedKeys() throws SQLException {
        requireOpen();
        return SpindriftResultSet.ofRows(this, keyColumns, keys);
    }

    @Override
    public void addBatch(String sql) throws SQLException {
        requireOpen();
        batch.add(withoutEscapes(sql));
    }

    @Override
    public void clearBatch() throws SQLException {
        requireOpen();
        batch.clear();
    }

    @Override
    public int[] executeBatch() throws SQLException {
        return toInts(executeLargeBatch());
    }

    static int[] toInts(long[] counts) {
        int[] ints = new int[counts.length];
        for (int i = 0; i < counts.length; i++) {
            ints[i] = toInt(counts[i]);
        }
        return ints;
    }

    @Override
    public long[] executeLargeBatch() throws SQLException {
        requireOpen();
        return exclusively(this::runBatch);
    }

    private long[] runBatch() throws SQLException {
        forgetResult();
        closeCompiled();
        List<String> entries = List.copyOf(batch);
        batch.clear();
        if (entries.isEmpty()) {
            return new long[0];
        }
        PhysicalConnection physical = connection.physical();
        long deadline = deadline();
        return inBatch(entries.size(), deadline, i -> {
            SqlStatement statement = physical.classify(entries.get(i));
            if (statement.script() || statement.effect() == Effect.WRITE_ALONE) {
                throw new SQLNonTransientException(
                        "A batch entry is one statement that may run in a transaction", "42000");
            }
            if (statement.effect() == Effect.NOTHING) {
                return 0;
            }
            try (Compiled entry = Compiled.of(statement, WantedKeys.NONE, physical)) {
                requireFits(entry, Wanted.COUNT);
                runCompiled(entry, NO_PARAMETERS, deadline);
                return updateCount;
            }
        });
    }

    /** Runs the entry of a batch at an index and gives its update count. */
    @FunctionalInterface
    interface Entry {
        long run(int index) throws SQLException;
    }

    final long[] inBatch(int size, long deadline, Entry entry) throws SQLException {
        boolean alone = connection.getAutoCommit();
        long[] counts = new long[size];
        int[] done = {0};
        try {
            connection.execute(this, Effect.WRITE, deadline, () -> {
                for (; done[0] < size; done[0]++) {
                    counts[done[0]] = entry.run(done[0]);
                }
                return null;
            });
        } catch (SQLException e) {
            if (done[0] == size && DurabilityUnknownException.SQL_STATE.equals(e.getSQLState())) {
                throw e; // every entry was kept
            }
            // In auto-commit nothing of the batch was kept, so no entry counts.
            if (alone) {
                forgetKeys();
            }
            long[] kept = java.util.Arrays.copyOf(counts, alone ? 0 : done[0]);
            throw new BatchUpdateException(
                    "Batch entry " + done[0] + " failed: " + e.getMessage(),
                    e.getSQLState(),
                    e.getErrorCode(),
                    kept,
                    e);
        } finally {
            updateCount = -1;
        }
        return counts;
    }

    /** Interrupts this statement if it runs, or its wait at the writer gate. From any thread. */
    @Override
    public void cancel() throws SQLException {
        requireOpen();
        connection.physical().cancel(this);
    }

    /**
     * Interrupts the statement, or the reading of its rows, this long after it was executed; a wait at the writer gate and
     * for a foreign writer counts too. Measured by SQLite's own progress, so no thread or timer is needed.
     */
    @Override
    public void setQueryTimeout(int seconds) throws SQLException {
        requireOpen();
        if (seconds < 0) {
            throw SqlErrors.invalidArgument("A query timeout is 0 or more seconds, found " + seconds);
        }
        queryTimeoutSeconds = seconds;
    }

    @Override
    public int getQueryTimeout() throws SQLException {
        requireOpen();
        return queryTimeoutSeconds;
    }

    @Override
    public void setMaxRows(int max) throws SQLException {
        setLargeMaxRows(max);
    }

    @Override
    public int getMaxRows() throws SQLException {
        return toInt(getLargeMaxRows());
    }

    @Override
    public void setLargeMaxRows(long max) throws SQLException {
        requireOpen();
        if (max < 0) {
            throw SqlErrors.invalidArgument("A row limit is 0 (none) or more, found " + max);
        }
        maxRows = max;
    }

    @Override
    public long getLargeMaxRows() throws SQLException {
        requireOpen();
        return maxRows;
    }

    @Override
    public void setMaxFieldSize(int max) throws SQLException {
        requireOpen();
        if (max != 0) {
            throw SqlErrors.unsupported("A limit of field sizes is not available; cut with substr() in the query");
        }
    }

    @Override
    public int getMaxFieldSize() throws SQLException {
        requireOpen();
        return 0;
    }

    @Override
    public void setFetchSize(int rows) throws SQLException {
        requireOpen();
        if (rows < 0) {
            throw SqlErrors.invalidArgument("A fetch size is 0 or more, found " + rows);
        }
        fetchSize = rows;
    }

    @Override
    public int getFetchSize() throws SQLException {
        requireOpen();
        return fetchSize;
    }

    @Override
    public void setFetchDirection(int direction) throws SQLException {
        requireOpen();
        if (direction != ResultSet.FETCH_FORWARD) {
            throw SqlErrors.unsupported("Result sets go forward only; use FETCH_FORWARD");
        }
    }

    @Override
    public int getFetchDirection() throws SQLException {
        requireOpen();
        return ResultSet.FETCH_FORWARD;
    }

    @Override
    public void setEscapeProcessing(boolean enable) throws SQLException {
        requireOpen();
        escapeProcessing = enable;
    }

    @Override
    public void setCursorName(String name) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no named cursors; update rows by their key");
    }

    @Override
    public int getResultSetType() throws SQLException {
        requireOpen();
        return ResultSet.TYPE_FORWARD_ONLY;
    }

    @Override
    public int getResultSetConcurrency() throws SQLException {
        requireOpen();
        return ResultSet.CONCUR_READ_ONLY;
    }

    @Override
    public int getResultSetHoldability() throws SQLException {
        requireOpen();
        return ResultSet.CLOSE_CURSORS_AT_COMMIT;
    }

    @Override
    public Connection getConnection() throws SQLException {
        requireOpen();
        return connection;
    }

    @Override
    public void setPoolable(boolean value) throws SQLException {
        requireOpen();
        poolable = value;
    }

    @Override
    public boolean isPoolable() throws SQLException {
        requireOpen();
        return poolable;
    }

    @Override
    public void closeOnCompletion() throws SQLException {
        requireOpen();
        closeOnCompletion = true;
    }

    @Override
    public boolean isCloseOnCompletion() throws SQLException {
        requireOpen();
        return closeOnCompletion;
    }

    @Override
    public SQLWarning getWarnings() throws SQLException {
        requireOpen();
        return null;
    }

    @Override
    public void clearWarnings() throws SQLException {
        requireOpen();
    }
}
