package io.spindrift.jdbc;

import io.spindrift.DatabaseConfig.TransactionMode;
import java.time.Duration;

/**
 * What distinguishes one connection factory of a database from another.
 *
 * @param readOnly connections never write and never touch the writer gate
 * @param transactionMode when a transaction takes the writer gate
 * @param busyTimeout how long SQLite waits for a lock of a foreign process
 */
public record ConnectionOptions(boolean readOnly, TransactionMode transactionMode, Duration busyTimeout) {}
