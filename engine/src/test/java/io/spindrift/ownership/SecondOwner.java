package io.spindrift.ownership;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Scanner;

/**
 * Takes a replica over and writes a row; when it is told to, writes another or stops. Arguments are its own file, the
 * replica URL, the row's text and lease-ttl.
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
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO entry VALUES ('" + arguments[2] + "')");
            System.out.println("durable " + database.flush() + " epoch "
                    + database.status().epoch());
            Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8);
            while (lines.nextLine().equals("write")) {
                statement.execute("INSERT INTO entry VALUES ('late row')");
            }
        }
    }
}
