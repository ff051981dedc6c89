package io.spindrift.jdbc;

import java.sql.SQLException;

/**
 * Whoever hands out {@link SpindriftConnection}s: a pool, a resource adapter, or nobody. Called on the thread that used
 * the handle, without any lock held.
 */
public interface HandleOwner {
    /** The application closed the handle; its statements are closed already. */
    void closed(SpindriftConnection handle) throws SQLException;

    /** The physical connection must not be used again. */
    default void failed(SpindriftConnection handle, SQLException error) {}

    /** The application began a transaction of its own, with auto-commit off. */
    default void transactionStarted(SpindriftConnection handle) {}

    /** The application committed it. */
    default void transactionCommitted(SpindriftConnection handle) {}

    /** The application rolled it back. */
    default void transactionRolledBack(SpindriftConnection handle) {}

    /** The application set what the handle's commits wait for. */
    default void durabilitySet(SpindriftConnection handle) {}

    /**
     * The application uses a handle that has lost its physical connection: call
     * {@link SpindriftConnection#associate} or throw.
     */
    default void reassociate(SpindriftConnection handle) throws SQLException {
        throw SqlErrors.closed("This connection is no longer usable: the transaction or request it was opened in has"
                + " ended; get a new one from the data source");
    }
}
