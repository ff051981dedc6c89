package io.spindrift.sync;

import io.spindrift.jdbc.PhysicalConnection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Every connection of a database that an application holds. Thread-safe. */
final class OpenConnections {
    private final Set<PhysicalConnection> connections = new HashSet<>();

    /** Opens a connection. */
    @FunctionalInterface
    interface Opening {
        PhysicalConnection open() throws SQLException;
    }

    /** Opens one more; none is half open when another method of this class returns. */
    synchronized PhysicalConnection open(Opening opening) throws SQLException {
        PhysicalConnection connection = opening.open();
        connections.add(connection);
        return connection;
    }

    synchronized void closed(PhysicalConnection connection) {
        connections.remove(connection);
    }

    synchronized List<PhysicalConnection> all() {
        return List.copyOf(connections);
    }

    /** Ends reads that have lasted longer, so that the write-ahead log can be emptied; answers how many. */
    int endReadsOlderThan(Duration age) throws SQLException {
        int ended = 0;
        for (PhysicalConnection connection : all()) {
            ended += connection.endReadOlderThan(age) ? 1 : 0;
        }
        return ended;
    }
}
