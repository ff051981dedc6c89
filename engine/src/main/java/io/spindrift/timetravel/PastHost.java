package io.spindrift.timetravel;

import io.spindrift.Durability;
import io.spindrift.Position;
import io.spindrift.jdbc.ConnectionHost;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.PhysicalConnection;
import io.spindrift.jdbc.WriterGate;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;

/** What one connection needs of the past. */
final class PastHost implements ConnectionHost {
    private final String name;
    private final PastCopy copy;
    private final Runnable whenClosed;

    PastHost(String name, PastCopy copy, Runnable whenClosed) {
        this.name = name;
        this.copy = copy;
        this.whenClosed = whenClosed;
    }

    @Override
    public String name() {
        return name + " at position " + copy.target.position();
    }

    @Override
    public boolean replicated() {
        return true;
    }

    @Override
    public SQLiteConnection openSqlite(ConnectionOptions options) throws SQLException {
        SQLiteConfig sqlite = new SQLiteConfig();
        sqlite.setReadOnly(true);
        sqlite.setTempStore(SQLiteConfig.TempStore.MEMORY);
        // immutable: the file never changes, so SQLite takes no lock and makes no -wal and -shm beside it
        return (SQLiteConnection) sqlite.createConnection("jdbc:sqlite:" + copy.file.toUri() + "?immutable=1");
    }

    @Override
    public WriterGate gate() {
        return new WriterGate(name());
    }

    @Override
    public Duration gateTimeout() {
        return Duration.ZERO;
    }

    @Override
    public void requireWritable() throws SQLException {
        throw new SQLNonTransientException("Database " + name() + " is the past and cannot be written", "25006");
    }

    @Override
    public void awaitRoom(Duration atMost, BooleanSupplier givesUp) throws SQLException {
        requireWritable();
    }

    @Override
    public void wakeHeldUp() {
        // Nobody is.
    }

    @Override
    public long committed() {
        throw new IllegalStateException("Database " + name() + " was written");
    }

    @Override
    public long commits() {
        return 0;
    }

    @Override
    public void awaitDurable(Durability level, long commit) {
        // The past is durable.
    }

    @Override
    public Position positionOf(long commit) {
        return copy.target.position();
    }

    @Override
    public void closed(PhysicalConnection connection) {
        whenClosed.run();
    }
}
