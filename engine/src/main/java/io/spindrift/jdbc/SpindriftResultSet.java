package io.spindrift.jdbc;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.List;
import java.util.Map;

/**
 * The rows of a query, forward only and read-only. A result set is either a cursor on the driver or, after its
 * connection had to write or when it came from RETURNING, rows in memory; the application cannot tell.
 */
public final class SpindriftResultSet extends ReadOnlyResultSet implements Unwrapping {
    private static final int ROWS_IN_MEMORY = 1_000_000;

    private final SpindriftStatement statement;
    private final PhysicalConnection physical;
    private final long deadline;
    /** Null once the rows are in memory, which a write on another thread may bring about at any time. */
    private volatile ResultSet cursor;

    /** From when the rows are read into memory, and the cursor's row is no longer the application's. */
    private volatile boolean draining;

    /** Who wants to know what is fetched; null if nobody ever did. */
    private Reading reading;

    private volatile Columns columns;
    private volatile List<Object[]> rows;
    private volatile Object[] current;
    private volatile int position;
    private int read;
    private volatile boolean ended;
    private volatile boolean closed;
    private boolean wasNull;

    private SpindriftResultSet(
            SpindriftStatement statement, PhysicalConnection physical, ResultSet cursor, long deadline) {
        this.statement = statement;
        this.physical = physical;
        this.cursor = cursor;
        this.deadline = deadline;
    }

    /** A cursor that its connection reads into memory before it writes and closes when a transaction ends. */
    static SpindriftResultSet open(
            SpindriftStatement statement,
            PhysicalConnection physical,
            PreparedStatement driver,
            Reading reading,
            long deadline)
            throws SQLException {
        SpindriftResultSet result = new SpindriftResultSet(statement, physical, driver.getResultSet(), deadline);
        result.reading = reading;
        if (reading != null) {
            reading.opened(driver, result);
        }
        physical.opened(result);
        return result;
    }

    /** Stops the driver's cursor until {@link #continueWith}. */
    void suspend() {
        stop(cursor);
    }

    /** Goes on with a cursor that stands at the same row. */
    void continueWith(ResultSet other) {
        cursor = other;
    }

    private boolean recording() {
        return reading != null && reading.recording();
    }

    private void released() {
        if (reading != null) {
            reading.released();
            reading = null;
        }
    }

    /** All rows of a cursor, read now; the cursor is closed. */
    static SpindriftResultSet inMemory(SpindriftStatement statement, ResultSet cursor) throws SQLException {
        SpindriftResultSet result = new SpindriftResultSet(statement, null, cursor, Long.MAX_VALUE);
        result.drain();
        return result;
    }

    static SpindriftResultSet inMemory(ResultSet cursor) throws SQLException {
        return inMemory(null, cursor);
    }

    /** Rows that no cursor stands behind. */
    static SpindriftResultSet ofRows(SpindriftStatement statement, Columns columns, List<Object[]> rows) {
        SpindriftResultSet result = new SpindriftResultSet(statement, null, null, Long.MAX_VALUE);
        result.columns = columns;
        result.rows = new ArrayList<>(rows);
        return result;
    }

    /** All rows of a result set in memory that has not been read from. */
    List<Object[]> rowsInMemory() {
        return rows;
    }

    Columns columnsInMemory() {
        return columns;
    }

    /** Reads the current and the remaining rows into memory and lets the cursor go. */
    void drain() throws SQLException {
        if (cursor == null || closed) {
            return;
        }
        columns = Columns.of(cursor);
        List<Object[]> drained = new ArrayList<>();
        if (position > 0 && !ended) {
            current = row();
        }
        draining = true;
        while (!ended && cursor.next()) {
            if (drained.size() == ROWS_IN_MEMORY) {
                throw new SQLNonTransientException(
                        "A result set of more than " + ROWS_IN_MEMORY + " rows is open, and its connection is about to"
                                + " write: close the result set first, or use a transaction",
                        "54000");
            }
            drained.add(row());
        }
        rows = drained;
        ResultSet open = cursor;
        cursor = null;
        open.close();
    }

    private Object[] row() throws SQLException {
        Object[] values = new Object[columns.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = cursor.getObject(i + 1);
        }
        return values;
    }

    @Override
    public boolean next() throws SQLException {
        requireOpen();
        if (ended) {
            return false;
        }
        ResultSet live = cursor;
        return live != null ? stepCursor(live) : stepMemory();
    }

    private synchronized boolean stepMemory() throws SQLException {
        List<Object[]> left = rows;
        if (left == null) {
            throw closedError();
        }
        boolean more = read < left.size();
        current = more ? left.set(read++, null) : null;
        return moved(more);
    }

    private boolean stepCursor(ResultSet live) throws SQLException {
        try {
            return physical.next(this, live, statement, deadline);
        } catch (SQLException e) {
            close();
            throw statement.failed(e);
        }
    }

    /** Steps its cursor; call under the connection's lock. */
    boolean step(ResultSet live) throws SQLException {
        if (cursor != live) {
            requireOpen();
            return stepMemory(); // a write on another thread was faster
        }
        boolean more = live.next();
        if (reading != null) {
            reading.stepped(more);
        }
        if (!more) {
            released();
            columns = Columns.of(live);
            physical.exhausted(this);
            rows = List.of();
            cursor = null;
            // A row limit ends a cursor before SQLite does, and its snapshot would stay pinned.
            live.close();
        }
        return moved(more);
    }

    private boolean moved(boolean more) {
        if (more) {
            position++;
        } else {
            ended = true;
        }
        return more;
    }

    @Override
    public void close() throws SQLException {
        if (closed) {
            return;
        }
        if (physical != null) {
            physical.exhausted(this);
        }
        closeQuietly();
        if (statement != null) {
            statement.resultClosed(this);
        }
    }

    /** Closes without telling anybody; for the connection, which knows. */
    void closeQuietly() {
        closed = true;
        current = null;
        rows = null;
        released();
        closeCursor();
    }

    private void closeCursor() {
        ResultSet open = cursor;
        cursor = null;
        stop(open);
    }

    private static void stop(ResultSet open) {
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                // Resetting a statement reports again what its last step reported.
            }
        }
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    private void requireOpen() throws SQLException {
        if (closed) {
            throw closedError();
        }
    }

    private static SQLException closedError() {
        return new SQLNonTransientException(
                "The result set is closed: it was closed, its statement ran again, or its transaction ended", "24000");
    }

    private void requireRow() throws SQLException {
        requireOpen();
        if (position == 0 || ended) {
            throw new SQLNonTransientException(
                    position == 0 ? "Call next() before the first column is read" : "There are no more rows", "24000");
        }
    }

    private Object raw(int column) throws SQLException {
        requireRow();
        ResultSet live = readable();
        Object value;
        try {
            value = live != null ? live.getObject(column) : inMemory(column);
        } catch (SQLException e) {
            if (readable() == live) {
                throw columnError(column, e);
            }
            value = null;
        }
        if (live != null && readable() != live) {
            value = inMemory(column); // another thread's write moved the cursor meanwhile
        }
        if (reading != null) {
            reading.fetched(column, value);
        }
        wasNull = value == null;
        return value;
    }

    private ResultSet readable() {
        return draining ? null : cursor;
    }

    private Object inMemory(int column) throws SQLException {
        Object[] row = current;
        if (row == null) {
            throw closedError();
        }
        if (column < 1 || column > row.length) {
            throw Columns.missing(column, row.length);
        }
        return row[column - 1];
    }

    private SQLException columnError(int column, SQLException e) throws SQLException {
        if ("07009".equals(e.getSQLState()) || "24000".equals(e.getSQLState())) {
            return e;
        }
        int count = columns().count();
        return column >= 1 && column <= count ? SqlErrors.translate(e) : Columns.missing(column, count);
    }

    @Override
    public boolean wasNull() throws SQLException {
        requireOpen();
        return wasNull;
    }

    @Override
    public int findColumn(String label) throws SQLException {
        requireOpen();
        if (label == null) {
            throw SqlErrors.invalidArgument("The column label is null");
        }
        ResultSet live = cursor;
        try {
            return live != null ? live.findColumn(label) : columns.find(label);
        } catch (SQLException e) {
            return columns().find(label);
        }
    }

    private Columns columns() throws SQLException {
        Columns known = columns;
        if (known == null) {
            ResultSet live = cursor;
            if (live == null) {
                throw closedError();
            }
            known = Columns.of(live);
            columns = known;
        }
        return known;
    }

    @Override
    public ResultSetMetaData getMetaData() throws SQLException {
        requireOpen();
        return columns();
    }

    @Override
    public String getString(int column) throws SQLException {
        ResultSet live = readable();
        if (live == null) {
            return SqlTypes.text(raw(column));
        }
        if (recording()) {
            Object value = raw(column);
            if (!(value instanceof Double)) { // whose text SQLite makes
                return SqlTypes.text(value);
            }
        }
        requireRow();
        String value;
        try {
            value = live.getString(column);
        } catch (SQLException e) {
            if (readable() == live) {
                throw columnError(column, e);
            }
            value = null;
        }
        if (readable() != live) {
            return SqlTypes.text(raw(column)); // another thread's write moved the cursor meanwhile
        }
        wasNull = value == null;
        return value;
    }

    @Override
    public String getNString(int column) throws SQLException {
        return getString(column);
    }

    @Override
    public boolean getBoolean(int column) throws SQLException {
        return SqlTypes.bool(raw(column));
    }

    @Override
    public byte getByte(int column) throws SQLException {
        return (byte) SqlTypes.integer(raw(column), Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    @Override
    public short getShort(int column) throws SQLException {
        return (short) SqlTypes.integer(raw(column), Short.MIN_VALUE, Short.MAX_VALUE);
    }

    @Override
    public int getInt(int column) throws SQLException {
        return (int) SqlTypes.integer(raw(column), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    @Override
    public long getLong(int column) throws SQLException {
        return SqlTypes.integer(raw(column), Long.MIN_VALUE, Long.MAX_VALUE);
    }

    @Override
    public float getFloat(int column) throws SQLException {
        return (float) SqlTypes.real(raw(column));
    }

    @Override
    public double getDouble(int column) throws SQLException {
        return SqlTypes.real(raw(column));
    }

    @Override
    public BigDecimal getBigDecimal(int column) throws SQLException {
        return SqlTypes.decimal(raw(column));
    }

    @Override
    @Deprecated
    public BigDecimal getBigDecimal(int column, int scale) throws SQLException {
        BigDecimal value = getBigDecimal(column);
        return value == null ? null : value.setScale(scale, RoundingMode.HALF_UP);
    }

    @Override
    public byte[] getBytes(int column) throws SQLException {
        return SqlTypes.bytes(raw(column));
    }

    @Override
    public Date getDate(int column) throws SQLException {
        return SqlTypes.date(raw(column), ZoneId.systemDefault());
    }

    @Override
    public Date getDate(int column, Calendar calendar) throws SQLException {
        return SqlTypes.date(raw(column), zone(calendar));
    }

    @Override
    public Time getTime(int column) throws SQLException {
        return SqlTypes.sqlTime(raw(column), ZoneId.systemDefault());
    }

    @Override
    public Time getTime(int column, Calendar calendar) throws SQLException {
        return SqlTypes.sqlTime(raw(column), zone(calendar));
    }

    @Override
    public Timestamp getTimestamp(int column) throws SQLException {
        return SqlTypes.timestamp(raw(column), ZoneId.systemDefault());
    }

    @Override
    public Timestamp getTimestamp(int column, Calendar calendar) throws SQLException {
        return SqlTypes.timestamp(raw(column), zone(calendar));
    }

    static ZoneId zone(Calendar calendar) {
        return calendar == null
                ? ZoneId.systemDefault()
                : calendar.getTimeZone().toZoneId();
    }

    @Override
    public Object getObject(int column) throws SQLException {
        return raw(column);
    }

    @Override
    public Object getObject(int column, Map<String, Class<?>> map) throws SQLException {
        if (map != null && !map.isEmpty()) {
            throw SqlErrors.unsupported("SQLite has no user-defined types; call getObject(int, Class)");
        }
        return raw(column);
    }

    @Override
    public <T> T getObject(int column, Class<T> type) throws SQLException {
        return SqlTypes.read(raw(column), type);
    }

    @Override
    public InputStream getBinaryStream(int column) throws SQLException {
        byte[] value = getBytes(column);
        return value == null ? null : new ByteArrayInputStream(value);
    }

    @Override
    public InputStream getAsciiStream(int column) throws SQLException {
        String value = getString(column);
        return value == null ? null : new ByteArrayInputStream(value.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    @Deprecated
    public InputStream getUnicodeStream(int column) throws SQLException {
        String value = getString(column);
        return value == null ? null : new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Reader getCharacterStream(int column) throws SQLException {
        String value = getString(column);
        return value == null ? null : new StringReader(value);
    }

    @Override
    public Reader getNCharacterStream(int column) throws SQLException {
        return getCharacterStream(column);
    }

    @Override
    public Blob getBlob(int column) throws SQLException {
        byte[] value = getBytes(column);
        return value == null ? null : new MemoryBlob(value);
    }

    @Override
    public Clob getClob(int column) throws SQLException {
        return getNClob(column);
    }

    @Override
    public NClob getNClob(int column) throws SQLException {
        String value = getString(column);
        return value == null ? null : new MemoryClob(value);
    }

    @Override
    public Array getArray(int column) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no arrays; store JSON and read it with json_each");
    }

    @Override
    public Ref getRef(int column) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no references; read the key with getLong or getString");
    }

    @Override
    public RowId getRowId(int column) throws SQLException {
        throw SqlErrors.unsupported("Select the rowid column and read it with getLong");
    }

    @Override
    public SQLXML getSQLXML(int column) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no XML type; read the column with getString");
    }

    @Override
    public URL getURL(int column) throws SQLException {
        String value = getString(column);
        try {
            return value == null ? null : new URL(value);
        } catch (MalformedURLException e) {
            throw new SQLDataException("A value of column " + column + " is not a URL", "22018");
        }
    }

    @Override
    public int getRow() throws SQLException {
        requireOpen();
        return ended ? 0 : position;
    }

    @Override
    public boolean isBeforeFirst() throws SQLException {
        requireOpen();
        if (position > 0 || ended) {
            return false;
        }
        ResultSet live = cursor;
        boolean before = live != null ? live.isBeforeFirst() : !rows.isEmpty();
        if (reading != null) {
            reading.askedBeforeFirst(before);
        }
        return before;
    }

    @Override
    public boolean isAfterLast() throws SQLException {
        requireOpen();
        return ended && position > 0;
    }

    @Override
    public boolean isFirst() throws SQLException {
        requireOpen();
        return position == 1 && !ended;
    }

    @Override
    public boolean isLast() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public void beforeFirst() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public void afterLast() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean first() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean last() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean absolute(int row) throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean relative(int count) throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean previous() throws SQLException {
        throw forwardOnly();
    }

    private static SQLException forwardOnly() {
        return SqlErrors.unsupported("Result sets go forward only; select with ORDER BY, LIMIT and OFFSET instead");
    }

    @Override
    public void setFetchDirection(int direction) throws SQLException {
        if (direction != FETCH_FORWARD) {
            throw forwardOnly();
        }
    }

    @Override
    public int getFetchDirection() throws SQLException {
        requireOpen();
        return FETCH_FORWARD;
    }

    @Override
    public void setFetchSize(int count) throws SQLException {
        requireOpen();
        if (count < 0) {
            throw SqlErrors.invalidArgument("A fetch size is 0 or more, found " + count);
        }
    }

    @Override
    public int getFetchSize() throws SQLException {
        requireOpen();
        return 0;
    }

    @Override
    public int getType() throws SQLException {
        requireOpen();
        return TYPE_FORWARD_ONLY;
    }

    @Override
    public int getConcurrency() throws SQLException {
        requireOpen();
        return CONCUR_READ_ONLY;
    }

    @Override
    public int getHoldability() throws SQLException {
        requireOpen();
        return CLOSE_CURSORS_AT_COMMIT;
    }

    @Override
    public String getCursorName() throws SQLException {
        throw SqlErrors.unsupported("SQLite has no named cursors; update rows by their key");
    }

    @Override
    public boolean rowUpdated() throws SQLException {
        requireOpen();
        return false;
    }

    @Override
    public boolean rowInserted() throws SQLException {
        requireOpen();
        return false;
    }

    @Override
    public boolean rowDeleted() throws SQLException {
        requireOpen();
        return false;
    }

    @Override
    public Statement getStatement() throws SQLException {
        requireOpen();
        return statement;
    }

    @Override
    public SQLWarning getWarnings() throws SQLException {
        requireOpen();
        return null;
    }

    @Override
    public void clearWarnings() throws SQLException {
        requireOpen();
    }
}
