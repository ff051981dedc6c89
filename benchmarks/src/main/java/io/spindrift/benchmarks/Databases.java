package io.spindrift.benchmarks;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.wal.DatabaseFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** How the runs open databases: by the engine, and by the bare driver with the engine's pragmas. */
final class Databases {
    /** The name of every database, also in its replica. */
    static final String NAME = "bench";

    private static final int BUSY_TIMEOUT_MILLIS = 60_000;
    private static final int CACHE_KIB = 8 * 1024;

    private Databases() {}

    /** A configuration with the defaults of the engine. */
    static DatabaseConfig.Builder config(Path file, Optional<URI> replica) {
        DatabaseConfig.Builder config = DatabaseConfig.builder().name(NAME).path(file);
        replica.ifPresent(config::replica);
        return config;
    }

    /** The bare driver: SQLite's own checkpoints every 1000 pages, the engine's pragmas otherwise. */
    static SQLiteDataSource bare(Path file, SQLiteConfig.SynchronousMode synchronous) {
        SQLiteConfig pragmas = new SQLiteConfig();
        pragmas.setJournalMode(SQLiteConfig.JournalMode.WAL);
        pragmas.setSynchronous(synchronous);
        pragmas.enforceForeignKeys(true);
        pragmas.setTempStore(SQLiteConfig.TempStore.MEMORY);
        pragmas.setCacheSize(-CACHE_KIB);
        pragmas.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
        pragmas.setPragma(SQLiteConfig.Pragma.WAL_AUTOCHECKPOINT, "1000");
        SQLiteDataSource source = new SQLiteDataSource(pragmas);
        source.setUrl("jdbc:sqlite:" + file);
        return source;
    }

    /** LTX's rolling checksum of a database that nobody has open. */
    static String checksum(Path file) throws IOException, SQLException {
        try (Connection connection =
                        bare(file, SQLiteConfig.SynchronousMode.NORMAL).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        try (DatabaseFile database = DatabaseFile.open(file)) {
            DatabaseFile.Header header = database.header();
            return hex(database.checksums(header.pageSize(), header.pages()).rolling());
        }
    }

    static String hex(long checksum) {
        return String.format("%016x", checksum);
    }

    static RestoreResult restore(URI replica, Path output) {
        return Database.restore(RestoreRequest.builder()
                .replica(replica)
                .name(NAME)
                .output(output)
                .build());
    }
}
