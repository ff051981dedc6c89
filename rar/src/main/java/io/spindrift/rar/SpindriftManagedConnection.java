package io.spindrift.rar;

import io.spindrift.Durability;
import io.spindrift.jdbc.HandleOwner;
import io.spindrift.jdbc.PhysicalConnection;
import io.spindrift.jdbc.SpindriftConnection;
import jakarta.resource.NotSupportedException;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.DissociatableManagedConnection;
import jakarta.resource.spi.LazyAssociatableConnectionManager;
import jakarta.resource.spi.LocalTransaction;
import jakarta.resource.spi.LocalTransactionException;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionMetaData;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.security.auth.Subject;
import javax.transaction.xa.XAResource;

/**
 * One physical connection in the server's pool, shared by any number of handles. The server begins and ends transactions
 * through {@link #getLocalTransaction()}; an error that breaks the connection ends its transaction too, so that the
 * server cannot commit what is left of it.
 */
final class SpindriftManagedConnection implements ManagedConnection, DissociatableManagedConnection, HandleOwner {
    private final SpindriftManagedConnectionFactory factory;
    private final PhysicalConnection physical;
    private final List<ConnectionEventListener> listeners = new CopyOnWriteArrayList<>();
    private final Set<SpindriftConnection> handles = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean errorReported = new AtomicBoolean();
    private volatile ConnectionManager pool;
    /** Of the server's transaction that is under way, if its commit has to wait. */
    private volatile DurableCompletion completion;

    private volatile PrintWriter logWriter;

    SpindriftManagedConnection(SpindriftManagedConnectionFactory factory, PhysicalConnection physical) {
        this.factory = factory;
        this.physical = physical;
    }

    boolean usable() {
        return !physical.isClosed() && !errorReported.get();
    }

    boolean serves(SpindriftManagedConnectionFactory other) {
        return factory.equals(other) && usable();
    }

    /** The pool it was handed out by, which can bring a dissociated handle back to life. */
    void handedOutBy(ConnectionManager connections) {
        pool = connections;
    }

    @Override
    public SpindriftConnection getConnection(Subject subject, ConnectionRequestInfo info) throws ResourceException {
        requireUsable();
        SpindriftConnection handle = new SpindriftConnection(physical, this);
        handles.add(handle);
        return handle;
    }

    private void requireUsable() throws ResourceException {
        if (!usable()) {
            throw new ResourceException(
                    "The connection to database " + physical.database() + " is closed; get another one");
        }
    }

    @Override
    public void associateConnection(Object connection) throws ResourceException {
        requireUsable();
        if (!(connection instanceof SpindriftConnection handle)) {
            throw new ResourceException("Only a SpindriftConnection can be associated, found " + connection);
        }
        if (handle.owner() instanceof SpindriftManagedConnection before && before != this) {
            before.handles.remove(handle);
            handle.dissociate();
        }
        handle.associate(physical, this);
        handles.add(handle);
    }

    @Override
    public void dissociateConnections() {
        for (SpindriftConnection handle : new ArrayList<>(handles)) {
            handle.dissociate();
        }
        handles.clear();
    }

    /** Rolls back what a failed commit may have left open, and forgets everything an application set. */
    @Override
    public void cleanup() throws ResourceException {
        dissociateConnections();
        try {
            physical.reset();
        } catch (SQLException e) {
            throw new ResourceException(e.getMessage(), e);
        }
    }

    @Override
    public void destroy() throws ResourceException {
        dissociateConnections();
        try {
            factory.close(physical);
        } catch (SQLException e) {
            throw new ResourceException(e.getMessage(), e);
        }
    }

    @Override
    public LocalTransaction getLocalTransaction() {
        return new LocalTransaction() {
            @Override
            public void begin() throws ResourceException {
                run(physical::beginManaged);
                completion = null;
                awaitDurabilityAfterCompletion();
            }

            @Override
            public void commit() throws ResourceException {
                run(physical::commit);
                DurableCompletion waiting = completion;
                if (waiting != null) {
                    waiting.committed(physical.takeOwedWait());
                }
            }

            @Override
            public void rollback() throws ResourceException {
                run(physical::rollback);
            }
        };
    }

    private void awaitDurabilityAfterCompletion() {
        if (completion == null && physical.durability() != Durability.ASYNC) {
            completion = factory.afterCompletion(physical);
        }
    }

    /** Inside a transaction of the server this is the last moment to ask for its end. */
    @Override
    public void durabilitySet(SpindriftConnection handle) {
        if (physical.managed()) {
            awaitDurabilityAfterCompletion();
        }
    }

    @FunctionalInterface
    private interface Step {
        void run() throws SQLException;
    }

    private static void run(Step step) throws LocalTransactionException {
        try {
            step.run();
        } catch (SQLException e) {
            throw new LocalTransactionException(e.getMessage(), e);
        }
    }

    @Override
    public XAResource getXAResource() throws ResourceException {
        throw new NotSupportedException(
                "SQLite takes part in local transactions only: use one database in a transaction");
    }

    @Override
    public void closed(SpindriftConnection handle) {
        if (handles.remove(handle)) {
            ConnectionEvent event = new ConnectionEvent(this, ConnectionEvent.CONNECTION_CLOSED);
            event.setConnectionHandle(handle);
            listeners.forEach(listener -> listener.connectionClosed(event));
        } else if (pool instanceof LazyAssociatableConnectionManager lazy) {
            lazy.inactiveConnectionClosed(handle, factory);
        }
    }

    @Override
    public void failed(SpindriftConnection handle, SQLException error) {
        if (errorReported.compareAndSet(false, true)) {
            ConnectionEvent event = new ConnectionEvent(this, ConnectionEvent.CONNECTION_ERROR_OCCURRED, error);
            event.setConnectionHandle(handle);
            listeners.forEach(listener -> listener.connectionErrorOccurred(event));
        }
    }

    @Override
    public void transactionStarted(SpindriftConnection handle) {
        ConnectionEvent event = event(ConnectionEvent.LOCAL_TRANSACTION_STARTED, handle);
        listeners.forEach(listener -> listener.localTransactionStarted(event));
    }

    @Override
    public void transactionCommitted(SpindriftConnection handle) {
        ConnectionEvent event = event(ConnectionEvent.LOCAL_TRANSACTION_COMMITTED, handle);
        listeners.forEach(listener -> listener.localTransactionCommitted(event));
    }

    @Override
    public void transactionRolledBack(SpindriftConnection handle) {
        ConnectionEvent event = event(ConnectionEvent.LOCAL_TRANSACTION_ROLLEDBACK, handle);
        listeners.forEach(listener -> listener.localTransactionRolledback(event));
    }

    private ConnectionEvent event(int id, SpindriftConnection handle) {
        ConnectionEvent event = new ConnectionEvent(this, id);
        event.setConnectionHandle(handle);
        return event;
    }

    /** Asks the pool for a connection for a handle that outlived its transaction. */
    @Override
    public void reassociate(SpindriftConnection handle) throws SQLException {
        if (!(pool instanceof LazyAssociatableConnectionManager lazy)) {
            HandleOwner.super.reassociate(handle);
            return;
        }
        try {
            lazy.associateConnection(handle, factory, null);
        } catch (ResourceException e) {
            throw SpindriftDataSource.translate(e);
        }
    }

    @Override
    public void addConnectionEventListener(ConnectionEventListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeConnectionEventListener(ConnectionEventListener listener) {
        listeners.remove(listener);
    }

    @Override
    public ManagedConnectionMetaData getMetaData() {
        return new ManagedConnectionMetaData() {
            @Override
            public String getEISProductName() {
                return "SQLite";
            }

            @Override
            public String getEISProductVersion() {
                return org.sqlite.SQLiteJDBCLoader.getVersion();
            }

            @Override
            public int getMaxConnections() {
                return 0;
            }

            @Override
            public String getUserName() {
                return "";
            }
        };
    }

    @Override
    public void setLogWriter(PrintWriter out) {
        logWriter = out;
    }

    @Override
    public PrintWriter getLogWriter() {
        return logWriter;
    }
}
