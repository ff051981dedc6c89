package io.spindrift.jdbc;

import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import io.spindrift.Position;
import io.spindrift.jdbc.SqlStatement.Effect;
import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.ShardingKey;
import java.sql.Statement;
import java.sql.Struct;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.sqlite.SQLiteConnection;

/**
 * The connection an application holds: a handle over a {@link PhysicalConnection}, which several handles may share and
 * which a container may take away between transactions. Transactions are serializable; a conflict is reported as 40001,
 * and the way out is to roll back and run the transaction again.
 */
public final class SpindriftConnection implements Connection {
    /** Reads from the driver's connection. */
    @FunctionalInterface
    interface Read<T> {
        T from(SQLiteConnection driver) throws SQLException;
    }

    private final Set<SpindriftStatement> statements = Collections.newSetFromMap(new IdentityHashMap<>());
    private volatile HandleOwner owner;
    private volatile PhysicalConnection physical;
    private volatile boolean closed;
    private volatile boolean dissociating;
    private volatile boolean readOnly;
    private volatile SQLWarning warnings;

    /** A handle over a physical connection. */
    public SpindriftConnection(PhysicalConnection physical, HandleOwner owner) {
        this.physical = physical;
        this.owner = owner;
    }

    /** A handle that closes its physical connection with itself. */
    public static SpindriftConnection standalone(PhysicalConnection physical) {
        return new SpindriftConnection(physical, handle -> physical.close());
    }

    /** Gives a handle another physical connection and owner; its statements go on with them. */
    public void associate(PhysicalConnection connection, HandleOwner newOwner) {
        owner = newOwner;
        physical = connection;
    }

    /** Who handed it out. */
    public HandleOwner owner() {
        return owner;
    }

    /**
     * Takes the physical connection away; what runs on another thread is cancelled, result sets close, and the next use
     * asks the owner for another.
     */
    public void dissociate() {
        dissociating = true;
        cancelStatements();
        for (SpindriftStatement statement : openStatements()) {
            statement.release();
        }
        physical = null;
        dissociating = false;
    }

    private void cancelStatements() {
        PhysicalConnection connection = physical;
        if (connection != null) {
            connection.cancelAll(this);
        }
    }

    /**
     * Asked under the physical connection's lock: while a statement waited for it, the handle may have been closed, or
     * the physical connection given to somebody else.
     */
    void requireStillOn(PhysicalConnection connection) throws SQLException {
        if (closed || dissociating || physical != connection) {
            throw new SQLNonTransientException(
                    "The connection was closed, or taken back by its pool, by another thread before the statement ran;"
                            + " get a new one from the data source",
                    "08003");
        }
    }

    /** The connection below; asks the owner for one if it was taken away. */
    PhysicalConnection physical() throws SQLException {
        requireOpen();
        PhysicalConnection connection = physical;
        if (connection == null) {
            owner.reassociate(this);
            connection = physical;
            if (connection == null) {
                throw SqlErrors.closed("The connection could not be given a physical connection again");
            }
        }
        return connection;
    }

    private void requireOpen() throws SQLException {
        if (closed) {
            throw SqlErrors.closed("The connection is closed");
        }
    }

    /** Runs a statement and tells the owner if that began a transaction or broke the connection. */
    <T> T execute(SpindriftStatement statement, Effect effect, long deadline, PhysicalConnection.Call<T> call)
            throws SQLException {
        PhysicalConnection connection = physical();
        if (readOnly && (effect == Effect.WRITE || effect == Effect.WRITE_ALONE)) {
            throw new SQLNonTransientException(
                    "The connection was set read-only with setReadOnly(true); set it back before it writes", "25006");
        }
        return starting(connection, () -> connection.execute(statement, effect, deadline, call));
    }

    <T> T read(Read<T> read) throws SQLException {
        PhysicalConnection connection = physical();
        return execute(null, Effect.READ, Long.MAX_VALUE, () -> read.from(connection.sqlite()));
    }

    private <T> T starting(PhysicalConnection connection, PhysicalConnection.Call<T> call) throws SQLException {
        boolean idle = !connection.inTransaction();
        try {
            return call.run();
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            if (idle && connection.inTransaction() && !connection.managed()) {
                owner.transactionStarted(this);
            }
        }
    }

    /** Tells the owner of an error after which the connection should not be used. */
    SQLException failed(SQLException error) {
        if (SqlErrors.isFatal(error)) {
            owner.failed(this, error);
        }
        return error;
    }

    /** What commits of this connection wait for; at first what its connection factory or database says. */
    public Durability getDurability() throws SQLException {
        return physical().durability();
    }

    /** Sets what commits of this connection wait for, until it is closed. */
    public void setDurability(Durability durability) throws SQLException {
        if (durability == Durability.REPLICA && !physical().replicated()) {
            throw SqlErrors.unsupported("Database " + physical().database() + " has no replica to be durable in;"
                    + " set its replica-url, or ask for LOCAL");
        }
        physical().setDurability(durability);
        owner.durabilitySet(this);
    }

    /**
     * The position that holds the last commit made through this connection, {@link Position#NONE} if there was none:
     * that of the first group of commits that surely does, which may be one group late and is never early.
     */
    public Position lastPosition() throws SQLException {
        return physical().lastPosition();
    }

    private void requireLocalTransaction(PhysicalConnection connection, String method) throws SQLException {
        if (connection.managed()) {
            throw SqlErrors.invalidState(method + " is not allowed inside a container's transaction; end it through"
                    + " the container (return from the transactional method, or UserTransaction)");
        }
        if (connection.autoCommit()) {
            throw SqlErrors.invalidState(
                    method + " is not allowed in auto-commit mode; call setAutoCommit(false) before the transaction");
        }
    }

    @Override
    public void setAutoCommit(boolean value) throws SQLException {
        PhysicalConnection connection = physical();
        if (connection.managed()) {
            if (value) {
                throw SqlErrors.invalidState("setAutoCommit(true) is not allowed inside a container's transaction");
            }
            return;
        }
        boolean commits = value && connection.inTransaction();
        try {
            connection.setAutoCommit(value);
        } catch (SQLException e) {
            throw failed(e);
        }
        if (commits) {
            owner.transactionCommitted(this);
        }
    }

    @Override
    public boolean getAutoCommit() throws SQLException {
        PhysicalConnection connection = physical();
        return connection.autoCommit() && !connection.managed();
    }

    @Override
    public void commit() throws SQLException {
        PhysicalConnection connection = physical();
        requireLocalTransaction(connection, "commit");
        boolean open = connection.inTransaction();
        try {
            connection.commit();
        } catch (SQLException e) {
            if (DurabilityUnknownException.SQL_STATE.equals(e.getSQLState())) {
                owner.transactionCommitted(this);
            } else if (!connection.inTransaction()) {
                owner.transactionRolledBack(this);
            }
            throw failed(e);
        }
        if (open) {
            owner.transactionCommitted(this);
        }
    }

    @Override
    public void rollback() throws SQLException {
        PhysicalConnection connection = physical();
        requireLocalTransaction(connection, "rollback");
        boolean open = connection.inTransaction();
        connection.rollback();
        if (open) {
            owner.transactionRolledBack(this);
        }
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        return setSavepoint(null);
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        PhysicalConnection connection = physical();
        if (!connection.managed()) {
            requireLocalTransaction(connection, "setSavepoint");
        }
        return starting(connection, () -> connection.setSavepoint(name));
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        physical().rollback(savepoint);
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        physical().release(savepoint);
    }

    @Override
    public void close() throws SQLException {
        synchronized (statements) {
            if (closed) {
                return;
            }
            closed = true;
        }
        cancelStatements();
        for (SpindriftStatement statement : openStatements()) {
            statement.closeQuietly();
        }
        owner.closed(this);
        physical = null;
    }

    @Override
    public boolean isClosed() {
        PhysicalConnection connection = physical;
        return closed || connection != null && connection.isClosed();
    }

    @Override
    public boolean isValid(int timeoutSeconds) throws SQLException {
        if (timeoutSeconds < 0) {
            throw SqlErrors.invalidArgument("A timeout is 0 or more seconds, found " + timeoutSeconds);
        }
        PhysicalConnection connection = physical;
        long deadline = timeoutSeconds == 0
                ? System.nanoTime() + TimeUnit.DAYS.toNanos(1)
                : System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
        return !closed && connection != null && connection.isValid(deadline);
    }

    /** Interrupts what runs and makes the connection unusable at once; closing it is given to the executor. */
    @Override
    public void abort(Executor executor) throws SQLException {
        if (executor == null) {
            throw SqlErrors.invalidArgument("abort needs an executor, found null");
        }
        PhysicalConnection connection = physical;
        if (closed || connection == null) {
            return;
        }
        connection.abort();
        owner.failed(this, SqlErrors.closed("The connection was aborted"));
        executor.execute(() -> {
            try {
                connection.close();
            } catch (SQLException e) {
                owner.failed(this, e);
            }
        });
    }

    @Override
    public Statement createStatement() throws SQLException {
        physical();
        return opened(new SpindriftStatement(this));
    }

    @Override
    public Statement createStatement(int type, int concurrency) throws SQLException {
        requireForwardReadOnly(type, concurrency);
        return createStatement();
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
        requireCloseAtCommit(holdability);
        return createStatement(type, concurrency);
    }

    @Override
    public PreparedStatement prepareStatement(String sql) throws SQLException {
        return prepare(sql, WantedKeys.NONE);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
        return prepare(sql, WantedKeys.of(autoGeneratedKeys));
    }

    private PreparedStatement prepare(String sql, WantedKeys keys) throws SQLException {
        return starting(physical(), () -> opened(new SpindriftPreparedStatement(this, sql, keys)));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
        return prepare(sql, WantedKeys.of(columnIndexes));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
        return prepare(sql, WantedKeys.of(columnNames));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
        requireForwardReadOnly(type, concurrency);
        return prepareStatement(sql);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        requireCloseAtCommit(holdability);
        return prepareStatement(sql, type, concurrency);
    }

    private <S extends SpindriftStatement> S opened(S statement) {
        synchronized (statements) {
            statements.add(statement);
        }
        return statement;
    }

    void closed(SpindriftStatement statement) {
        synchronized (statements) {
            statements.remove(statement);
        }
    }

    private List<SpindriftStatement> openStatements() {
        synchronized (statements) {
            return new ArrayList<>(statements);
        }
    }

    private static void requireForwardReadOnly(int type, int concurrency) throws SQLException {
        if (type != ResultSet.TYPE_FORWARD_ONLY || concurrency != ResultSet.CONCUR_READ_ONLY) {
            throw SqlErrors.unsupported("Result sets are forward only and read-only; use TYPE_FORWARD_ONLY and"
                    + " CONCUR_READ_ONLY, and LIMIT and OFFSET to page");
        }
    }

    private static void requireCloseAtCommit(int holdability) throws SQLException {
        if (holdability != ResultSet.CLOSE_CURSORS_AT_COMMIT) {
            throw SqlErrors.unsupported("Result sets close when the transaction ends; use CLOSE_CURSORS_AT_COMMIT, and"
                    + " read the rows before the commit");
        }
    }

    @Override
    public CallableStatement prepareCall(String sql) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no stored procedures; run the statements from Java");
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
        return prepareCall(sql);
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException {
        return prepareCall(sql);
    }

    @Override
    public String nativeSQL(String sql) throws SQLException {
        requireOpen();
        return SqlEscapes.translate(SpindriftStatement.requireText(sql));
    }

    @Override
    public DatabaseMetaData getMetaData() throws SQLException {
        physical();
        return new SpindriftDatabaseMetaData(this);
    }

    /** Refuses writes through this handle until it is set back; a read-only data source cannot be made writable. */
    @Override
    public void setReadOnly(boolean value) throws SQLException {
        if (!value && physical().options().readOnly()) {
            warnings = new SQLWarning("The data source is read-only, and so its connections stay", "01000");
        }
        physical();
        readOnly = value;
    }

    @Override
    public boolean isReadOnly() throws SQLException {
        return physical().options().readOnly() || readOnly;
    }

    /** Every level is served by SERIALIZABLE, the only one SQLite has; a warning says so when a lower one is asked for. */
    @Override
    public void setTransactionIsolation(int level) throws SQLException {
        requireOpen();
        switch (level) {
            case TRANSACTION_SERIALIZABLE -> {}
            case TRANSACTION_READ_UNCOMMITTED, TRANSACTION_READ_COMMITTED, TRANSACTION_REPEATABLE_READ ->
                warnings = new SQLWarning("Transactions are SERIALIZABLE, the only level of SQLite", "01000");
            default ->
                throw SqlErrors.unsupported("Transaction isolation " + level
                        + " is not available; use TRANSACTION_SERIALIZABLE, or auto-commit for no transaction");
        }
    }

    @Override
    public int getTransactionIsolation() throws SQLException {
        requireOpen();
        return TRANSACTION_SERIALIZABLE;
    }

    @Override
    public void setHoldability(int holdability) throws SQLException {
        requireOpen();
        requireCloseAtCommit(holdability);
    }

    @Override
    public int getHoldability() throws SQLException {
        requireOpen();
        return ResultSet.CLOSE_CURSORS_AT_COMMIT;
    }

    @Override
    public SQLWarning getWarnings() throws SQLException {
        requireOpen();
        return warnings;
    }

    @Override
    public void clearWarnings() throws SQLException {
        requireOpen();
        warnings = null;
    }

    /** There is one catalog, without a name. */
    @Override
    public void setCatalog(String catalog) throws SQLException {
        requireOpen();
        if (catalog != null && !catalog.isEmpty()) {
            throw SqlErrors.unsupported("SQLite has no catalogs; a connection has one database, and another database"
                    + " has a data source of its own");
        }
    }

    @Override
    public String getCatalog() throws SQLException {
        requireOpen();
        return null;
    }

    /** Names are looked up in {@code temp}, then {@code main}; no other order can be set. */
    @Override
    public void setSchema(String schema) throws SQLException {
        requireOpen();
        if (schema != null && !schema.isEmpty() && !schema.equalsIgnoreCase("main")) {
            throw SqlErrors.unsupported("A connection's schema is main and cannot be changed; write the schema in front"
                    + " of the table's name");
        }
    }

    @Override
    public String getSchema() throws SQLException {
        requireOpen();
        return null;
    }

    @Override
    public Map<String, Class<?>> getTypeMap() throws SQLException {
        requireOpen();
        return Map.of();
    }

    @Override
    public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
        requireOpen();
        if (map != null && !map.isEmpty()) {
            throw SqlErrors.unsupported("SQLite has no user-defined types; call getObject(int, Class)");
        }
    }

    @Override
    public void setClientInfo(String name, String value) throws SQLClientInfoException {
        requireOpenForClientInfo();
        warnings = new SQLWarning("Client information is not kept: " + name, "01000");
    }

    @Override
    public void setClientInfo(Properties properties) throws SQLClientInfoException {
        requireOpenForClientInfo();
        warnings = new SQLWarning("Client information is not kept", "01000");
    }

    private void requireOpenForClientInfo() throws SQLClientInfoException {
        if (closed) {
            throw new SQLClientInfoException("The connection is closed", "08003", Map.of());
        }
    }

    @Override
    public String getClientInfo(String name) throws SQLException {
        requireOpen();
        return null;
    }

    @Override
    public Properties getClientInfo() throws SQLException {
        requireOpen();
        return new Properties();
    }

    @Override
    public void setNetworkTimeout(Executor executor, int milliseconds) throws SQLException {
        throw SqlErrors.unsupported("There is no network between the application and SQLite; use setQueryTimeout");
    }

    @Override
    public int getNetworkTimeout() throws SQLException {
        requireOpen();
        return 0;
    }

    @Override
    public Clob createClob() throws SQLException {
        requireOpen();
        return new MemoryClob("");
    }

    @Override
    public Blob createBlob() throws SQLException {
        requireOpen();
        return new MemoryBlob(new byte[0]);
    }

    @Override
    public NClob createNClob() throws SQLException {
        requireOpen();
        return new MemoryClob("");
    }

    @Override
    public SQLXML createSQLXML() throws SQLException {
        throw SqlErrors.unsupported("SQLite has no XML type; bind the text with setString");
    }

    @Override
    public Array createArrayOf(String typeName, Object[] elements) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no arrays; bind JSON with setString and read it with json_each");
    }

    @Override
    public void setShardingKey(ShardingKey key) throws SQLException {
        throw UnshardedConnectionBuilder.noShards();
    }

    @Override
    public void setShardingKey(ShardingKey key, ShardingKey superKey) throws SQLException {
        throw UnshardedConnectionBuilder.noShards();
    }

    @Override
    public boolean setShardingKeyIfValid(ShardingKey key, int timeout) throws SQLException {
        throw UnshardedConnectionBuilder.noShards();
    }

    @Override
    public boolean setShardingKeyIfValid(ShardingKey key, ShardingKey superKey, int timeout) throws SQLException {
        throw UnshardedConnectionBuilder.noShards();
    }

    @Override
    public Struct createStruct(String typeName, Object[] attributes) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no structures; use a table or JSON");
    }

    /** This handle, or the driver's connection; what is done through the driver passes no gate and no rule. */
    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type == null) {
            throw SqlErrors.invalidArgument("unwrap needs a type, found null");
        }
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        PhysicalConnection connection = physical();
        if (type.isInstance(connection)) {
            return type.cast(connection);
        }
        if (type.isInstance(connection.sqlite())) {
            return type.cast(connection.sqlite());
        }
        throw SqlErrors.invalidArgument("The connection is not a " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type != null
                && (type.isInstance(this)
                        || type.isAssignableFrom(PhysicalConnection.class)
                        || type.isAssignableFrom(SQLiteConnection.class));
    }
}
