package io.spindrift.ownership;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;

/** Takes a replica over, writes one row and stops; arguments are its own file and the replica URL. */
public final class SecondOwner {
    private SecondOwner() {}

    public static void main(String[] arguments) throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(Path.of(arguments[0]))
                .replica(URI.create(arguments[1]))
                .build();
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO entry VALUES ('second owner')");
            System.out.println("durable " + database.flush() + " epoch "
                    + database.status().epoch());
        }
    }
}
