package io.spindrift.jdbc;

import java.sql.SQLException;
import java.sql.SQLNonTransientException;

/** The argument checks that blobs and clobs share. Positions begin with 1. */
final class Lobs {
    private Lobs() {}

    /** The index of a position; the one after the last is allowed, for appending. */
    static int offset(long position, int size) throws SQLException {
        if (position < 1 || position > size + 1L) {
            throw SqlErrors.invalidArgument(
                    "Position " + position + " does not exist: positions are 1 to " + (size + 1L));
        }
        return (int) position - 1;
    }

    static int within(int length, int left) throws SQLException {
        return exactly(Math.min(length, left), left);
    }

    static int exactly(long length, int left) throws SQLException {
        if (length < 0 || length > left) {
            throw SqlErrors.invalidArgument("A length here is 0 to " + left + ", found " + length);
        }
        return (int) length;
    }

    static void requireRange(int offset, int length, int size) throws SQLException {
        if (offset < 0 || length < 0 || length > size - offset) {
            throw SqlErrors.invalidArgument(
                    "The range of " + length + " from " + offset + " is not within the value of " + size);
        }
    }

    static void requireNotNull(Object value) throws SQLException {
        if (value == null) {
            throw SqlErrors.invalidArgument("The value is null");
        }
    }

    static SQLException freed() {
        return new SQLNonTransientException("The large object was freed", "HY010");
    }
}
