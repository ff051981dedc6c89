package io.spindrift.rar;

import io.spindrift.jdbc.SpindriftConnection;
import io.spindrift.jdbc.UnshardedConnectionBuilder;
import jakarta.resource.Referenceable;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ResourceAllocationException;
import java.io.PrintWriter;
import java.io.Serializable;
import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.sql.ShardingKeyBuilder;
import java.util.logging.Logger;
import javax.naming.Reference;
import javax.sql.DataSource;

/** What applications inject. Holds no state of its own: servers create one for every lookup. */
public final class SpindriftDataSource implements DataSource, Serializable, Referenceable {
    private static final long serialVersionUID = 1L;

    private final SpindriftManagedConnectionFactory factory;
    private final ConnectionManager connections;
    private Reference reference;

    SpindriftDataSource(SpindriftManagedConnectionFactory factory, ConnectionManager connections) {
        this.factory = factory;
        this.connections = connections;
    }

    @Override
    public Connection getConnection() throws SQLException {
        try {
            SpindriftConnection handle = (SpindriftConnection) connections.allocateConnection(factory, null);
            if (handle.owner() instanceof SpindriftManagedConnection managed) {
                managed.handedOutBy(connections);
            }
            return handle;
        } catch (ResourceException e) {
            throw translate(e);
        }
    }

    /** The database's own error if there is one; a full pool is transient. */
    static SQLException translate(ResourceException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException error) {
                return error;
            }
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ResourceAllocationException) {
                return new SQLTransientConnectionException(e.getMessage(), "08001", e);
            }
        }
        return new SQLNonTransientConnectionException(e.getMessage(), "08001", e);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException(
                "A SQLite database has no users; call getConnection() without a name and a password", "0A000");
    }

    @Override
    public ConnectionBuilder createConnectionBuilder() {
        return new UnshardedConnectionBuilder(this);
    }

    @Override
    public ShardingKeyBuilder createShardingKeyBuilder() throws SQLException {
        return UnshardedConnectionBuilder.createShardingKeyBuilder();
    }

    @Override
    public void setReference(Reference value) {
        reference = value;
    }

    @Override
    public Reference getReference() {
        return reference;
    }

    @Override
    public PrintWriter getLogWriter() {
        return factory.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) {
        factory.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        if (seconds != 0) {
            throw new SQLFeatureNotSupportedException(
                    "The wait for a connection is the pool's; set connectionTimeout of its connectionManager", "0A000");
        }
    }

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("The adapter logs as io.spindrift through System.Logger", "0A000");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLNonTransientConnectionException("The data source is not a " + type.getName(), "HY024");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }
}
