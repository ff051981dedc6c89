package io.spindrift.rar;

import io.spindrift.jdbc.SpindriftConnection;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.LazyAssociatableConnectionManager;
import jakarta.resource.spi.LocalTransactionException;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A server's pool of one connection, with its transactions, as small as it can be. */
final class TestPool implements ConnectionManager, LazyAssociatableConnectionManager {
    private static final long serialVersionUID = 1L;

    final transient List<String> events = new ArrayList<>();
    transient SpindriftManagedConnection managed;
    private transient boolean inTransaction;

    @Override
    public Object allocateConnection(ManagedConnectionFactory factory, ConnectionRequestInfo info)
            throws ResourceException {
        ManagedConnection matching =
                managed == null ? null : factory.matchManagedConnections(Set.of(managed), null, info);
        if (matching == null) {
            managed = (SpindriftManagedConnection) factory.createManagedConnection(null, info);
            managed.addConnectionEventListener(new Recorder());
            if (inTransaction) {
                managed.getLocalTransaction().begin();
            }
        }
        return managed.getConnection(null, info);
    }

    @Override
    public void associateConnection(Object handle, ManagedConnectionFactory factory, ConnectionRequestInfo info)
            throws ResourceException {
        managed.associateConnection(handle);
    }

    @Override
    public void inactiveConnectionClosed(Object handle, ManagedConnectionFactory factory) {
        events.add("inactive closed");
    }

    void begin() throws ResourceException {
        inTransaction = true;
        if (managed != null) {
            managed.getLocalTransaction().begin();
        }
    }

    /** As Liberty ends a transaction: after a commit that failed there is no rollback, only a cleanup. */
    void commit() throws ResourceException {
        inTransaction = false;
        try {
            managed.getLocalTransaction().commit();
        } catch (LocalTransactionException e) {
            events.add("commit failed");
            throw e;
        } finally {
            managed.dissociateConnections();
            managed.cleanup();
        }
    }

    void rollback() throws ResourceException {
        inTransaction = false;
        managed.getLocalTransaction().rollback();
        managed.dissociateConnections();
        managed.cleanup();
    }

    /** Forgets a transaction whose connection was destroyed. */
    void forgetTransaction() {
        inTransaction = false;
    }

    private final class Recorder implements ConnectionEventListener {
        @Override
        public void connectionClosed(ConnectionEvent event) {
            events.add("closed " + (event.getConnectionHandle() instanceof SpindriftConnection));
        }

        @Override
        public void localTransactionStarted(ConnectionEvent event) {
            events.add("started");
        }

        @Override
        public void localTransactionCommitted(ConnectionEvent event) {
            events.add("committed");
        }

        @Override
        public void localTransactionRolledback(ConnectionEvent event) {
            events.add("rolled back");
        }

        @Override
        public void connectionErrorOccurred(ConnectionEvent event) {
            events.add("error");
        }
    }
}
