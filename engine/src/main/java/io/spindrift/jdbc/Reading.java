package io.spindrift.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One run of a query, and exactly what the application got of it: how many rows it stepped to, which columns it fetched of
 * each, their values, and whether it saw the end. A row that was never stepped to and a column that was never fetched may
 * change.
 */
final class Reading {
    private static final int OVERHEAD_BYTES = 256;

    /** Consecutive rows of which the same columns were fetched in the same order. */
    private static final class Rows {
        final int[] columns;
        long count = 1;

        Rows(int[] columns) {
            this.columns = columns;
        }

        boolean hasColumns(int[] others, int count) {
            return Arrays.equals(columns, 0, columns.length, others, 0, count);
        }
    }

    private final ReadLog log;
    private final SqlStatement statement;
    private final Object[] parameters;
    private final int maxRows;
    private final FetchedValues values;
    private final List<Rows> completed = new ArrayList<>(1);
    /** Of the row the application is at. */
    private int[] columns = new int[8];

    private int columnCount;
    private long rows;
    private boolean ended;
    private Boolean beforeFirst;
    private PreparedStatement openStatement;
    private SpindriftResultSet openResult;

    Reading(ReadLog log, SqlStatement statement, Object[] parameters, int maxRows) {
        this.log = log;
        this.statement = statement;
        this.parameters = parameters;
        this.maxRows = maxRows;
        values = new FetchedValues(log);
    }

    long weight() {
        long weight = OVERHEAD_BYTES;
        for (Object parameter : parameters) {
            weight += FetchedValues.weight(parameter);
        }
        return weight;
    }

    SqlStatement statement() {
        return statement;
    }

    String sql() {
        return statement.sql();
    }

    Object[] parameters() {
        return parameters;
    }

    int maxRows() {
        return maxRows;
    }

    /** The application holds the result open. */
    void opened(PreparedStatement driver, SpindriftResultSet result) {
        openStatement = driver;
        openResult = result;
    }

    /** The application has closed the result, or got all of it. */
    void released() {
        openStatement = null;
        openResult = null;
    }

    /** The driver's statement of an open result, its parameters bound. */
    Optional<PreparedStatement> openStatement() {
        return Optional.ofNullable(openStatement);
    }

    /** Gives an open result the cursor that stands where its own stood. */
    void continueWith(ResultSet cursor) {
        if (openResult != null) {
            openResult.continueWith(cursor);
        }
    }

    /** Whether what is fetched now has to be told. */
    boolean recording() {
        return log.recording();
    }

    /** The application stepped on: to a row, or past the last one. */
    void stepped(boolean toRow) {
        if (!log.recording()) {
            return;
        }
        completeRow();
        if (toRow) {
            rows++;
        } else {
            ended = true;
        }
    }

    /** The application asked whether there is a row, without stepping to it. */
    void askedBeforeFirst(boolean answer) {
        beforeFirst = answer;
    }

    /** The application fetched a column of the row it is at. */
    void fetched(int column, Object value) {
        if (!log.recording() || columnCount > 0 && columns[columnCount - 1] == column) {
            return;
        }
        if (columnCount == columns.length) {
            log.charge(4L * columnCount);
            columns = Arrays.copyOf(columns, 2 * columnCount);
        }
        columns[columnCount++] = column;
        values.add(value);
    }

    private void completeRow() {
        if (rows == 0) {
            return;
        }
        Rows last = completed.isEmpty() ? null : completed.get(completed.size() - 1);
        if (last != null && last.hasColumns(columns, columnCount)) {
            last.count++;
        } else {
            completed.add(new Rows(Arrays.copyOf(columns, columnCount)));
            log.charge(48 + 4L * columnCount);
        }
        columnCount = 0;
    }

    /**
     * Compares with a new run, which is left at the row the application is at.
     *
     * @return what is different, empty if nothing of what the application got is
     */
    Optional<String> differenceTo(ResultSet cursor) throws SQLException {
        FetchedValues.Comparison comparison = values.comparison();
        long row = 0;
        for (Rows run : completed) {
            for (long i = 0; i < run.count; i++) {
                Optional<String> difference =
                        differenceInRow(cursor, ++row, run.columns, run.columns.length, comparison);
                if (difference.isPresent()) {
                    return difference;
                }
            }
        }
        if (rows > row) {
            Optional<String> difference = differenceInRow(cursor, ++row, columns, columnCount, comparison);
            if (difference.isPresent()) {
                return difference;
            }
        }
        if (ended && cursor.next()) {
            return Optional.of("there are more than " + row + " rows");
        }
        if (rows == 0 && beforeFirst != null && beforeFirst != cursor.isBeforeFirst()) {
            return Optional.of("there " + (beforeFirst ? "is no row any more" : "are rows"));
        }
        return comparison.hashesAreEqual() ? Optional.empty() : Optional.of("a value is another one");
    }

    private static Optional<String> differenceInRow(
            ResultSet cursor, long row, int[] columns, int count, FetchedValues.Comparison comparison)
            throws SQLException {
        if (!cursor.next()) {
            return Optional.of("there is no row " + row + " any more");
        }
        for (int i = 0; i < count; i++) {
            if (!comparison.isNext(cursor.getObject(columns[i]))) {
                return Optional.of("column " + columns[i] + " of row " + row + " is another value");
            }
        }
        return Optional.empty();
    }
}
