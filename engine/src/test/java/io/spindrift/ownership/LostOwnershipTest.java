package io.spindrift.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.sync.PlainSqlite;
import io.spindrift.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another process takes the replica over while this one still runs. */
class LostOwnershipTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private final List<SyncEvent> events = Collections.synchronizedList(new ArrayList<>());

    @Test
    void theFirstOwnerStopsWritingAndSetsAsideWhatTheReplicaWillNeverHave() throws Exception {
        try (Database first = open();
                Connection connection = first.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (body TEXT)");
            statement.execute("INSERT INTO entry VALUES ('first owner')");
            first.flush();
            try (ChildJvm second = startSecondOwner()) {
                statement.execute("INSERT INTO entry VALUES ('lost 1')");
                statement.execute("INSERT INTO entry VALUES ('lost 2')");
                assertThatThrownBy(first::flush)
                        .isInstanceOf(SpindriftException.class)
                        .hasMessageContaining("Another process owns the replica");

                awaitEvent(SyncEvent.OwnershipLost.class);
                assertLost(first.status());
                assertThatThrownBy(() -> statement.execute("INSERT INTO entry VALUES ('never')"))
                        .isInstanceOf(SQLException.class)
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("57P01");
                assertThat(count(statement)).as("rows that can still be read").isEqualTo(3);
                stop(second);
            }
        }
        assertThat(replicaRows()).isEqualTo("first owner,second owner");
        assertThat(lostSegments()).hasSize(1);
    }

    @Test
    void theNextStartOfTheFirstOwnerTakesTheReplicaBackWithItsRows() throws Exception {
        try (Database first = open();
                Connection connection = first.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (body TEXT)");
            first.flush();
            try (ChildJvm second = startSecondOwner()) {
                statement.execute("INSERT INTO entry VALUES ('lost')");
                assertThatThrownBy(first::flush).isInstanceOf(SpindriftException.class);
                first.close();
                stop(second);
            }
        }

        try (Database again = open()) {
            assertThat(again.status().state()).isEqualTo(State.OPEN);
            assertThat(again.status().epoch()).isEqualTo(3);
        }
        assertThat(replicaRows()).isEqualTo("second owner");
    }

    private void assertLost(DatabaseStatus status) {
        assertThat(status.state()).isEqualTo(State.READ_ONLY);
        assertThat(status.problem()).get().asString().contains("Another process owns the replica");
        SyncEvent.OwnershipLost lost = awaitEvent(SyncEvent.OwnershipLost.class);
        assertThat(lost.lostCommits()).isEqualTo(2);
        assertThat(lost.epoch()).isEqualTo(1);
    }

    private Database open() {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("first/ledger.db"))
                .replica(replica().toUri())
                .syncInterval(Duration.ofHours(1))
                .leaseTtl(Duration.ofMinutes(10))
                .build();
        return Database.open(config, DatabaseEnvironment.standalone(events::add));
    }

    /** Makes the second process believe that the first has stopped, and waits until it owns the replica. */
    private ChildJvm startSecondOwner() throws Exception {
        Path lease = replica().resolve("databases/ledger/lease/0000000000000001.json");
        Files.writeString(lease, Files.readString(lease).replace("\"released\":false", "\"released\":true"));
        ChildJvm second = ChildJvm.start(
                SecondOwner.class,
                folder.resolve("second/ledger.db").toString(),
                replica().toUri().toString(),
                "second owner",
                "PT15S");
        assertThat(second.awaitLine("durable ", PATIENCE)).endsWith("epoch 2");
        return second;
    }

    private static void stop(ChildJvm second) throws Exception {
        second.send("stop");
        assertThat(second.awaitExit(PATIENCE)).isZero();
    }

    private <E extends SyncEvent> E awaitEvent(Class<E> type) {
        Awaitility.await().atMost(PATIENCE).until(() -> events.stream().anyMatch(type::isInstance));
        return events.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    private String replicaRows() throws SQLException {
        Path copy = folder.resolve("copy.db");
        Database.restore(RestoreRequest.builder()
                .replica(replica().toUri())
                .name("ledger")
                .output(copy)
                .build());
        return PlainSqlite.run(copy, "SELECT group_concat(body) FROM entry");
    }

    private List<Path> lostSegments() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("first/ledger.db-spindrift/lost"))) {
            return files.filter(file -> file.toString().endsWith(".ltx")).toList();
        }
    }

    private static int count(Statement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM entry")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private Path replica() {
        return folder.resolve("replica");
    }
}
