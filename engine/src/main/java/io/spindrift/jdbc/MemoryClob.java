package io.spindrift.jdbc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.sql.Clob;
import java.sql.NClob;
import java.sql.SQLException;

/** Text in memory. It is a copy: what is set here reaches the database when it is bound to a statement. */
final class MemoryClob implements NClob {
    private StringBuilder text;

    MemoryClob(String text) {
        this.text = new StringBuilder(text);
    }

    private StringBuilder text() throws SQLException {
        if (text == null) {
            throw Lobs.freed();
        }
        return text;
    }

    @Override
    public long length() throws SQLException {
        return text().length();
    }

    @Override
    public String getSubString(long position, int length) throws SQLException {
        int from = Lobs.offset(position, text().length());
        return text.substring(from, from + Lobs.within(length, text.length() - from));
    }

    @Override
    public Reader getCharacterStream() throws SQLException {
        return new StringReader(text().toString());
    }

    @Override
    public Reader getCharacterStream(long position, long length) throws SQLException {
        int from = Lobs.offset(position, text().length());
        return new StringReader(text.substring(from, from + Lobs.exactly(length, text.length() - from)));
    }

    @Override
    public InputStream getAsciiStream() throws SQLException {
        return new ByteArrayInputStream(text().toString().getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public long position(String pattern, long start) throws SQLException {
        int from = Lobs.offset(start, text().length());
        Lobs.requireNotNull(pattern);
        int found = text.indexOf(pattern, from);
        return found < 0 ? -1 : found + 1L;
    }

    @Override
    public long position(Clob pattern, long start) throws SQLException {
        Lobs.requireNotNull(pattern);
        return position(pattern.getSubString(1, (int) pattern.length()), start);
    }

    @Override
    public int setString(long position, String value) throws SQLException {
        Lobs.requireNotNull(value);
        return setString(position, value, 0, value.length());
    }

    @Override
    public int setString(long position, String value, int offset, int length) throws SQLException {
        int from = Lobs.offset(position, text().length());
        Lobs.requireNotNull(value);
        Lobs.requireRange(offset, length, value.length());
        text.replace(
                from, Math.min(text.length(), Math.addExact(from, length)), value.substring(offset, offset + length));
        return length;
    }

    /** What is written to it is set when it is closed. */
    @Override
    public OutputStream setAsciiStream(long position) throws SQLException {
        Lobs.offset(position, text().length());
        return new ByteArrayOutputStream() {
            @Override
            public void close() throws IOException {
                set(position, toString(StandardCharsets.US_ASCII));
            }
        };
    }

    /** What is written to it is set when it is closed. */
    @Override
    public Writer setCharacterStream(long position) throws SQLException {
        Lobs.offset(position, text().length());
        return new StringWriter() {
            @Override
            public void close() throws IOException {
                set(position, toString());
            }
        };
    }

    private void set(long position, String value) throws IOException {
        try {
            setString(position, value);
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void truncate(long length) throws SQLException {
        text().setLength(Lobs.exactly(length, text.length()));
    }

    @Override
    public void free() {
        text = null;
    }
}
