package io.spindrift.retry;

import io.spindrift.retry.ConflictRetry.Surroundings;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Runs a transaction, and runs it again from its start when it lost against a concurrent one: what
 * {@code @RetryOnConflict} does around a method, for enterprise beans and plain Java.
 *
 * <p>Everything the work does beside the database happens again with each attempt, so keep mails and remote calls out of
 * it. After the last attempt its failure is thrown as it is, with the earlier ones as suppressed exceptions. A conflict is
 * recognised anywhere in the failure: SQLSTATE 40001, 40P01, OC000 and OC001, and the optimistic lock exceptions of
 * Jakarta Persistence, Jakarta Data, Hibernate and EclipseLink, in causes, chained SQL exceptions, and what a transaction
 * manager has suppressed. A failure with SQLSTATE 08007 or 40003 somewhere, which leaves open what was committed, is never
 * tried again.
 *
 * <p>Refuses with an {@link IllegalStateException} to run inside an active transaction of the container, which every
 * attempt would share. When the thread is interrupted during a pause, the last failure is thrown and the thread stays
 * interrupted.
 */
public final class Transactions {
    private static final ConflictRetry DEFAULT = with(RetryPolicy.DEFAULT);

    /** Work that begins and ends one transaction by itself, such as a call of a bean. */
    @FunctionalInterface
    public interface Work<T, X extends Exception> {
        T call() throws X;
    }

    /** The same without a result. */
    @FunctionalInterface
    public interface Action<X extends Exception> {
        void run() throws X;
    }

    /** Work on a connection, in a transaction that has begun and is ended for it. */
    @FunctionalInterface
    public interface JdbcWork<T, X extends Exception> {
        T call(Connection connection) throws SQLException, X;
    }

    /** The same without a result. */
    @FunctionalInterface
    public interface JdbcAction<X extends Exception> {
        void run(Connection connection) throws SQLException, X;
    }

    private Transactions() {}

    /** The same with another policy, a name, or a listener. */
    public static ConflictRetry with(RetryPolicy policy) {
        return new ConflictRetry(policy, Surroundings.REAL);
    }

    /**
     * Runs work that makes one transaction.
     *
     * @return what the work returned
     * @throws X what the last attempt failed with
     */
    public static <T, X extends Exception> T call(Work<T, X> work) throws X {
        return DEFAULT.call(work);
    }

    /** Runs work that makes one transaction and has no result. */
    public static <X extends Exception> void run(Action<X> work) throws X {
        DEFAULT.run(work);
    }

    /**
     * Runs work in a transaction of its own on a connection of its own. Commits when the work returns, rolls back when it
     * throws. The work neither commits nor closes the connection.
     *
     * @return what the work returned
     * @throws SQLException what the last attempt failed with, in the work, at its begin or at its commit
     * @throws X what the work threw beside that
     */
    public static <T, X extends Exception> T call(DataSource dataSource, JdbcWork<T, X> work) throws SQLException, X {
        return DEFAULT.call(dataSource, work);
    }

    /** The same for work without a result. */
    public static <X extends Exception> void run(DataSource dataSource, JdbcAction<X> work) throws SQLException, X {
        DEFAULT.run(dataSource, work);
    }
}
