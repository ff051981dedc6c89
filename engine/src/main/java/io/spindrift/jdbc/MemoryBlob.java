package io.spindrift.jdbc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Blob;
import java.sql.SQLException;
import java.util.Arrays;

/** Bytes in memory. It is a copy: what is set here reaches the database when it is bound to a statement. */
final class MemoryBlob implements Blob {
    private byte[] bytes;

    MemoryBlob(byte[] bytes) {
        this.bytes = bytes;
    }

    private byte[] bytes() throws SQLException {
        if (bytes == null) {
            throw Lobs.freed();
        }
        return bytes;
    }

    @Override
    public long length() throws SQLException {
        return bytes().length;
    }

    @Override
    public byte[] getBytes(long position, int length) throws SQLException {
        int from = Lobs.offset(position, bytes().length);
        return Arrays.copyOfRange(bytes, from, from + Lobs.within(length, bytes.length - from));
    }

    @Override
    public InputStream getBinaryStream() throws SQLException {
        return new ByteArrayInputStream(bytes());
    }

    @Override
    public InputStream getBinaryStream(long position, long length) throws SQLException {
        int from = Lobs.offset(position, bytes().length);
        return new ByteArrayInputStream(bytes, from, Lobs.exactly(length, bytes.length - from));
    }

    @Override
    public long position(byte[] pattern, long start) throws SQLException {
        byte[] searched = bytes();
        Lobs.requireNotNull(pattern);
        for (int at = Lobs.offset(start, searched.length); at + pattern.length <= searched.length; at++) {
            if (Arrays.equals(searched, at, at + pattern.length, pattern, 0, pattern.length)) {
                return at + 1L;
            }
        }
        return -1;
    }

    @Override
    public long position(Blob pattern, long start) throws SQLException {
        Lobs.requireNotNull(pattern);
        return position(pattern.getBytes(1, (int) pattern.length()), start);
    }

    @Override
    public int setBytes(long position, byte[] value) throws SQLException {
        Lobs.requireNotNull(value);
        return setBytes(position, value, 0, value.length);
    }

    @Override
    public int setBytes(long position, byte[] value, int offset, int length) throws SQLException {
        int from = Lobs.offset(position, bytes().length);
        Lobs.requireNotNull(value);
        Lobs.requireRange(offset, length, value.length);
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length, Math.addExact(from, length)));
        System.arraycopy(value, offset, bytes, from, length);
        return length;
    }

    /** What is written to it is set when it is closed. */
    @Override
    public OutputStream setBinaryStream(long position) throws SQLException {
        Lobs.offset(position, bytes().length);
        return new ByteArrayOutputStream() {
            @Override
            public void close() throws IOException {
                try {
                    setBytes(position, toByteArray());
                } catch (SQLException e) {
                    throw new IOException(e);
                }
            }
        };
    }

    @Override
    public void truncate(long length) throws SQLException {
        bytes = Arrays.copyOf(bytes(), Lobs.exactly(length, bytes.length));
    }

    @Override
    public void free() {
        bytes = null;
    }
}
