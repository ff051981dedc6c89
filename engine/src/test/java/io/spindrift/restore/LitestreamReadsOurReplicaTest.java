package io.spindrift.restore;

import static io.spindrift.restore.LitestreamVfs.assertReads;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import java.net.URI;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The official Litestream VFS reads what we write: the same position, the same rows. */
class LitestreamReadsOurReplicaTest extends ReadByLitestream {
    private static final String NUMBERS =
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n)";

    @Override
    void assertLitestreamFollows(URI replica, Map<String, String> environment) throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("shop")
                .path(folder.resolve("shop.db"))
                .replica(replica)
                .syncInterval(Duration.ofHours(1)) // groups end where the test flushes
                .build();
        List<List<String>> groups = List.of(
                List.of("CREATE TABLE item (id INTEGER PRIMARY KEY, body BLOB, price REAL, name TEXT)"),
                List.of("INSERT INTO item SELECT i, randomblob(1000), i / 3.0, 'item ' || i FROM " + NUMBERS),
                List.of(
                        "CREATE INDEX item_name ON item (name)",
                        "ALTER TABLE item ADD COLUMN extra TEXT DEFAULT 'ä€𝄞'",
                        "CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID",
                        "INSERT INTO keyed SELECT 'k' || id, price FROM item"),
                List.of("DELETE FROM item WHERE id % 10 <> 0"),
                List.of("VACUUM"),
                List.of("UPDATE item SET name = upper(name), body = NULL WHERE id % 20 = 0"));
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (List<String> group : groups) {
                for (String sql : group) {
                    statement.execute(sql);
                }
                Position position = database.flush();
                if (group == groups.get(1) || group.contains("VACUUM")) {
                    assertReads(environment, position, ContentHash.of(connection));
                }
            }
            assertReads(environment, database.flush(), ContentHash.of(connection));
            Position snapshot = database.snapshot();
            assertReads(environment, snapshot, ContentHash.of(connection));
            statement.execute("DROP TABLE keyed");
            assertReads(environment, database.flush(), ContentHash.of(connection));
        }
    }
}
