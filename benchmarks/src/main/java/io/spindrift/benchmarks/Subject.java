package io.spindrift.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.spindrift.ConfigKey;
import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * The database a run writes to.
 *
 * @param file its path
 * @param connections where its connections come from
 * @param database the engine that has it open, empty for the bare driver
 * @param pool the pool in front of it, if there is one
 */
record Subject(
        Path file,
        DataSource connections,
        Optional<Database> database,
        Optional<URI> replica,
        Optional<HikariDataSource> pool)
        implements AutoCloseable {

    /**
     * Opens what the parameters say: {@code subject} bare (with {@code synchronous}), engine or replica; {@code file};
     * {@code replica}; {@code pool}, 0 for none; {@code config.<key>} for any option of the engine.
     */
    static Subject open(Parameters parameters) {
        Path file = parameters.path("file");
        String kind = parameters.text("subject");
        if (kind.equals("bare")) {
            SynchronousMode synchronous = SynchronousMode.valueOf(parameters.text("synchronous", "NORMAL"));
            return new Subject(
                    file, Databases.bare(file, synchronous), Optional.empty(), Optional.empty(), Optional.empty());
        }
        Optional<URI> replica =
                kind.equals("replica") ? Optional.of(URI.create(parameters.text("replica"))) : Optional.empty();
        DatabaseConfig.Builder config = Databases.config(file, replica);
        for (ConfigKey key : ConfigKey.values()) {
            String value = parameters.text("config." + key.key(), "");
            if (!value.isEmpty()) {
                config.set(key, value);
            }
        }
        Database database = Database.open(config.build());
        Optional<HikariDataSource> pool = pool(database, parameters.number("pool", 0));
        DataSource connections = pool.isPresent() ? pool.get() : database.dataSource();
        return new Subject(file, connections, Optional.of(database), replica, pool);
    }

    private static Optional<HikariDataSource> pool(Database database, int size) {
        if (size == 0) {
            return Optional.empty();
        }
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(size);
        return Optional.of(new HikariDataSource(config));
    }

    long walBytes() {
        try {
            return Files.size(file.resolveSibling(file.getFileName() + "-wal"));
        } catch (IOException e) {
            return 0; // none at the moment
        }
    }

    /** Makes everything durable in the replica, if there is one, closes it, and compares it with a restored copy. */
    Measurements closeAndCompare(boolean restore) throws IOException, SQLException {
        Measurements compared = new Measurements();
        if (replica.isPresent()) {
            database.orElseThrow().flush();
        }
        close();
        String checksum = Databases.checksum(file);
        compared.put("database_mb", Files.size(file) / 1e6).put("database_checksum", checksum);
        if (replica.isPresent() && restore) {
            Path copy = file.resolveSibling("restored.db");
            String restored =
                    Databases.hex(Databases.restore(replica.get(), copy).rollingChecksum());
            Files.delete(copy);
            if (!restored.equals(checksum)) {
                throw new IllegalStateException(
                        "The restored copy has checksum " + restored + ", the database " + checksum);
            }
            compared.put("restored_checksum", restored);
        }
        return compared;
    }

    @Override
    public void close() {
        pool.ifPresent(HikariDataSource::close);
        database.ifPresent(Database::close);
    }
}
