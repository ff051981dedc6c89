package io.spindrift.jdbc;

import io.spindrift.jdbc.SqlStatement.Effect;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.sqlite.SQLiteException;

/**
 * Moves a transaction that has only read to the latest state of the database, if everything it has got is the same there:
 * ends the old snapshot, begins anew, sets its savepoints again, runs its queries again and compares. Open results go on
 * with the new run. Used by one {@link PhysicalConnection} under its lock.
 */
final class ReadValidation {
    private static final SqlStatement SCHEMA_VERSION = SqlStatement.of("PRAGMA schema_version", Effect.READ);
    private static final int LONGEST_SQL_SHOWN = 200;
    private static final int BUSY_SNAPSHOT = 517;
    private static final int SQLITE_ERROR = 1;
    private static final Set<String> CHANGE_BY_THEMSELVES = Set.of(
            "random",
            "randomblob",
            "current_date",
            "current_time",
            "current_timestamp",
            "date",
            "time",
            "datetime",
            "julianday",
            "unixepoch",
            "strftime",
            "timediff");

    private final PhysicalConnection connection;
    private final ConnectionHost host;
    private final ReadLog log;

    ReadValidation(PhysicalConnection connection, ConnectionHost host, ReadLog log) {
        this.connection = connection;
        this.host = host;
        this.log = log;
    }

    /**
     * Moves the transaction. Whatever it throws, the transaction cannot go on.
     *
     * @param toWrite whether the new transaction takes SQLite's write lock at once; the gate is held then
     * @param open the connection's open results
     * @param deadline of {@link System#nanoTime()}, looked at between statements, or {@link Long#MAX_VALUE}
     * @throws SQLTransactionRollbackException 40001 if something is different, or cannot be asked again
     * @throws SQLTimeoutException HYT00 past the deadline
     */
    void moveToLatest(boolean toWrite, Iterable<SpindriftResultSet> open, long deadline) throws SQLException {
        Optional<String> obstacle = log.obstacle();
        if (obstacle.isPresent()) {
            throw conflict("Another transaction committed after this one had read, and it cannot be found out whether"
                    + " it would read the same again: " + obstacle.get());
        }
        long schema = schemaVersion();
        open.forEach(SpindriftResultSet::suspend);
        connection.db()._exec("ROLLBACK");
        long latest = host.commits();
        if (toWrite) {
            connection.beginImmediate();
        } else {
            connection.db()._exec("BEGIN");
        }
        for (String savepoint : log.savepoints()) {
            connection.db()._exec("SAVEPOINT " + savepoint);
        }
        if (schemaVersion() != schema) {
            throw conflict("Another transaction changed the schema after this one had read");
        }
        for (Reading reading : log.readings()) {
            if (deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0) {
                throw PhysicalConnection.timedOut(null);
            }
            repeat(reading);
        }
        log.movedTo(latest);
    }

    /** The reads could not be repeated in the time there is for that. */
    static SQLException outOfTime(SQLException cause) {
        return conflict(
                "Other transactions committed after this one had read, and to repeat its reads under the writer gate took"
                        + " longer than validation-max; read less before the first write, or raise it",
                cause);
    }

    private static SQLException conflict(String sentence) {
        return conflict(sentence, null);
    }

    private static SQLException conflict(String sentence, SQLException cause) {
        return new SQLTransactionRollbackException(
                sentence + "; roll back and run the transaction again from its start", "40001", BUSY_SNAPSHOT, cause);
    }

    private long schemaVersion() throws SQLException {
        return compiled(SCHEMA_VERSION, driver -> {
            try (ResultSet row = driver.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    private void repeat(Reading reading) throws SQLException {
        Optional<String> difference;
        try {
            difference = differenceTo(reading);
        } catch (SQLException e) {
            if (!isSqlError(e)) {
                throw e;
            }
            throw conflict(
                    "Another transaction changed what this one had read: `" + shown(reading.sql()) + "` fails now", e);
        }
        if (difference.isPresent()) {
            throw conflict("Another transaction changed what this one had read: of `" + shown(reading.sql()) + "`, "
                    + difference.get() + whyByItself(reading.sql()));
        }
    }

    /** Of the statement itself; an error of its compilation comes with SQLite's as its cause. */
    private static boolean isSqlError(SQLException e) {
        Throwable error = e instanceof SQLiteException ? e : e.getCause();
        return error instanceof SQLiteException sqlite && sqlite.getResultCode().code == SQLITE_ERROR;
    }

    private Optional<String> differenceTo(Reading reading) throws SQLException {
        Optional<PreparedStatement> open = reading.openStatement();
        if (open.isPresent()) {
            return differenceTo(reading, open.get(), true);
        }
        return compiled(reading.statement(), driver -> {
            bind(driver, reading);
            return differenceTo(reading, driver, false);
        });
    }

    private static Optional<String> differenceTo(Reading reading, PreparedStatement driver, boolean open)
            throws SQLException {
        driver.execute();
        ResultSet cursor = driver.getResultSet();
        boolean goesOn = false;
        try {
            Optional<String> difference = reading.differenceTo(cursor);
            if (open && difference.isEmpty()) {
                reading.continueWith(cursor);
                goesOn = true;
            }
            return difference;
        } finally {
            if (!goesOn) {
                cursor.close();
            }
        }
    }

    private static void bind(PreparedStatement statement, Reading reading) throws SQLException {
        statement.clearParameters();
        statement.setMaxRows(reading.maxRows());
        Object[] parameters = reading.parameters();
        for (int i = 0; i < parameters.length; i++) {
            SpindriftPreparedStatement.bind(statement, i + 1, parameters[i]);
        }
    }

    /** What is done with a compiled statement. */
    @FunctionalInterface
    private interface Use<T> {
        T of(PreparedStatement driver) throws SQLException;
    }

    /** Uses a statement of the connection's cache; the driver gives one up on most errors. */
    private <T> T compiled(SqlStatement statement, Use<T> use) throws SQLException {
        Compiled compiled = Compiled.of(statement, WantedKeys.NONE, connection);
        T result;
        try {
            result = use.of(compiled.driver());
        } catch (SQLException | RuntimeException e) {
            closeAfter(e, compiled);
            throw e;
        }
        compiled.giveBack();
        return result;
    }

    private static void closeAfter(Exception failure, Compiled compiled) {
        try {
            compiled.close();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    /** SQL for a message: one line, not too long, and no value an application may have written into it. */
    private static String shown(String sql) {
        String line = sql.strip()
                .replaceAll("(?i)x?'(?:[^']|'')*'", "?")
                .replaceAll("\\b\\d[\\w.]*", "?")
                .replaceAll("\\s+", " ");
        return line.length() <= LONGEST_SQL_SHOWN ? line : line.substring(0, LONGEST_SQL_SHOWN) + "…";
    }

    /** Says so when a query asks for the time or for chance: then nobody need have changed anything. */
    private String whyByItself(String sql) throws SQLException {
        try (Statement statement = connection.sqlite().createStatement();
                ResultSet program = statement.executeQuery("EXPLAIN " + sql)) {
            while (program.next()) {
                String operand = program.getString("p4");
                String opcode = program.getString("opcode");
                if (operand != null && (opcode.equals("Function") || opcode.equals("PureFunc"))) {
                    String function = operand.replaceFirst("\\(.*", "").toLowerCase(Locale.ROOT);
                    if (CHANGE_BY_THEMSELVES.contains(function)) {
                        return " (it calls " + function + "(), whose answer may change by itself)";
                    }
                }
            }
        } catch (SQLException notExplained) {
            return ""; // it is only a hint
        }
        return "";
    }
}
