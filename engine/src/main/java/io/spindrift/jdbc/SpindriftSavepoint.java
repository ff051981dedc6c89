package io.spindrift.jdbc;

import java.sql.SQLException;
import java.sql.Savepoint;

/** A savepoint of one connection's transaction. SQLite sees a name of our own, so any name is possible. */
final class SpindriftSavepoint implements Savepoint {
    final PhysicalConnection connection;
    private final int id;
    private final String name;

    SpindriftSavepoint(PhysicalConnection connection, int id, String name) {
        this.connection = connection;
        this.id = id;
        this.name = name;
    }

    String sqlName() {
        return "spindrift_" + id;
    }

    @Override
    public int getSavepointId() throws SQLException {
        if (name != null) {
            throw SqlErrors.invalidArgument("Savepoint " + name + " has a name and no number; call getSavepointName");
        }
        return id;
    }

    @Override
    public String getSavepointName() throws SQLException {
        if (name == null) {
            throw SqlErrors.invalidArgument("Savepoint " + id + " has a number and no name; call getSavepointId");
        }
        return name;
    }
}
