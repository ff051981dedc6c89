package io.spindrift.testing;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.DatabaseRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** What a resource adapter opens: real databases with a replica in a folder. Close them after each test. */
public final class Databases {
    private Databases() {}

    /** Opens {@code <folder>/<name>.db}, whatever its state. */
    public static Database open(Path folder, String name) {
        return Database.start(
                DatabaseConfig.builder()
                        .name(name)
                        .path(folder.resolve(name + ".db"))
                        .replica(folder.resolve(name + "-replica").toUri())
                        .build(),
                DatabaseEnvironment.standalone(DatabaseListener.NONE));
    }

    public static void closeAll() {
        DatabaseRegistry.all().forEach(Database::close);
    }

    /** Commits something. */
    public static void commit(Database database) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS note(text)");
            statement.execute("INSERT INTO note VALUES ('hello')");
        }
    }
}
