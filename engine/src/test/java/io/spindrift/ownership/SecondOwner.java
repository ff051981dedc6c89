package io.spindrift.ownership;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;

/**
 * Takes a replica over, writes one row, and stops when it is told a line; arguments are its own file, the replica URL,
 * the row's text and lease-ttl.
 */
public final class SecondOwner {
    private SecondOwner() {}

    public static void main(String[] arguments) throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(Path.of(arguments[0]))
                .replica(URI.create(arguments[1]))
                .leaseTtl(Duration.parse(arguments[3]))
                .build();
        System.out.println("starts");
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO entry VALUES ('" + arguments[2] + "')");
            System.out.println("durable " + database.flush() + " epoch "
                    + database.status().epoch());
            while (System.in.read() != '\n') {}
        }
    }
}
