package io.spindrift.jdbc;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.TransactionMode;
import io.spindrift.Durability;
import io.spindrift.RestorePoint;
import java.time.Duration;
import java.util.Optional;

/**
 * What distinguishes one connection factory of a database from another.
 *
 * @param readOnly connections never write and never touch the writer gate
 * @param transactionMode when a transaction takes the writer gate
 * @param busyTimeout how long SQLite waits for a lock of a foreign process
 * @param durability what a commit waits for
 * @param asOf the point of the past that connections read, empty for the present
 */
public record ConnectionOptions(
        boolean readOnly,
        TransactionMode transactionMode,
        Duration busyTimeout,
        Durability durability,
        Optional<RestorePoint> asOf) {

    /** What a database's configuration says for connections that say nothing else. */
    public static ConnectionOptions of(DatabaseConfig config) {
        return new ConnectionOptions(
                false, config.transactionMode(), config.busyTimeout(), config.durability(), Optional.empty());
    }

    public ConnectionOptions withReadOnly(boolean value) {
        return new ConnectionOptions(value, transactionMode, busyTimeout, durability, asOf);
    }

    public ConnectionOptions withTransactionMode(TransactionMode value) {
        return new ConnectionOptions(readOnly, value, busyTimeout, durability, asOf);
    }

    public ConnectionOptions withBusyTimeout(Duration value) {
        return new ConnectionOptions(readOnly, transactionMode, value, durability, asOf);
    }

    public ConnectionOptions withDurability(Durability value) {
        return new ConnectionOptions(readOnly, transactionMode, busyTimeout, value, asOf);
    }

    public ConnectionOptions withAsOf(RestorePoint value) {
        return new ConnectionOptions(readOnly, transactionMode, busyTimeout, durability, Optional.of(value));
    }
}
