package io.spindrift.jdbc;

import io.spindrift.Durability;
import io.spindrift.Position;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
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
     * Called before a transaction takes the gate; may hold it up while the replica is too far behind.
     *
     * @param givesUp whether the wait shall end; {@link #wakeHeldUp} tells that it has changed
     * @throws SQLException HYT00 at the timeout, 57014 if it was given up or interrupted, 53400 if writers are refused
     */
    void awaitRoom(Duration timeout, BooleanSupplier givesUp) throws SQLException;

    /** Has those whom {@link #awaitRoom} holds up look whether they give up. */
    void wakeHeldUp();

    /**
     * Called before a transaction takes the gate and again once it has it.
     *
     * @throws SQLException 57P01 if this process must not write now
     */
    void requireWritable() throws SQLException;

    /**
     * Called under the gate, right before SQLite commits a transaction that wrote.
     *
     * @throws SQLException if it shall not be committed: it is rolled back
     */
    default void beforeCommit() throws SQLException {}

    /**
     * Called under the gate, right after SQLite committed a transaction that wrote. Must return at once.
     *
     * @return the commit's number, from 1, one more than the one before
     */
    long committed();

    /** The number of the last commit, 0 before the first. Whoever has the gate knows that it stays so. */
    long commits();

    /**
     * Waits until a commit is as durable as is asked for, for at most {@code durability-timeout}. Called without the
     * gate.
     *
     * @throws SQLException 08007 if it is not by then: it stays committed
     */
    void awaitDurable(Durability level, long commit) throws SQLException;

    /** A position that holds a commit: that of the first group that surely does, which may be one group late. */
    Position positionOf(long commit);

    /** Called once when a connection has been closed. */
    void closed(PhysicalConnection connection);
}
