/**
 * SQLite databases that survive the loss of their disk: the Java SE entry points.
 *
 * <p>Start at {@link io.spindrift.Database}: it owns one SQLite file in this process, hands out JDBC connections and
 * ships every commit to a replica. {@link io.spindrift.DatabaseConfig} describes a database,
 * {@link io.spindrift.RestoreRequest} a restore, {@link io.spindrift.DatabaseRegistry} finds the databases that are
 * open.
 */
package io.spindrift;
