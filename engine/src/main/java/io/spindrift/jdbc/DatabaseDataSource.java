package io.spindrift.jdbc;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.ShardingKeyBuilder;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A data source whose every connection is a new physical one: for plain Java and for pools such as HikariCP or Agroal.
 * Thread-safe.
 */
public final class DatabaseDataSource implements DataSource, Unwrapping {
    private final Connector connector;

    /** Opens physical connections. */
    @FunctionalInterface
    public interface Connector {
        PhysicalConnection connect() throws SQLException;
    }

    public DatabaseDataSource(Connector connector) {
        this.connector = connector;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return SpindriftConnection.standalone(connector.connect());
    }

    /** Not supported: a SQLite database has no users. */
    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException(
                "A SQLite database has no users; call getConnection() without a name and a password", "0A000");
    }

    @Override
    public ConnectionBuilder createConnectionBuilder() {
        return new UnshardedConnectionBuilder(this);
    }

    /** Not supported: a database has no shards. */
    @Override
    public ShardingKeyBuilder createShardingKeyBuilder() throws SQLException {
        return UnshardedConnectionBuilder.createShardingKeyBuilder();
    }

    @Override
    public PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) {
        // Nothing is logged here.
    }

    @Override
    public void setLoginTimeout(int seconds) {
        // Opening a local file does not wait.
    }

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("Spindrift logs through listeners, not java.util.logging", "0A000");
    }
}
