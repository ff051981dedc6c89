package io.spindrift.ownership;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.SpindriftException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Wants to own a replica, writes as long as it does, and begins again when it has lost; arguments are a letter for its
 * rows, its file, the replica URL and lease-ttl. It says {@code owns <epoch>}, {@code tries <row>}, {@code durable
 * <row>}, {@code snapshot} and {@code lost}.
 */
public final class RivalOwner {
    private static final int ROWS_BETWEEN_SNAPSHOTS = 7;
    private static int row;

    private RivalOwner() {}

    public static void main(String[] arguments) {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(Path.of(arguments[1]))
                .replica(URI.create(arguments[2]))
                .leaseTtl(Duration.parse(arguments[3]))
                .syncInterval(Duration.ofMillis(20))
                .durabilityTimeout(Duration.ofSeconds(20))
                .build();
        while (true) {
            try (Database database = Database.start(config, DatabaseEnvironment.standalone(DatabaseListener.NONE))) {
                String said = "";
                while (database.status().state() != State.OPEN) {
                    String now = "waits: " + database.status().problem().orElse("no problem");
                    if (!now.equals(said)) {
                        System.out.println(now);
                    }
                    said = now;
                    LockSupport.parkNanos(1_000_000);
                }
                System.out.println("owns " + database.status().epoch());
                writeUntilLost(arguments[0], database);
                System.out.println("lost");
            }
        }
    }

    private static void writeUntilLost(String letter, Database database) {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body TEXT)");
            while (true) {
                String body = letter + row++;
                System.out.println("tries " + body);
                statement.execute("INSERT INTO entry (body) VALUES ('" + body + "')");
                database.flush();
                System.out.println("durable " + body);
                if (row % ROWS_BETWEEN_SNAPSHOTS == 0) {
                    database.snapshot();
                    System.out.println("snapshot");
                }
            }
        } catch (SQLException | SpindriftException e) {
            System.out.println("stops: " + e.getMessage());
        }
    }
}
