/**
 * JDBC over SQLite: connections that begin transactions lazily, pass one writer gate, and report every error with its
 * SQLSTATE.
 *
 * <p>Start at {@link io.spindrift.jdbc.PhysicalConnection}, which owns the driver's connection and the transaction;
 * {@code SpindriftConnection} is the handle an application holds.
 */
package io.spindrift.jdbc;
