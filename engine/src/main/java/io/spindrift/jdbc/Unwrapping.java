package io.spindrift.jdbc;

import java.sql.SQLException;
import java.sql.Wrapper;

/** An object of JDBC that wraps nothing but itself. */
interface Unwrapping extends Wrapper {
    @Override
    default <T> T unwrap(Class<T> type) throws SQLException {
        if (isWrapperFor(type)) {
            return type.cast(this);
        }
        throw SqlErrors.invalidArgument(
                "A " + getClass().getSimpleName() + " is not a " + (type == null ? "null" : type.getName()));
    }

    @Override
    default boolean isWrapperFor(Class<?> type) throws SQLException {
        return type != null && type.isInstance(this);
    }
}
