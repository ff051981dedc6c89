package io.spindrift.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import org.sqlite.SQLiteConnection;

/** What a connection needs of the database it belongs to. Implemented by the database; all methods are thread-safe. */
public interface ConnectionHost {
    /** The database's name, for messages. */
    String name();

    /** Whether the file is replicated; some statements are refused only then. */
    boolean replicated();

    /** Opens a driver connection in WAL mode with every pragma of the engine set. */
    SQLiteConnection openSqlite(ConnectionOptions options) throws SQLException;

    /** The gate every writer of this database passes through. */
    WriterGate gate();

    /** How long a writer waits at the gate. */
    Duration gateTimeout();

    /**
     * Called before a transaction takes the gate and again once it has it.
     *
     * @throws SQLException 57P01 if this process must not write now
     */
    void requireWritable() throws SQLException;

    /** Called under the gate, right after SQLite committed a transaction that wrote. Must return at once. */
    void committed();

    /** Called once when a connection has been closed. */
    void closed(PhysicalConnection connection);
}
