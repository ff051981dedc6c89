package io.spindrift.rar;

import io.spindrift.ConfigKey;
import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.RestorePoint;
import io.spindrift.SpindriftException;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.PhysicalConnection;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionFactory;
import jakarta.resource.spi.ResourceAdapter;
import jakarta.resource.spi.ResourceAdapterAssociation;
import jakarta.resource.spi.ValidatingManagedConnectionFactory;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import javax.security.auth.Subject;
import javax.sql.DataSource;

/**
 * Connects to one database. In {@code server.xml} its properties are attributes of the same names:
 * {@code <properties.spindrift database="ledger" readOnly="true" transactionMode="immediate" busyTimeout="5s"
 * durability="replica"/>}.
 * What is not set there comes from the database's own configuration.
 */
public class SpindriftManagedConnectionFactory
        implements ManagedConnectionFactory, ResourceAdapterAssociation, ValidatingManagedConnectionFactory {
    private static final long serialVersionUID = 1L;

    private String database;
    private Boolean readOnly;
    private String transactionMode;
    private String conflictDetection;
    private String busyTimeout;
    private String durability;
    private String asOf;
    private transient SpindriftResourceAdapter adapter;
    private transient PrintWriter logWriter;

    /** The database's name. */
    public String getDatabase() {
        return database;
    }

    public void setDatabase(String value) {
        database = value;
    }

    /** Whether its connections never write. */
    public Boolean getReadOnly() {
        return readOnly;
    }

    public void setReadOnly(Boolean value) {
        readOnly = value;
    }

    /** {@code optimistic} or {@code immediate}. */
    public String getTransactionMode() {
        return transactionMode;
    }

    public void setTransactionMode(String value) {
        transactionMode = value;
    }

    /** {@code values} or {@code snapshot}. */
    public String getConflictDetection() {
        return conflictDetection;
    }

    public void setConflictDetection(String value) {
        conflictDetection = value;
    }

    /** How long SQLite waits for a lock of another process. */
    public String getBusyTimeout() {
        return busyTimeout;
    }

    public void setBusyTimeout(String value) {
        busyTimeout = value;
    }

    /** What a commit waits for: {@code async}, {@code local} or {@code replica}. */
    public String getDurability() {
        return durability;
    }

    public void setDurability(String value) {
        durability = value;
    }

    /** The point of the past that connections read: a position or a time. */
    public String getAsOf() {
        return asOf;
    }

    public void setAsOf(String value) {
        asOf = value;
    }

    @Override
    public ResourceAdapter getResourceAdapter() {
        return adapter;
    }

    @Override
    public void setResourceAdapter(ResourceAdapter value) throws ResourceException {
        if (!(value instanceof SpindriftResourceAdapter spindrift)) {
            throw new ResourceException("The connection factory belongs to a SpindriftResourceAdapter, found " + value);
        }
        adapter = spindrift;
    }

    @Override
    public DataSource createConnectionFactory(ConnectionManager connections) {
        return new SpindriftDataSource(this, connections);
    }

    /** Outside a server: every connection is new. */
    @Override
    public DataSource createConnectionFactory() {
        return new SpindriftDataSource(this, new UnpooledConnections());
    }

    @Override
    public ManagedConnection createManagedConnection(Subject subject, ConnectionRequestInfo info)
            throws ResourceException {
        SpindriftResourceAdapter opened = requireAdapter();
        ConnectionOptions options = options(opened.database(database));
        return new SpindriftManagedConnection(this, opened.connect(database, options));
    }

    private SpindriftResourceAdapter requireAdapter() throws ResourceException {
        if (adapter == null) {
            throw new ResourceException("The connection factory of database " + database
                    + " has no resource adapter; configure it beside a <resourceAdapter> that has started");
        }
        return adapter;
    }

    private ConnectionOptions options(Database opened) throws ResourceException {
        DatabaseConfig defaults = opened.config();
        DatabaseConfig.Builder own =
                DatabaseConfig.builder().name(defaults.name()).path(defaults.path());
        defaults.replica().ifPresent(own::replica); // what may be asked of durability depends on it
        own.set(ConfigKey.DURABILITY, word(durability, defaults.durability()));
        own.set(ConfigKey.TRANSACTION_MODE, word(transactionMode, defaults.transactionMode()));
        own.set(ConfigKey.CONFLICT_DETECTION, word(conflictDetection, defaults.conflictDetection()));
        own.set(ConfigKey.VALIDATION_MAX, defaults.validationMax().toString());
        own.set(ConfigKey.BUSY_TIMEOUT, word(busyTimeout, defaults.busyTimeout()));
        try {
            ConnectionOptions options = ConnectionOptions.of(own.build()).withReadOnly(Boolean.TRUE.equals(readOnly));
            return asOf == null || asOf.isBlank() ? options : options.withAsOf(RestorePoint.parse(asOf.strip()));
        } catch (SpindriftException | IllegalArgumentException e) {
            throw new ResourceException("The connection factory of database " + database + ": " + e.getMessage(), e);
        }
    }

    private static String word(String set, Object otherwise) {
        return set != null && !set.isBlank()
                ? set.strip()
                : otherwise.toString().toLowerCase(java.util.Locale.ROOT);
    }

    /** Has the server's transaction wait at its end; null where there is none to wait for. */
    DurableCompletion afterCompletion(PhysicalConnection connection) {
        return adapter.afterCompletion(connection.database());
    }

    void close(PhysicalConnection connection) throws SQLException {
        adapter.close(connection);
    }

    @Override
    public ManagedConnection matchManagedConnections(
            @SuppressWarnings("rawtypes") Set candidates, Subject subject, ConnectionRequestInfo info) {
        for (Object candidate : candidates) {
            if (candidate instanceof SpindriftManagedConnection connection && connection.serves(this)) {
                return connection;
            }
        }
        return null;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Set getInvalidConnections(Set candidates) {
        Set<Object> invalid = new HashSet<>();
        for (Object candidate : candidates) {
            if (candidate instanceof SpindriftManagedConnection connection && !connection.usable()) {
                invalid.add(connection);
            }
        }
        return invalid;
    }

    @Override
    public void setLogWriter(PrintWriter out) {
        logWriter = out;
    }

    @Override
    public PrintWriter getLogWriter() {
        return logWriter;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SpindriftManagedConnectionFactory that
                && Objects.equals(database, that.database)
                && Objects.equals(readOnly, that.readOnly)
                && Objects.equals(transactionMode, that.transactionMode)
                && Objects.equals(conflictDetection, that.conflictDetection)
                && Objects.equals(busyTimeout, that.busyTimeout)
                && Objects.equals(durability, that.durability)
                && Objects.equals(asOf, that.asOf)
                && Objects.equals(adapter, that.adapter);
    }

    @Override
    public int hashCode() {
        return Objects.hash(database, readOnly, transactionMode, conflictDetection, busyTimeout, durability, asOf);
    }
}
