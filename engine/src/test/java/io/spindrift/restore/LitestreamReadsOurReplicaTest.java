package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import io.spindrift.compaction.Compaction;
import io.spindrift.compaction.Levels;
import io.spindrift.compaction.LocalSegments;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The official Litestream VFS reads what we write: the same position, the same rows. */
class LitestreamReadsOurReplicaTest {
    private static final String NUMBERS =
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n)";

    @TempDir
    Path folder;

    private Path extension;

    @BeforeEach
    void getExtension() throws Exception {
        extension = LitestreamVfs.extension();
    }

    @AfterEach
    void forgetCredentials() {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }

    @Test
    void inAFolder() throws Exception {
        URI replica = folder.resolve("replica").toUri();

        assertLitestreamFollows(
                replica, Map.of("LITESTREAM_REPLICA_URL", "file://" + folder + "/replica/databases/shop"));
    }

    @Test
    void inS3() throws Exception {
        try (S3Endpoint endpoint = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials()) {
            assertLitestreamFollows(
                    endpoint.replicaUrl("bucket", "prod"),
                    Map.of(
                            "LITESTREAM_REPLICA_URL",
                            "s3://bucket/prod/databases/shop?region=us-east-1&force-path-style=true&endpoint="
                                    + endpoint.uri(),
                            "AWS_CA_BUNDLE", // where it is set, the extension cannot start
                            "",
                            "AWS_ACCESS_KEY_ID",
                            endpoint.accessKey(),
                            "AWS_SECRET_ACCESS_KEY",
                            endpoint.secretKey()));
        }
    }

    private void assertLitestreamFollows(URI replica, Map<String, String> environment) throws Exception {
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
        Position last;
        String content;
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
            last = database.flush();
            content = ContentHash.of(connection);
            assertReads(environment, last, content);
        }
        compactAndKeepOnlyLevel1(replica, last);
        assertReads(environment, last, content);
    }

    /** Level 1 and the newest group: what a long history looks like, without its snapshots. */
    private void compactAndKeepOnlyLevel1(URI url, Position last) throws Exception {
        try (Replica replica = Replica.open(url, Optional.of("shop"), Optional.empty())) {
            Clock later = Clock.fixed(Instant.now().plus(Duration.ofHours(2)), ZoneOffset.UTC);
            Levels levels = new Levels(replica.list(), later);
            new Compaction(replica, levels, new LocalSegments(folder.resolve("compaction")), 1, Duration.ofDays(1))
                    .runOnce(SendGuard.ALWAYS);
            List<String> others = replica.list().stream()
                    .map(Segment::name)
                    .filter(name -> name.level() != 1 && name.minTxid() != last.txid())
                    .map(name -> name.path(replica.store().layout()))
                    .toList();
            replica.store().delete(others, SendGuard.ALWAYS);
            assertThat(replica.list())
                    .extracting(s -> s.name().level())
                    .contains(1)
                    .containsOnlyOnce(0);
        }
    }

    private void assertReads(Map<String, String> environment, Position position, String content) throws Exception {
        try (ChildJvm reader = ChildJvm.start(List.of(), environment, LitestreamReader.class, extension.toString())) {
            assertThat(reader.awaitExit(Duration.ofMinutes(1)))
                    .as("exit of the reader, which said %s", reader.lines())
                    .isZero();
            assertThat(reader.lines()).contains("txid " + position, "content " + content);
        }
    }
}
