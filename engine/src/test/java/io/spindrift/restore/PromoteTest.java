package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Position;
import io.spindrift.PromoteResult;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.sync.PlainSqlite;
import io.spindrift.testing.ChildJvm;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A past point becomes the present, whatever runs meanwhile; the history stays one line. */
class PromoteTest {
    private static final String WRITE_ID = "0123456789abcdef".repeat(2);

    @TempDir
    Path folder;

    private final List<SyncEvent> events = Collections.synchronizedList(new ArrayList<>());

    @Test
    void aServerThatStartsAfterwardsBeginsWithThePromotedState() throws Exception {
        Position good;
        Position bad;
        try (Database database = open()) {
            execute(database, "CREATE TABLE entry (body TEXT)");
            execute(database, "INSERT INTO entry VALUES ('good')");
            good = database.flush();
            execute(database, "DELETE FROM entry");
            bad = database.flush();
        }

        PromoteResult result = Database.promote(request().position(good).build());

        assertThat(result.restored().position()).isEqualTo(good);
        assertThat(result.present()).isGreaterThan(bad);
        try (Database database = open()) {
            assertThat(value(database)).isEqualTo("good");
        }
        assertThat(restored(good)).as("the point itself").isEqualTo("1");
        assertThat(restored(bad)).as("what was committed after it").isEqualTo("0");
        assertThat(restored(result.present())).as("the present").isEqualTo("1");
    }

    @Test
    void aRunningOwnerIsFencedAtItsNextWrite() throws Exception {
        try (Database owner = open()) {
            execute(owner, "CREATE TABLE entry (body TEXT)");
            execute(owner, "INSERT INTO entry VALUES ('good')");
            Position good = owner.flush();
            execute(owner, "DELETE FROM entry");
            owner.flush();

            promoteInAnotherProcess(good);

            execute(owner, "INSERT INTO entry VALUES ('too late')");
            assertThatThrownBy(owner::flush).isInstanceOf(SpindriftException.class);
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> events.stream()
                    .anyMatch(SyncEvent.OwnershipLost.class::isInstance));
            assertThat(owner.status().state()).isEqualTo(State.READ_ONLY);
            assertThatThrownBy(() -> execute(owner, "INSERT INTO entry VALUES ('never')"))
                    .isInstanceOf(SQLException.class);
        }
        try (Database next = open()) {
            assertThat(value(next)).isEqualTo("good");
        }
    }

    /** What is known of the file a promotion made before is not known of the one that took its place. */
    @Test
    void theFileOfAnEarlierPromotionThatWasRemovedCountsForNothing() throws Exception {
        Position good;
        Position bad;
        try (Database database = open()) {
            execute(database, "CREATE TABLE entry (body TEXT)");
            execute(database, "INSERT INTO entry VALUES ('good')");
            good = database.flush();
            execute(database, "UPDATE entry SET body = 'bad'");
            bad = database.flush();
        }
        for (Position point : List.of(bad, good, good)) {
            Database.promote(request().position(point).build());
            try (Database database = open()) {
                assertThat(value(database)).isEqualTo(point.equals(good) ? "good" : "bad");
                execute(database, "UPDATE entry SET body = 'later'");
                database.flush();
            }
            Files.delete(folder.resolve("promoted.db"));
        }
    }

    @Test
    void segmentsThatAnEarlierFileLeftUnshippedAreSetAside() throws Exception {
        Position good;
        try (Database database = open()) {
            execute(database, "CREATE TABLE entry (body TEXT)");
            execute(database, "INSERT INTO entry VALUES ('good')");
            good = database.flush();
            execute(database, "UPDATE entry SET body = 'bad'");
            database.flush();
        }
        Path sidecar = folder.resolve("promoted.db-spindrift");
        Path staged = Files.createDirectories(sidecar.resolve("staged")).resolve(good + "-" + WRITE_ID + "-1.ltx");
        Files.copy(folder.resolve("replica/databases/ledger/ltx/0/" + good + "-" + good + ".ltx"), staged);

        Database.promote(request().position(good).build());

        try (Database database = open()) {
            assertThat(value(database)).isEqualTo("good");
        }
        assertThat(sidecar.resolve("lost")).isDirectoryRecursivelyContaining("glob:**" + staged.getFileName());
    }

    @Test
    void onlyANamedReplicaIsPromotedAndOneThatIsOpenHereIsNot() throws Exception {
        try (Database owner = open()) {
            execute(owner, "CREATE TABLE entry (body TEXT)");
            owner.flush();

            assertThatThrownBy(() -> Database.promote(request().build()))
                    .isInstanceOf(SpindriftException.class)
                    .hasMessageContaining("is open with the file");
            assertThat(owner.status().state()).isEqualTo(State.OPEN);
        }
        assertThatThrownBy(() -> Database.promote(RestoreRequest.builder()
                        .replica(folder.resolve("replica/databases/ledger").toUri())
                        .output(folder.resolve("unnamed.db"))
                        .build()))
                .hasMessageContaining("Only a replica of a named database");
        assertThat(folder.resolve("unnamed.db")).doesNotExist();
    }

    /** Promotes a position with the command line. */
    private void promoteInAnotherProcess(Position position) throws Exception {
        try (ChildJvm child = ChildJvm.start(
                Class.forName("io.spindrift.cli.Main"),
                "restore",
                "--replica",
                folder.resolve("replica").toUri().toString(),
                "--name",
                "ledger",
                "--output",
                folder.resolve("promoted.db").toString(),
                "--txid",
                position.toString(),
                "--promote")) {
            assertThat(child.awaitExit(Duration.ofMinutes(1)))
                    .as("exit of the command, which said %s", child.lines())
                    .isZero();
            assertThat(child.lines()).anyMatch(line -> line.contains("It is the present now, at position"));
        }
    }

    private Database open() {
        return Database.open(
                DatabaseConfig.builder()
                        .name("ledger")
                        .path(folder.resolve("data/ledger.db"))
                        .replica(replica())
                        .build(),
                DatabaseEnvironment.standalone(events::add));
    }

    private URI replica() {
        return folder.resolve("replica").toUri();
    }

    private RestoreRequest.Builder request() {
        return RestoreRequest.builder().replica(replica()).name("ledger").output(folder.resolve("promoted.db"));
    }

    private String restored(Position position) throws Exception {
        Path copy = folder.resolve("copy.db");
        Files.deleteIfExists(copy);
        Database.restore(RestoreRequest.builder()
                .replica(replica())
                .name("ledger")
                .output(copy)
                .position(position)
                .build());
        return PlainSqlite.run(copy, "SELECT count(*) FROM entry");
    }

    private static void execute(Database database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String value(Database database) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT body FROM entry")) {
            return rows.next() ? rows.getString(1) : null;
        }
    }
}
