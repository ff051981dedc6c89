package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.jdbc.SpindriftConnection;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a commit that waited for its durability can rely on. */
class DurabilityTest {
    private static final String NAME = "ledger";

    @TempDir
    Path folder;

    @Test
    void whatWasCommittedAtLevelReplicaIsInTheReplicaWhenTheCallReturns() throws Exception {
        try (Database database = open(Durability.REPLICA, Duration.ofHours(1));
                Connection connection = database.dataSource().getConnection()) {
            TestSql.run(connection, "CREATE TABLE note (body TEXT)");
            for (int i = 1; i <= 5; i++) {
                TestSql.run(connection, "INSERT INTO note VALUES ('note')");
                Position last = connection.unwrap(SpindriftConnection.class).lastPosition();
                assertThat(database.status().durable()).isGreaterThanOrEqualTo(last);
                assertThat(restoredNotes("after-" + i + ".db")).isEqualTo(i);
            }
        }
    }

    @Test
    void everyoneWhoWaitsSharesTheSegments() throws Exception {
        int writers = 16;
        int each = 20;
        try (Database database = open(Durability.REPLICA, Duration.ofHours(1))) {
            TestSql.run(database, "CREATE TABLE note (body TEXT)");
            long before = database.status().totalSynced();
            List<CompletableFuture<Void>> all = IntStream.range(0, writers)
                    .mapToObj(w ->
                            CompletableFuture.runAsync(() -> insert(database, each), task -> new Thread(task).start()))
                    .toList();
            all.forEach(CompletableFuture::join);
            long segments = database.status().totalSynced() - before;
            assertThat(segments).isBetween((long) each, writers * each / 4L);
            assertThat(restoredNotes("all.db")).isEqualTo(writers * each);
        }
    }

    @Test
    void levelLocalReturnsWhileTheStoreIsAwayAndLevelReplicaSaysThatItIsUnknown() throws Exception {
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("durability").asDefaultCredentials()) {
            DatabaseConfig config = config(Durability.LOCAL, Duration.ofMillis(10))
                    .replica(s3.replicaUrl("durability", "prod"))
                    .durabilityTimeout(Duration.ofMillis(300))
                    .build();
            try (Database database = Database.open(config);
                    Connection connection = database.dataSource().getConnection()) {
                TestSql.run(connection, "CREATE TABLE note (body TEXT)");
                database.flush();
                s3.faults().inject(Operation.PUT, Fault.accessDenied());
                TestSql.run(connection, "INSERT INTO note VALUES ('local')");

                connection.unwrap(SpindriftConnection.class).setDurability(Durability.REPLICA);
                assertThatThrownBy(() -> TestSql.run(connection, "INSERT INTO note VALUES ('unknown')"))
                        .isInstanceOf(SQLNonTransientConnectionException.class)
                        .hasMessageContaining("did not become durable within PT0.3S")
                        .hasCauseInstanceOf(DurabilityUnknownException.class)
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("08007");
                assertThat(TestSql.value(database, "SELECT count(*) FROM note")).isEqualTo("2");
                s3.faults().clear();
                database.awaitDurable(Durability.REPLICA, Duration.ofSeconds(60));
            }
        }
    }

    @Test
    void aLocalCommitOfADatabaseWithoutReplicaWaitsForTheDisk() throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name(NAME)
                .path(folder.resolve("alone.db"))
                .durability(Durability.LOCAL)
                .build();
        try (Database database = Database.open(config)) {
            TestSql.run(database, "CREATE TABLE note (body TEXT)");
            insert(database, 50);
            assertThatThrownBy(() -> database.awaitDurable(Durability.REPLICA, Duration.ofSeconds(1)))
                    .isInstanceOf(SpindriftException.class)
                    .hasMessageContaining("replica-url not set");
            assertThat(database.awaitDurable(Durability.LOCAL, Duration.ofSeconds(10)))
                    .isEqualTo(Position.NONE);
        }
    }

    @Test
    void durabilityReplicaNeedsAReplica() {
        assertThatThrownBy(() -> DatabaseConfig.builder()
                        .name(NAME)
                        .path(folder.resolve("x.db"))
                        .durability(Durability.REPLICA)
                        .build())
                .hasMessageContaining("has durability replica but no replica-url");
    }

    private static void insert(Database database, int rows) {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < rows; i++) {
                statement.execute("INSERT INTO note VALUES ('x')");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private long restoredNotes(String file) throws SQLException {
        Path output = folder.resolve(file);
        Database.restore(RestoreRequest.builder()
                .replica(replica())
                .name(NAME)
                .output(output)
                .build());
        return Long.parseLong(PlainSqlite.run(output, "SELECT count(*) FROM note"));
    }

    private Database open(Durability durability, Duration syncInterval) {
        return Database.open(config(durability, syncInterval).replica(replica()).build());
    }

    private DatabaseConfig.Builder config(Durability durability, Duration syncInterval) {
        return DatabaseConfig.builder()
                .name(NAME)
                .path(folder.resolve("ledger.db"))
                .syncInterval(syncInterval)
                .durability(durability);
    }

    private URI replica() {
        return folder.resolve("replica").toUri();
    }
}
