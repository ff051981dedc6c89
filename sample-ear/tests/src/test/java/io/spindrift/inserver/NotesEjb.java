package io.spindrift.inserver;

import io.spindrift.SyncEngine;
import io.spindrift.retry.Transactions;
import jakarta.annotation.Resource;
import jakarta.ejb.SessionContext;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A session bean with the data source, the only sync engine there is, and the persistence unit. */
@Stateless
public class NotesEjb {
    @Resource(lookup = "jdbc/probe")
    private DataSource dataSource;

    @Resource
    private SessionContext context;

    @Inject
    private SyncEngine sync;

    @PersistenceContext
    private EntityManager entities;

    public SyncEngine sync() {
        return sync;
    }

    public Note persist(String text) {
        Note note = new Note(text);
        entities.persist(note);
        return note;
    }

    /** Runs {@link #persist} again when its transaction lost: no interceptor could surround that. */
    @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
    public Note persistAgainAfterConflicts(String text) {
        NotesEjb self = context.getBusinessObject(NotesEjb.class);
        return Transactions.call(() -> self.persist(text));
    }

    public Note find(long id) {
        return entities.find(Note.class, id);
    }

    public void persistAndRollBack(String text) {
        persist(text);
        entities.flush();
        context.setRollbackOnly();
    }

    public void persistAndFail(String text) {
        persist(text);
        entities.flush();
        throw new IllegalStateException("after the insert");
    }

    /** Persists an entity and counts it through JDBC before the transaction ends. */
    public long persistAndCountThroughJdbc(String text) throws SQLException {
        persist(text);
        entities.flush();
        try (Connection connection = dataSource.getConnection();
                PreparedStatement select = connection.prepareStatement("select count(*) from note where text = ?")) {
            select.setString(1, text);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
