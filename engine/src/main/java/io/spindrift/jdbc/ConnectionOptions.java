package io.spindrift.jdbc;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.ConflictDetection;
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
 * @param conflictDetection what an optimistic transaction does when another one committed before its first write
 * @param validationMax how long it may repeat its reads while it holds the gate
 * @param busyTimeout how long SQLite waits for a lock of a foreign process
 * @param durability what a commit waits for
 * @param asOf the point of the past that connections read, empty for the present
 */
public record ConnectionOptions(
        boolean readOnly,
        TransactionMode transactionMode,
        ConflictDetection conflictDetection,
        Duration validationMax,
        Duration busyTimeout,
        Durability durability,
        Optional<RestorePoint> asOf) {

    /** What a database's configuration says for connections that say nothing else. */
    public static ConnectionOptions of(DatabaseConfig config) {
        return new ConnectionOptions(
                false,
                config.transactionMode(),
                config.conflictDetection(),
                config.validationMax(),
                config.busyTimeout(),
                config.durability(),
                Optional.empty());
    }

    public ConnectionOptions withReadOnly(boolean value) {
        return new ConnectionOptions(
                value, transactionMode, conflictDetection, validationMax, busyTimeout, durability, asOf);
    }

    public ConnectionOptions withTransactionMode(TransactionMode value) {
        return new ConnectionOptions(readOnly, value, conflictDetection, validationMax, busyTimeout, durability, asOf);
    }

    public ConnectionOptions withConflictDetection(ConflictDetection value) {
        return new ConnectionOptions(readOnly, transactionMode, value, validationMax, busyTimeout, durability, asOf);
    }

    public ConnectionOptions withValidationMax(Duration value) {
        return new ConnectionOptions(
                readOnly, transactionMode, conflictDetection, value, busyTimeout, durability, asOf);
    }

    public ConnectionOptions withBusyTimeout(Duration value) {
        return new ConnectionOptions(
                readOnly, transactionMode, conflictDetection, validationMax, value, durability, asOf);
    }

    public ConnectionOptions withDurability(Durability value) {
        return new ConnectionOptions(
                readOnly, transactionMode, conflictDetection, validationMax, busyTimeout, value, asOf);
    }

    public ConnectionOptions withAsOf(RestorePoint value) {
        return new ConnectionOptions(
                readOnly,
                transactionMode,
                conflictDetection,
                validationMax,
                busyTimeout,
                durability,
                Optional.of(value));
    }
}
