/**
 * SQLite's files, read from outside SQLite: the write-ahead log and the database file under it.
 *
 * <p>Start at {@link io.spindrift.wal.WalFile}: it finds the committed pages after a {@link
 * io.spindrift.wal.WalPosition}. {@link
 * io.spindrift.wal.DatabaseFile} is the only way the engine reads the database file.
 */
package io.spindrift.wal;
