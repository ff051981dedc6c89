package io.spindrift.jdbc;

import java.sql.ParameterMetaData;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.Types;

/** What is known of a statement's parameters: how many there are. SQLite's parameters have no type. */
record Parameters(int count) implements ParameterMetaData {

    private void require(int index) throws SQLException {
        if (index < 1 || index > count) {
            throw new SQLNonTransientException(
                    "Parameter " + index + " does not exist: the statement has " + count, "07009");
        }
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
        return true;
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
        return Types.VARCHAR;
    }

    @Override
    public String getParameterTypeName(int index) throws SQLException {
        require(index);
        return "VARCHAR";
    }

    @Override
    public String getParameterClassName(int index) throws SQLException {
        require(index);
        return Object.class.getName();
    }

    @Override
    public int getParameterMode(int index) throws SQLException {
        require(index);
        return parameterModeIn;
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw SqlErrors.invalidArgument("The metadata is not a " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }
}
