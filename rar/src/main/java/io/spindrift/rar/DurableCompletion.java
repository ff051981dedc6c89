package io.spindrift.rar;

import io.spindrift.jdbc.PhysicalConnection.OwedWait;
import jakarta.transaction.Synchronization;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Waits, once the server's transaction is over, until what a connection committed in it is as durable as the connection
 * asks for. Not earlier: a commit that failed for that reason would be a heuristic outcome, although nothing of it is
 * lost. By then the connection may serve others, so what to wait for is noted when it commits. Nobody can be told of a
 * miss but the log: what a synchronization throws is swallowed.
 */
final class DurableCompletion implements Synchronization {
    private final String database;
    private final AdapterLog log;
    private volatile Optional<OwedWait> owed = Optional.empty();

    DurableCompletion(String database, AdapterLog log) {
        this.database = database;
        this.log = log;
    }

    void committed(Optional<OwedWait> wait) {
        owed = wait;
    }

    @Override
    public void beforeCompletion() {
        // Nothing to do before.
    }

    /** Whatever the transaction's outcome, what was committed here is waited for. */
    @Override
    public void afterCompletion(int status) {
        try {
            if (owed.isPresent()) {
                owed.get().await();
            }
        } catch (SQLException e) {
            log.notDurable(database, e.getMessage());
        }
    }
}
