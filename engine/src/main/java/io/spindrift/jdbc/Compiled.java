package io.spindrift.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Optional;
import org.sqlite.core.CoreStatement;
import org.sqlite.core.DB;

/**
 * One statement, compiled by the driver on one physical connection, in the hands of one statement of the application.
 *
 * @param columns of the result the application asked for; 0 if there is none
 * @param returnsKeys whether the rows it returns are generated keys
 */
record Compiled(
        SqlStatement statement,
        WantedKeys keys,
        PreparedStatement driver,
        PhysicalConnection on,
        int columns,
        int parameters,
        boolean returnsKeys)
        implements AutoCloseable {

    /** One that was given back, or a new one. */
    static Compiled of(SqlStatement statement, WantedKeys keys, PhysicalConnection on) throws SQLException {
        WantedKeys wanted = statement.insert() ? keys : WantedKeys.NONE;
        return on.locked(() -> {
            Optional<Compiled> kept = on.compiled().take(statement, wanted);
            return kept.isPresent() ? kept.get() : compile(statement, wanted, on);
        });
    }

    private static Compiled compile(SqlStatement statement, WantedKeys keys, PhysicalConnection on)
            throws SQLException {
        try {
            Optional<String> returning = keys.returning(statement.sql(), on.sqlite());
            PreparedStatement driver = on.sqlite().prepareStatement(returning.orElse(statement.sql()));
            int columns = ((CoreStatement) driver).pointer.safeRunInt(DB::column_count);
            return new Compiled(
                    statement,
                    keys,
                    driver,
                    on,
                    returning.isPresent() ? 0 : columns,
                    driver.getParameterMetaData().getParameterCount(),
                    returning.isPresent());
        } catch (SQLException e) {
            throw SqlErrors.compileError(e);
        }
    }

    /**
     * What the columns of its result are now. Asked of a new compilation: one that has run before knows the schema of that
     * run.
     */
    Columns columnsNow() throws SQLException {
        return on.locked(() -> {
            try (PreparedStatement fresh = on.sqlite().prepareStatement(statement.sql())) {
                return Columns.of(fresh.getMetaData());
            } catch (SQLException e) {
                throw SqlErrors.compileError(e);
            }
        });
    }

    /** Keeps it on its connection for whoever prepares the same SQL next. */
    void giveBack() throws SQLException {
        if (on.isClosed()) {
            return; // The driver's statement dies with its connection.
        }
        on.locked(() -> {
            driver.clearParameters();
            on.compiled().keep(this);
            return null;
        });
    }

    @Override
    public void close() throws SQLException {
        driver.close();
    }
}
