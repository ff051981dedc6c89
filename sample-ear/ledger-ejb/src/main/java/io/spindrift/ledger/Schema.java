package io.spindrift.ledger;

import io.spindrift.SyncEvent.OwnershipClaimed;
import jakarta.annotation.Priority;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.interceptor.Interceptor;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;

/** Creates the tables that are missing, when the application starts or as soon as the database accepts writes. */
@ApplicationScoped
public class Schema {
    private static final Logger LOG = System.getLogger(Schema.class.getName());

    private static final List<String> TABLES = List.of(
            """
            create table if not exists account (
              id integer primary key,
              owner text not null,
              balance integer not null check (balance >= 0),
              version integer not null
            ) strict
            """,
            """
            create table if not exists transfer (
              id integer primary key,
              from_account integer not null references account (id),
              to_account integer not null references account (id),
              amount integer not null check (amount > 0)
            ) strict
            """);

    @Resource(lookup = "jdbc/ledger")
    private DataSource dataSource;

    // Late, when ownership events are already being delivered: a database that opens after this try is not missed.
    void createAtStart(@Observes @Priority(Interceptor.Priority.LIBRARY_AFTER) Startup start) {
        create();
    }

    void createWhenWritable(@Observes OwnershipClaimed claimed) {
        create();
    }

    private void create() {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                statement.execute(table);
            }
        } catch (SQLException e) {
            // The application starts all the same: it answers 503 until the database is there.
            LOG.log(Level.WARNING, "The ledger waits for its database: " + e.getMessage());
        }
    }
}
