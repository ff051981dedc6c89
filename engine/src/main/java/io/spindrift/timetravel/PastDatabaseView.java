package io.spindrift.timetravel;

import io.spindrift.PastDatabase;
import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.DatabaseDataSource;
import io.spindrift.jdbc.PhysicalConnection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** One caller's share of a copy. */
final class PastDatabaseView implements PastDatabase {
    private final TimeTravel travel;
    private final PastCopy copy;
    private final ConnectionOptions options;
    /** Guarded by itself, with what follows. */
    private final List<PhysicalConnection> connections = new ArrayList<>();

    private boolean closed;

    PastDatabaseView(TimeTravel travel, PastCopy copy, ConnectionOptions options) {
        this.travel = travel;
        this.copy = copy;
        this.options = options;
    }

    @Override
    public Position position() {
        return copy.target.position();
    }

    @Override
    public Instant time() {
        return copy.target.time();
    }

    @Override
    public DataSource dataSource() {
        return new DatabaseDataSource(this::connect);
    }

    private PhysicalConnection connect() throws SQLException {
        synchronized (connections) {
            if (closed) {
                throw new SQLNonTransientConnectionException(
                        "The view of position " + position() + " is closed; open another", "08003");
            }
            connections.removeIf(PhysicalConnection::isClosed);
            PhysicalConnection connection = travel.connect(copy, options);
            connections.add(connection);
            return connection;
        }
    }

    @Override
    public void close() {
        List<PhysicalConnection> open;
        synchronized (connections) {
            if (closed) {
                return;
            }
            closed = true;
            open = List.copyOf(connections);
        }
        try {
            for (PhysicalConnection connection : open) {
                connection.close();
            }
        } catch (SQLException e) {
            throw new SpindriftException("A connection to position " + position() + " cannot be closed: " + e, e);
        } finally {
            travel.release(copy);
        }
    }
}
