package io.spindrift.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore.Injection;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A rolling update: a second process starts on the replica of a first that still runs, stops, dies or hangs. */
class TakeoverTest extends OverS3 {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration FOR_EVER = Duration.ofHours(1);

    private final List<SyncEvent> events = Collections.synchronizedList(new ArrayList<>());

    @Test
    void aSecondProcessWaitsAndFollowsWhenTheFirstStops() throws Exception {
        createTable();
        try (ChildJvm first = startFirst("first", FOR_EVER);
                Database second = start("second", Duration.ofSeconds(1))) {
            assertThat(second.status().state()).isEqualTo(State.OPENING);
            assertThat(second.status().problem())
                    .get()
                    .asString()
                    .contains("Another process owns the replica", "first/ledger.db", "since 2", "(epoch 2)");
            assertThatThrownBy(() -> second.dataSource().getConnection())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("Another process owns the replica");

            first.send("stop");
            assertThat(first.awaitExit(PATIENCE)).isZero();

            awaitOpen(second);
            assertThat(second.status().epoch()).isEqualTo(3);
            assertThat(rows(second)).containsExactly("row of first");
        }
        assertThat(events)
                .filteredOn(SyncEvent.OwnershipAwaited.class::isInstance)
                .hasSize(1);
        assertThat(events)
                .noneMatch(SyncEvent.SyncFailed.class::isInstance)
                .noneMatch(SyncEvent.CommitsSetAside.class::isInstance);
    }

    @Test
    void aSecondProcessFollowsAFirstThatDied() throws Exception {
        createTable();
        Duration ttl = Duration.ofSeconds(1);
        try (ChildJvm first = startFirst("first", ttl);
                Database second = start("second", ttl)) {
            assertThat(second.status().state()).isEqualTo(State.OPENING);
            first.kill();

            awaitOpen(second);
            assertThat(rows(second)).containsExactly("row of first");
        }
    }

    @Test
    void openWaitsForAnOwnerThatDied() throws Exception {
        createTable();
        Duration ttl = Duration.ofSeconds(2);
        try (ChildJvm first = startFirst("first", ttl)) {
            first.kill();
        }
        try (Database second = Database.open(config("second", ttl).build())) {
            assertThat(rows(second)).containsExactly("row of first");
        }
    }

    @Test
    void openGivesUpOnAnOwnerThatLivesAndLeavesNothingOpen() throws Exception {
        createTable();
        try (ChildJvm first = startFirst("first", FOR_EVER)) {
            DatabaseConfig impatient = config("second", Duration.ofSeconds(1)).build();
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> Database.open(impatient))
                        .isInstanceOf(SpindriftException.class)
                        .hasMessageContaining("Another process owns the replica")
                        .hasMessageContaining("first/ledger.db")
                        .hasMessageContaining("open waited for PT3S");
            }
            first.send("stop");
            assertThat(first.awaitExit(PATIENCE)).isZero();
            Database.open(impatient).close();
        }
    }

    @Test
    void theSameFolderDoesNotWaitForItsEarlierProcess() throws Exception {
        createTable();
        try (ChildJvm first = startFirst("same", FOR_EVER)) {
            first.kill();
        }
        try (Database again = start("same", FOR_EVER)) {
            assertThat(again.status().state()).isEqualTo(State.OPEN);
            assertThat(rows(again)).containsExactly("row of same");
        }
    }

    @Test
    void aLongUploadDoesNotCostTheLease() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (Database owner = start("owner", Duration.ofSeconds(1))) {
            awaitOpen(owner);
            Injection upload = endpoint.faults().inject(Operation.PUT, prefix() + "0000/", 1, Fault.holdUntil(end));
            execute(owner, "CREATE TABLE entry (body TEXT)");
            Awaitility.await().until(() -> upload.hits() == 1);

            long renewed = endpoint.faults().bytesPut(prefix() + "lease/");
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> endpoint.faults().bytesPut(prefix() + "lease/") > renewed + 1_000);
            end.countDown();
            owner.flush();
        } finally {
            end.countDown();
        }
    }

    @Test
    void anOwnerThatDoesNotShipForNowKeepsItsLease() throws Exception {
        try (Database owner = start("owner", Duration.ofSeconds(1))) {
            awaitOpen(owner);
            owner.stopSync();
            long renewed = endpoint.faults().bytesPut(prefix() + "lease/");
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> endpoint.faults().bytesPut(prefix() + "lease/") > renewed + 1_000);
        }
    }

    /** The first owner cannot renew its lease for a while, as if it were cut off, and has nothing to ship. */
    @Test
    void anIdleOwnerNoticesItsLossReadsOnAndFollowsTheOtherWhenThatStops() throws Exception {
        createTable();
        Duration ttl = Duration.ofSeconds(1);
        try (Database first = start("first", ttl);
                Connection reading = first.dataSource().getConnection();
                Statement statement = reading.createStatement()) {
            Injection cutOff = endpoint.faults()
                    .inject(Operation.PUT, prefix() + "lease/0000000000000002", 1_000, Fault.accessDenied());
            try (ChildJvm second = startFirst("second", ttl)) {
                cutOff.close();
                assertThat(awaitEvent(SyncEvent.OwnershipLost.class).lostCommits())
                        .isZero();
                assertThat(awaitEvent(SyncEvent.OwnershipAwaited.class).owner())
                        .contains("second/ledger.db", "(epoch 3)");
                assertThat(first.status().state()).isEqualTo(State.READ_ONLY);
                assertThat(rows(statement)).as("rows this process knows of").isEmpty();
                second.send("stop");
                assertThat(second.awaitExit(PATIENCE)).isZero();
            }
            awaitOpen(first);

            assertThat(first.status().epoch()).isEqualTo(4);
            execute(first, "INSERT INTO entry VALUES ('first again')");
            first.flush();
            assertThat(rows(first)).containsExactly("row of second", "first again");
        }
        assertThat(folder.resolve("first/ledger.db-spindrift/lost")).doesNotExist();
        assertThat(events).filteredOn(SyncEvent.OwnershipLost.class::isInstance).hasSize(1);
        assertThat(events)
                .filteredOn(SyncEvent.OwnershipAwaited.class::isInstance)
                .hasSize(1);
    }

    /** The first owner is frozen in the middle of a PUT; the second has listed already when that arrives. */
    @Test
    void aClaimThatMeetsTheLatePutOfADeadOwnerAppliesIt() throws Exception {
        createTable();
        Duration ttl = Duration.ofSeconds(1);
        CountDownLatch putArrives = new CountDownLatch(1);
        CountDownLatch claimArrives = new CountDownLatch(1);
        try (ChildJvm first = startFirst("first", ttl)) {
            Injection put = hold(putArrives);
            first.send("write");
            Awaitility.await().atMost(PATIENCE).until(() -> put.hits() == 1);
            first.freeze();
            Injection claim = hold(claimArrives);
            try (Database second = start("second", ttl)) {
                Awaitility.await().atMost(PATIENCE).until(() -> claim.hits() == 1);
                int objects = endpoint.keys("bucket", prefix() + "0000/").size();
                putArrives.countDown();
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> endpoint.keys("bucket", prefix() + "0000/").size() > objects);
                first.kill();
                claimArrives.countDown();

                awaitOpen(second);
                assertThat(rows(second)).containsExactly("row of first", "late row");
            }
        } finally {
            putArrives.countDown();
            claimArrives.countDown();
        }
    }

    private Injection hold(CountDownLatch until) {
        return endpoint.faults().inject(Operation.PUT, prefix() + "0000/", 1, Fault.holdUntil(until));
    }

    private void createTable() throws SQLException {
        try (Database database = Database.open(config("same", FOR_EVER).build())) {
            execute(database, "CREATE TABLE entry (body TEXT)");
        }
    }

    private ChildJvm startFirst(String name, Duration ttl) throws Exception {
        ChildJvm first = ChildJvm.start(
                List.of(),
                Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY),
                SecondOwner.class,
                folder.resolve(name + "/ledger.db").toString(),
                url().toString(),
                "row of " + name,
                ttl.toString());
        first.awaitLine("durable ", PATIENCE);
        return first;
    }

    private Database start(String name, Duration ttl) throws IOException {
        return Database.start(config(name, ttl).build(), DatabaseEnvironment.standalone(events::add));
    }

    private DatabaseConfig.Builder config(String name, Duration ttl) {
        return DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve(name + "/ledger.db"))
                .replica(url())
                .leaseTtl(ttl);
    }

    private <E extends SyncEvent> E awaitEvent(Class<E> type) {
        Awaitility.await().atMost(PATIENCE).until(() -> events.stream().anyMatch(type::isInstance));
        return events.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    private static void awaitOpen(Database database) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(database.status().state()).isEqualTo(State.OPEN));
    }

    private static void execute(Database database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> rows(Database database) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            return rows(statement);
        }
    }

    private static List<String> rows(Statement statement) throws SQLException {
        List<String> bodies = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery("SELECT body FROM entry ORDER BY rowid")) {
            while (rows.next()) {
                bodies.add(rows.getString(1));
            }
        }
        return bodies;
    }
}
