package io.spindrift.retry;

import io.spindrift.retry.Transactions.JdbcWork;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** One transaction on a connection of its own. */
final class JdbcTransaction {
    private JdbcTransaction() {}

    static <T, X extends Exception> T run(DataSource dataSource, JdbcWork<T, X> work) throws SQLException, X {
        Connection connection = dataSource.getConnection();
        T result;
        try {
            connection.setAutoCommit(false);
            result = work.call(connection);
            connection.commit();
        } catch (Throwable failure) {
            rollBack(connection, failure);
            throw failure;
        }
        giveBack(connection);
        return result;
    }

    private static void rollBack(Connection connection, Throwable failure) {
        try (connection) {
            connection.rollback();
        } catch (SQLException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /** Pools set auto-commit again by themselves. */
    private static void giveBack(Connection connection) {
        try {
            connection.close();
        } catch (SQLException committed) {
            // The transaction has succeeded: thrown from here this would look like its failure, and be tried again.
        }
    }
}
