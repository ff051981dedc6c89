package io.spindrift.jdbc;

import io.spindrift.jdbc.SqlStatement.Effect;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.List;

/**
 * One statement, compiled once and run with parameters. Parameters are kept here and given to the driver when the
 * statement runs, so it survives an error and a change of the physical connection.
 */
public final class SpindriftPreparedStatement extends SpindriftStatement implements PreparedStatement {
    private static final Object UNSET = new Object();

    private final String sql;
    private final WantedKeys wantedKeys;
    private final List<Object[]> rows = new ArrayList<>();
    private Compiled compiled;
    private Object[] parameters;

    SpindriftPreparedStatement(SpindriftConnection connection, String sql, WantedKeys wantedKeys) throws SQLException {
        super(connection);
        this.sql = SqlEscapes.translate(requireText(sql));
        this.wantedKeys = wantedKeys;
        parameters = new Object[compiled().parameters()];
        Arrays.fill(parameters, UNSET);
    }

    private Compiled compiled() throws SQLException {
        PhysicalConnection physical = connection.physical();
        if (compiled == null
                || compiled.on() != physical
                || compiled.statement().temporary()) {
            closeCompiled();
            try {
                compiled = compile(physical);
            } catch (SQLException e) {
                throw failed(e);
            }
        }
        return compiled;
    }

    private Compiled compile(PhysicalConnection physical) throws SQLException {
        SqlStatement statement = physical.classify(sql);
        if (statement.script() || statement.effect() == Effect.NOTHING) {
            throw new SQLSyntaxErrorException(
                    "A prepared statement is one statement, found "
                            + (statement.script() ? "several; prepare them one by one" : "none"),
                    "42000");
        }
        return Compiled.of(statement, wantedKeys, physical);
    }

    private void closeCompiled() {
        Compiled open = compiled;
        compiled = null;
        try {
            giveBack(open);
        } catch (SQLException e) {
            // The driver's statement dies with its connection at the latest.
        }
    }

    @Override
    void release() {
        super.release();
        closeCompiled();
    }

    private SpindriftResultSet run(Wanted wanted) throws SQLException {
        requireOpen();
        return exclusively(() -> runAlone(wanted));
    }

    private SpindriftResultSet runAlone(Wanted wanted) throws SQLException {
        forgetResult();
        Compiled statement = compiled();
        requireFits(statement, wanted);
        long deadline = deadline();
        connection.execute(this, statement.statement().effect(), deadline, () -> {
            runWith(compiled(), parameters, deadline); // again, if another try follows one that failed
            return null;
        });
        return result();
    }

    private void runWith(Compiled statement, Object[] values, long deadline) throws SQLException {
        requireSet(values);
        boolean done = false;
        try {
            for (int i = 0; i < values.length; i++) {
                bind(statement.driver(), i + 1, values[i]);
            }
            runCompiled(statement, values, deadline);
            done = true;
        } finally {
            if (!done) {
                // The driver gives a statement up on most errors; the next run compiles it again.
                compiled = null;
                statement.close();
            }
        }
    }

    private static void requireSet(Object[] values) throws SQLException {
        int unset = Arrays.asList(values).indexOf(UNSET);
        if (unset >= 0) {
            throw new SQLNonTransientException(
                    "Parameter " + (unset + 1) + " of " + values.length + " is not set", "07002");
        }
    }

    static void bind(PreparedStatement driver, int index, Object value) throws SQLException {
        if (value instanceof String s) {
            driver.setString(index, s);
        } else if (value instanceof Integer i) {
            driver.setInt(index, i);
        } else if (value instanceof Long l) {
            driver.setLong(index, l);
        } else if (value instanceof Double d) {
            driver.setDouble(index, d);
        } else if (value instanceof byte[] b) {
            driver.setBytes(index, b);
        } else {
            driver.setNull(index, java.sql.Types.NULL);
        }
    }

    private void set(int index, Object bindable) throws SQLException {
        requireOpen();
        if (index < 1 || index > parameters.length) {
            throw Parameters.missing(index, parameters.length);
        }
        parameters[index - 1] = bindable;
    }

    @Override
    public ResultSet executeQuery() throws SQLException {
        return run(Wanted.ROWS);
    }

    @Override
    public int executeUpdate() throws SQLException {
        return toInt(executeLargeUpdate());
    }

    @Override
    public long executeLargeUpdate() throws SQLException {
        run(Wanted.COUNT);
        return getLargeUpdateCount();
    }

    @Override
    public boolean execute() throws SQLException {
        return run(Wanted.EITHER) != null;
    }

    @Override
    public void addBatch() throws SQLException {
        requireOpen();
        rows.add(parameters.clone());
    }

    @Override
    public void clearBatch() throws SQLException {
        requireOpen();
        rows.clear();
    }

    @Override
    public long[] executeLargeBatch() throws SQLException {
        requireOpen();
        return exclusively(this::runBatch);
    }

    private long[] runBatch() throws SQLException {
        forgetResult();
        List<Object[]> entries = List.copyOf(rows);
        rows.clear();
        if (entries.isEmpty()) {
            return new long[0];
        }
        Compiled statement = compiled();
        requireFits(statement, Wanted.COUNT);
        if (statement.statement().effect() == Effect.WRITE_ALONE) {
            throw new SQLNonTransientException("The statement cannot run in a batch, only alone", "42000");
        }
        long deadline = deadline();
        return inBatch(entries.size(), deadline, i -> {
            runWith(compiled(), entries.get(i), deadline);
            return getLargeUpdateCount();
        });
    }

    @Override
    public void clearParameters() throws SQLException {
        requireOpen();
        Arrays.fill(parameters, UNSET);
    }

    @Override
    public void setNull(int index, int type) throws SQLException {
        set(index, null);
    }

    @Override
    public void setNull(int index, int type, String typeName) throws SQLException {
        set(index, null);
    }

    @Override
    public void setBoolean(int index, boolean value) throws SQLException {
        set(index, value ? 1 : 0);
    }

    @Override
    public void setByte(int index, byte value) throws SQLException {
        set(index, (int) value);
    }

    @Override
    public void setShort(int index, short value) throws SQLException {
        set(index, (int) value);
    }

    @Override
    public void setInt(int index, int value) throws SQLException {
        set(index, value);
    }

    @Override
    public void setLong(int index, long value) throws SQLException {
        set(index, value);
    }

    @Override
    public void setFloat(int index, float value) throws SQLException {
        set(index, (double) value);
    }

    @Override
    public void setDouble(int index, double value) throws SQLException {
        set(index, value);
    }

    @Override
    public void setBigDecimal(int index, BigDecimal value) throws SQLException {
        set(index, SqlTypes.bindable(value));
    }

    @Override
    public void setString(int index, String value) throws SQLException {
        set(index, value);
    }

    @Override
    public void setNString(int index, String value) throws SQLException {
        set(index, value);
    }

    @Override
    public void setBytes(int index, byte[] value) throws SQLException {
        set(index, value == null ? null : value.clone());
    }

    @Override
    public void setDate(int index, Date value) throws SQLException {
        set(index, SqlTypes.bindable(value));
    }

    @Override
    public void setDate(int index, Date value, Calendar calendar) throws SQLException {
        set(index, SqlTypes.localText(value, SpindriftResultSet.zone(calendar)));
    }

    @Override
    public void setTime(int index, Time value) throws SQLException {
        set(index, SqlTypes.bindable(value));
    }

    @Override
    public void setTime(int index, Time value, Calendar calendar) throws SQLException {
        set(index, SqlTypes.localText(value, SpindriftResultSet.zone(calendar)));
    }

    @Override
    public void setTimestamp(int index, Timestamp value) throws SQLException {
        set(index, SqlTypes.bindable(value));
    }

    /** The calendar changes nothing: a timestamp is a point on the time line and stored in UTC. */
    @Override
    public void setTimestamp(int index, Timestamp value, Calendar calendar) throws SQLException {
        set(index, SqlTypes.bindable(value));
    }

    @Override
    public void setObject(int index, Object value) throws SQLException {
        if (value instanceof Blob blob) {
            setBlob(index, blob);
        } else if (value instanceof Clob clob) {
            setClob(index, clob);
        } else if (value instanceof InputStream stream) {
            setBinaryStream(index, stream);
        } else if (value instanceof Reader reader) {
            setCharacterStream(index, reader);
        } else {
            set(index, SqlTypes.bindable(value));
        }
    }

    /** SQLite's values carry their own type, so the type named here changes nothing. */
    @Override
    public void setObject(int index, Object value, int type) throws SQLException {
        setObject(index, value);
    }

    @Override
    public void setObject(int index, Object value, int type, int scaleOrLength) throws SQLException {
        setObject(index, value);
    }

    @Override
    public void setObject(int index, Object value, SQLType type) throws SQLException {
        setObject(index, value);
    }

    @Override
    public void setObject(int index, Object value, SQLType type, int scaleOrLength) throws SQLException {
        setObject(index, value);
    }

    @Override
    public void setAsciiStream(int index, InputStream stream, int length) throws SQLException {
        setAsciiStream(index, stream, (long) length);
    }

    @Override
    public void setAsciiStream(int index, InputStream stream, long length) throws SQLException {
        set(index, text(bytes(stream, length), StandardCharsets.US_ASCII));
    }

    @Override
    public void setAsciiStream(int index, InputStream stream) throws SQLException {
        set(index, text(bytes(stream, -1), StandardCharsets.US_ASCII));
    }

    @Override
    @Deprecated
    public void setUnicodeStream(int index, InputStream stream, int length) throws SQLException {
        set(index, text(bytes(stream, length), StandardCharsets.UTF_8));
    }

    private static String text(byte[] bytes, java.nio.charset.Charset charset) {
        return bytes == null ? null : new String(bytes, charset);
    }

    @Override
    public void setBinaryStream(int index, InputStream stream, int length) throws SQLException {
        set(index, bytes(stream, length));
    }

    @Override
    public void setBinaryStream(int index, InputStream stream, long length) throws SQLException {
        set(index, bytes(stream, length));
    }

    @Override
    public void setBinaryStream(int index, InputStream stream) throws SQLException {
        set(index, bytes(stream, -1));
    }

    private static byte[] bytes(InputStream stream, long length) throws SQLException {
        if (stream == null) {
            return null;
        }
        try {
            byte[] bytes =
                    length < 0 ? stream.readAllBytes() : stream.readNBytes((int) Math.min(length, Integer.MAX_VALUE));
            requireLength(length, bytes.length);
            return bytes;
        } catch (IOException e) {
            throw new SQLDataException("The stream of a parameter could not be read", "22000", e);
        }
    }

    @Override
    public void setCharacterStream(int index, Reader reader, int length) throws SQLException {
        set(index, text(reader, length));
    }

    @Override
    public void setCharacterStream(int index, Reader reader, long length) throws SQLException {
        set(index, text(reader, length));
    }

    @Override
    public void setCharacterStream(int index, Reader reader) throws SQLException {
        set(index, text(reader, -1));
    }

    @Override
    public void setNCharacterStream(int index, Reader reader, long length) throws SQLException {
        set(index, text(reader, length));
    }

    @Override
    public void setNCharacterStream(int index, Reader reader) throws SQLException {
        set(index, text(reader, -1));
    }

    private static String text(Reader reader, long length) throws SQLException {
        if (reader == null) {
            return null;
        }
        try {
            StringWriter text = new StringWriter();
            char[] buffer = new char[8_192];
            long left = length < 0 ? Long.MAX_VALUE : length;
            int n = 0;
            while (left > 0 && n >= 0) {
                n = reader.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (n > 0) {
                    text.write(buffer, 0, n);
                    left -= n;
                }
            }
            requireLength(length, text.getBuffer().length());
            return text.toString();
        } catch (IOException e) {
            throw new SQLDataException("The reader of a parameter could not be read", "22000", e);
        }
    }

    private static void requireLength(long expected, int found) throws SQLException {
        if (expected >= 0 && found != expected) {
            throw new SQLDataException(
                    "The stream of a parameter ended early: expected " + expected + ", found " + found, "22000");
        }
    }

    @Override
    public void setBlob(int index, Blob value) throws SQLException {
        set(index, value == null ? null : value.getBytes(1, (int) value.length()));
    }

    @Override
    public void setBlob(int index, InputStream stream, long length) throws SQLException {
        set(index, bytes(stream, length));
    }

    @Override
    public void setBlob(int index, InputStream stream) throws SQLException {
        set(index, bytes(stream, -1));
    }

    @Override
    public void setClob(int index, Clob value) throws SQLException {
        set(index, value == null ? null : value.getSubString(1, (int) value.length()));
    }

    @Override
    public void setClob(int index, Reader reader, long length) throws SQLException {
        set(index, text(reader, length));
    }

    @Override
    public void setClob(int index, Reader reader) throws SQLException {
        set(index, text(reader, -1));
    }

    @Override
    public void setNClob(int index, NClob value) throws SQLException {
        setClob(index, (Clob) value);
    }

    @Override
    public void setNClob(int index, Reader reader, long length) throws SQLException {
        set(index, text(reader, length));
    }

    @Override
    public void setNClob(int index, Reader reader) throws SQLException {
        set(index, text(reader, -1));
    }

    @Override
    public void setURL(int index, URL value) throws SQLException {
        set(index, value == null ? null : value.toString());
    }

    @Override
    public void setArray(int index, Array value) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no arrays; bind JSON with setString and read it with json_each");
    }

    @Override
    public void setRef(int index, Ref value) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no references; bind the key");
    }

    @Override
    public void setRowId(int index, RowId value) throws SQLException {
        throw SqlErrors.unsupported("Bind the rowid with setLong");
    }

    @Override
    public void setSQLXML(int index, SQLXML value) throws SQLException {
        throw SqlErrors.unsupported("SQLite has no XML type; bind the text with setString");
    }

    @Override
    public ResultSetMetaData getMetaData() throws SQLException {
        requireOpen();
        Compiled statement = compiled();
        return statement.columns() == 0 ? null : statement.columnsNow();
    }

    @Override
    public ParameterMetaData getParameterMetaData() throws SQLException {
        requireOpen();
        return new Parameters(parameters.length);
    }

    @Override
    public ResultSet executeQuery(String text) throws SQLException {
        throw prepared();
    }

    @Override
    public boolean execute(String text) throws SQLException {
        throw prepared();
    }

    @Override
    public boolean execute(String text, int keys) throws SQLException {
        throw prepared();
    }

    @Override
    public boolean execute(String text, int[] columns) throws SQLException {
        throw prepared();
    }

    @Override
    public boolean execute(String text, String[] columns) throws SQLException {
        throw prepared();
    }

    @Override
    public long executeLargeUpdate(String text) throws SQLException {
        throw prepared();
    }

    @Override
    public long executeLargeUpdate(String text, int keys) throws SQLException {
        throw prepared();
    }

    @Override
    public void addBatch(String text) throws SQLException {
        throw prepared();
    }

    private static SQLException prepared() {
        return new SQLNonTransientException(
                "A prepared statement has its SQL already; use a plain Statement for another text", "HY010");
    }
}
