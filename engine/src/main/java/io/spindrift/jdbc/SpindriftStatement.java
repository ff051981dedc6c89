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
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/**
 * Runs SQL text. A string with several statements runs as a whole, in auto-commit as one transaction. A batch in
 * auto-commit is one transaction too: all of it is kept or nothing.
 */
public class SpindriftStatement implements Statement {
    final SpindriftConnection connection;
    private final List<String> batch = new ArrayList<>();
    private Compiled compiled;
    private SpindriftResultSet result;
    private long updateCount = -1;
    private List<Long> keys = List.of();
    private long maxRows;
    private int queryTimeoutSeconds;
    private int fetchSize;
    private boolean closeOnCompletion;
    private boolean poolable;
    private volatile boolean closed;

    SpindriftStatement(SpindriftConnection connection) {
        this.connection = connection;
    }

    /** One statement, compiled by the driver on one physical connection. */
    record Compiled(
            SqlStatement statement, PreparedStatement driver, PhysicalConnection on, int columns, int parameters)
            implements AutoCloseable {

        static Compiled of(SqlStatement statement, PhysicalConnection on) throws SQLException {
            return on.locked(() -> {
                try {
                    PreparedStatement driver = on.sqlite().prepareStatement(statement.sql());
                    return new Compiled(
                            statement,
                            driver,
                            on,
                            ((CoreStatement) driver).pointer.safeRunInt(DB::column_count),
                            driver.getParameterMetaData().getParameterCount());
                } catch (SQLException e) {
                    throw SqlErrors.compileError(e);
                }
            });
        }

        @Override
        public void close() throws SQLException {
            driver.close();
        }
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

    private boolean run(String sql, Wanted wanted, boolean wantKeys) throws SQLException {
        requireOpen();
        if (sql == null) {
            throw SqlErrors.invalidArgument("The SQL text is null");
        }
        forgetResult();
        PhysicalConnection physical = connection.physical();
        SqlStatement statement;
        try {
            statement = physical.classify(sql);
        } catch (SQLException e) {
            throw failed(e);
        }
        closeCompiled();
        if (statement.effect() == Effect.NOTHING) {
            updateCount = 0;
            return false;
        }
        long deadline = deadline();
        if (statement.script()) {
            return runScript(statement, physical, wanted, deadline);
        }
        connection.execute(this, statement.effect(), deadline, () -> {
            compiled = Compiled.of(statement, physical);
            requireFits(compiled, wanted);
            runCompiled(compiled, deadline, wantKeys);
            return null;
        });
        return result != null;
    }

    private boolean runScript(SqlStatement script, PhysicalConnection physical, Wanted wanted, long deadline)
            throws SQLException {
        if (wanted == Wanted.ROWS) {
            throw new SQLNonTransientException(
                    "executeQuery takes one statement, found several; run them one by one", "42000");
        }
        updateCount = connection.execute(this, script.effect(), deadline, () -> {
            long before = physical.db().total_changes();
            physical.db()._exec(script.sql());
            return physical.db().total_changes() - before;
        });
        return false;
    }

    static void requireFits(Compiled compiled, Wanted wanted) throws SQLException {
        if (wanted == Wanted.ROWS && compiled.columns == 0) {
            throw new SQLNonTransientException("The statement returns no rows; call executeUpdate", "07005");
        }
        if (wanted == Wanted.COUNT && compiled.columns != 0) {
            throw new SQLNonTransientException("The statement returns rows; call executeQuery", "07005");
        }
    }

    /** Runs a compiled statement whose parameters are bound. Call from within {@link SpindriftConnection#execute}. */
    final void runCompiled(Compiled statement, long deadline, boolean wantKeys) throws SQLException {
        PreparedStatement driver = statement.driver;
        driver.setMaxRows((int) Math.min(maxRows, Integer.MAX_VALUE));
        long before = statement.on.db().total_changes();
        boolean hasRows = driver.execute();
        if (hasRows) {
            result = statement.statement.effect() == Effect.READ
                    ? SpindriftResultSet.open(this, statement.on, driver.getResultSet(), deadline)
                    : SpindriftResultSet.inMemory(this, driver.getResultSet());
            updateCount = -1;
        } else {
            // DDL leaves the count of the statement before it behind.
            updateCount = statement.on.db().total_changes() == before
                    ? 0
                    : statement.on.db().changes();
        }
        if (wantKeys && statement.statement.insert() && statement.on.db().total_changes() != before) {
            keys = List.of(lastKey(statement.on));
        }
    }

    private static long lastKey(PhysicalConnection on) throws SQLException {
        try (Statement statement = on.sqlite().createStatement();
                ResultSet row = statement.executeQuery("SELECT last_insert_rowid()")) {
            row.next();
            return row.getLong(1);
        }
    }

    final void forgetResult() throws SQLException {
        SpindriftResultSet open = result;
        result = null;
        updateCount = -1;
        keys = List.of();
        if (open != null) {
            open.close();
        }
    }

    final boolean hasResult() {
        return result != null;
    }

    final SpindriftResultSet result() {
        return result;
    }

    final void setUpdateCount(long count) {
        updateCount = count;
    }

    void resultClosed(SpindriftResultSet closedResult) throws SQLException {
        if (closeOnCompletion && closedResult == result) {
            close();
        }
    }

    private void closeCompiled() throws SQLException {
        Compiled open = compiled;
        compiled = null;
        if (open != null) {
            open.close();
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
        run(sql, Wanted.ROWS, false);
        return result;
    }

    @Override
    public boolean execute(String sql) throws SQLException {
        return run(sql, Wanted.EITHER, false);
    }

    @Override
    public boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
        return run(sql, Wanted.EITHER, autoGeneratedKeys == RETURN_GENERATED_KEYS);
    }

    @Override
    public boolean execute(String sql, int[] columnIndexes) throws SQLException {
        return run(sql, Wanted.EITHER, true);
    }

    @Override
    public boolean execute(String sql, String[] columnNames) throws SQLException {
        return run(sql, Wanted.EITHER, true);
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
        return toInt(executeLargeUpdate(sql, RETURN_GENERATED_KEYS));
    }

    @Override
    public int executeUpdate(String sql, String[] columnNames) throws SQLException {
        return toInt(executeLargeUpdate(sql, RETURN_GENERATED_KEYS));
    }

    @Override
    public long executeLargeUpdate(String sql) throws SQLException {
        return executeLargeUpdate(sql, NO_GENERATED_KEYS);
    }

    @Override
    public long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
        run(sql, Wanted.COUNT, autoGeneratedKeys == RETURN_GENERATED_KEYS);
        return updateCount;
    }

    @Override
    public long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
        return executeLargeUpdate(sql, RETURN_GENERATED_KEYS);
    }

    @Override
    public long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
        return executeLargeUpdate(sql, RETURN_GENERATED_KEYS);
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

    /** The rowid of the row inserted last, when keys were asked for; RETURNING tells more. */
    @Override
    public ResultSet getGeneratedKeys() throws SQLException {
        requireOpen();
        return SpindriftResultSet.ofKeys(this, keys);
    }

    @Override
    public void addBatch(String sql) throws SQLException {
        requireOpen();
        batch.add(sql);
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
            try (Compiled entry = Compiled.of(statement, physical)) {
                requireFits(entry, Wanted.COUNT);
                runCompiled(entry, deadline, false);
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
     * Interrupts the statement when it has run for longer; the wait at the writer gate counts too. Measured by SQLite's
     * own progress, so no thread or timer is needed; time spent waiting for a foreign process is not measured.
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
    }

    @Override
    public void setCursorName(String name) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no named cursors; update rows by their key");
    }

    @Override
    public int getResultSetType() {
        return ResultSet.TYPE_FORWARD_ONLY;
    }

    @Override
    public int getResultSetConcurrency() {
        return ResultSet.CONCUR_READ_ONLY;
    }

    @Override
    public int getResultSetHoldability() {
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

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw SqlErrors.invalidArgument("The statement is not a " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }
}
