package io.spindrift.jdbc;

import java.sql.JDBCType;
import java.sql.ParameterMetaData;
import java.sql.SQLException;
import java.sql.Types;

/** What is known of a statement's parameters: how many there are. SQLite's parameters have no type. */
record Parameters(int count) implements ParameterMetaData, Unwrapping {

    /** The type named for each: any value may be bound, and its text is what most of them are kept as. */
    private static final int TYPE = Types.VARCHAR;

    private void require(int index) throws SQLException {
        if (index < 1 || index > count) {
            throw missing(index, count);
        }
    }

    static SQLException missing(int index, int count) {
        return SqlErrors.missing("Parameter", index, "statement", count);
    }

    @Override
    public int getParameterCount() {
        return count;
    }

    @Override
    public int isNullable(int index) throws SQLException {
        require(index);
        return parameterNullableUnknown;
    }

    @Override
    public boolean isSigned(int index) throws SQLException {
        require(index);
        return SqlTypes.isNumber(TYPE);
    }

    @Override
    public int getPrecision(int index) throws SQLException {
        require(index);
        return 0;
    }

    @Override
    public int getScale(int index) throws SQLException {
        require(index);
        return 0;
    }

    @Override
    public int getParameterType(int index) throws SQLException {
        require(index);
        return TYPE;
    }

    @Override
    public String getParameterTypeName(int index) throws SQLException {
        require(index);
        return JDBCType.valueOf(TYPE).getName();
    }

    @Override
    public String getParameterClassName(int index) throws SQLException {
        require(index);
        return SqlTypes.className(TYPE);
    }

    @Override
    public int getParameterMode(int index) throws SQLException {
        require(index);
        return parameterModeIn;
    }
}
