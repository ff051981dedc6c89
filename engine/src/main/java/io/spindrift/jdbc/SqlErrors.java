package io.spindrift.jdbc;

import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLNonTransientException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.sql.SQLTransientException;
import java.util.regex.Pattern;
import org.sqlite.SQLiteException;

/**
 * Gives every error of the driver its SQLSTATE and the JDBC class that goes with it. The vendor code is SQLite's
 * extended result code, the driver's exception stays as the cause. SQLite's messages name tables and columns, never
 * bound values.
 *
 * @see <a href="https://www.sqlite.org/rescode.html">SQLite result codes</a>
 */
public final class SqlErrors {
    private static final int BUSY_SNAPSHOT = 517;

    /** How the messages of SQLite's parser differ from those of a running statement that failed with the same code, 1. */
    private static final Pattern COMPILING = Pattern.compile("near \"|no such |incomplete input|unrecognized token"
            + "|no column named|already exists|ambiguous column|values for|syntax error|misuse of");

    private SqlErrors() {}

    /** The same error as a standard JDBC exception; one that is one already is returned as it is. */
    public static SQLException translate(SQLException error) {
        if (error instanceof SQLFeatureNotSupportedException && error.getSQLState() == null) {
            SQLException unsupported = unsupported(error.getMessage());
            unsupported.initCause(error);
            return unsupported;
        }
        if (!(error instanceof SQLiteException sqlite)) {
            return error.getSQLState() != null && error.getSQLState().length() == 5 ? error : withState(error, "HY000");
        }
        return translate(sqlite, sqlite.getResultCode().code);
    }

    /** Whether a transaction lost against another and may succeed when it is run again from its start. */
    public static boolean isConflict(SQLException error) {
        return "40001".equals(error.getSQLState());
    }

    /** Whether the connection that reported it should not be used again. */
    public static boolean isFatal(SQLException error) {
        int primary = error.getErrorCode() & 0xff;
        return error instanceof SQLNonTransientConnectionException
                && (primary == 10
                        || primary == 11
                        || primary == 14
                        || primary == 26
                        || "08003".equals(error.getSQLState()));
    }

    static SQLException unsupported(String sentence) {
        return new SQLFeatureNotSupportedException(sentence, "0A000");
    }

    /** When the driver throws something that is no SQLException. */
    static SQLException unknown() {
        return new SQLException("The driver failed", "HY000");
    }

    static SQLException invalidState(String sentence) {
        return new SQLNonTransientException(sentence, "25000");
    }

    static SQLException closed(String what) {
        return new SQLNonTransientConnectionException(what, "08003");
    }

    static SQLException invalidArgument(String sentence) {
        return new SQLNonTransientException(sentence, "HY024");
    }

    /** A column or parameter that a result or statement does not have; they are counted from 1. */
    static SQLException missing(String what, int index, String owner, int count) {
        return new SQLNonTransientException(
                what + " " + index + " does not exist: the " + owner + " has " + count, "07009");
    }

    /** An error SQLite reports while it compiles a statement. */
    static SQLException compileError(SQLException error) {
        if (error instanceof SQLiteException sqlite && sqlite.getResultCode().code == 1) {
            return new SQLSyntaxErrorException(error.getMessage(), "42000", 1, error);
        }
        return translate(error);
    }

    /** An error of a string of several statements, which SQLite compiles one by one while it runs them. */
    static SQLException scriptError(SQLException error) {
        boolean compiling =
                COMPILING.matcher(String.valueOf(error.getMessage())).find();
        return compiling ? compileError(error) : translate(error);
    }

    private static SQLException translate(SQLiteException e, int code) {
        String message = e.getMessage();
        return switch (code & 0xff) {
            case 6 ->
                new SQLTransientException(
                        "Another statement of this connection is using the table: close its result set first: "
                                + message,
                        "55006",
                        code,
                        e);
            case 5 ->
                code == BUSY_SNAPSHOT
                        ? new SQLTransactionRollbackException(
                                "Another transaction committed after this one had read: roll back and run the transaction"
                                        + " again from its start",
                                "40001",
                                code,
                                e)
                        : new SQLTransientException(
                                "Another process is writing to the database file: " + message, "55P03", code, e);
            case 7 -> new SQLTransientException(message, "53200", code, e);
            case 8 -> new SQLNonTransientException(message, "25006", code, e);
            case 9 -> new SQLTimeoutException("The statement was cancelled: " + message, "57014", code, e);
            case 10, 14 -> new SQLNonTransientConnectionException(message, "58030", code, e);
            case 11, 26 -> new SQLNonTransientConnectionException(message, "XX001", code, e);
            case 13 -> new SQLNonTransientConnectionException(message, "53100", code, e);
            case 17 -> new SQLTransientException(message, "HY000", code, e);
            case 18 -> new SQLDataException(message, "22001", code, e);
            case 19 -> new SQLIntegrityConstraintViolationException(message, constraintState(code), code, e);
            case 20 -> new SQLDataException(message, "22018", code, e);
            case 21 -> new SQLNonTransientException(message, "HY010", code, e);
            case 23 -> new SQLSyntaxErrorException(message, "42501", code, e);
            case 25 -> new SQLNonTransientException(message, "07009", code, e);
            default -> new SQLNonTransientException(message, "HY000", code, e);
        };
    }

    private static String constraintState(int code) {
        return switch (code) {
            case 1555, 2067, 2579 -> "23505";
            case 1299 -> "23502";
            case 787 -> "23503";
            case 275 -> "23514";
            default -> "23000";
        };
    }

    private static SQLException withState(SQLException error, String state) {
        return new SQLException(error.getMessage(), state, error.getErrorCode(), error);
    }
}
