package io.spindrift.timetravel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.PastDatabase;
import io.spindrift.Position;
import io.spindrift.RestorePoint;
import io.spindrift.SpindriftException;
import io.spindrift.jdbc.ConnectionOptions;
import io.spindrift.jdbc.PhysicalConnection;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The past is what it was, cannot be changed, takes a bounded room, and leaves the present alone. */
class TimeTravelTest {
    private static final int POINTS = 24;

    @TempDir
    Path folder;

    private DatabaseConfig config;
    private Database database;
    private final List<Position> positions = new ArrayList<>();

    @BeforeEach
    void commitSomeHistory() throws SQLException {
        config = DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("ledger.db"))
                .replica(folder.resolve("replica").toUri())
                .timeTravelMaxBytes(1 << 20)
                .build();
        database = Database.open(config);
        execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB)");
        for (int i = 0; i < POINTS; i++) {
            execute("INSERT INTO entry (body) VALUES (randomblob(3000))");
            positions.add(database.flush());
        }
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void everyPositionShowsWhatWasCommittedUpToIt() throws Exception {
        for (int i = 0; i < POINTS; i++) {
            try (PastDatabase past = database.asOf(positions.get(i))) {
                assertThat(past.position()).isEqualTo(positions.get(i));
                assertThat(rows(past.dataSource())).isEqualTo(i + 1);
            }
        }
        assertThat(rows(database.dataSource())).isEqualTo(POINTS);
    }

    @Test
    void anInstantShowsTheLastPositionAtOrBeforeIt() throws Exception {
        Instant third;
        try (PastDatabase past = database.asOf(positions.get(2))) {
            third = past.time();
        }
        Instant fourth;
        try (PastDatabase past = database.asOf(positions.get(3))) {
            fourth = past.time();
        }

        try (PastDatabase past = database.asOf(third)) {
            assertThat(rows(past.dataSource())).isEqualTo(3);
        }
        try (PastDatabase past = database.asOf(fourth.minusMillis(1))) {
            assertThat(rows(past.dataSource())).isEqualTo(3);
        }
    }

    @Test
    void thePastCannotBeWritten() throws Exception {
        try (PastDatabase past = database.asOf(positions.get(0));
                Connection connection = past.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(connection.isReadOnly()).isTrue();
            for (String sql : List.of(
                    "INSERT INTO entry (body) VALUES ('x')", "DROP TABLE entry", "CREATE TABLE other (id)", "VACUUM")) {
                assertThatThrownBy(() -> statement.execute(sql)).as(sql).isInstanceOf(SQLException.class);
            }
            assertThat(rows(past.dataSource())).isEqualTo(1);
        }
    }

    @Test
    void thePresentShipsOnWhileThePastIsRead() throws Exception {
        try (PastDatabase past = database.asOf(positions.get(0));
                Connection connection = past.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet reading = statement.executeQuery("SELECT count(*) FROM entry")) {
            execute("INSERT INTO entry (body) VALUES ('later')");

            assertThat(database.flush().txid())
                    .isGreaterThan(positions.get(POINTS - 1).txid());
            assertThat(reading.next()).isTrue();
            assertThat(reading.getInt(1)).isEqualTo(1);
        }
    }

    @Test
    void allWhoAskForTheSamePositionAtOnceShareOneCopy() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<PastDatabase>> opened = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                opened.add(threads.submit(() -> database.asOf(positions.get(5))));
            }
            for (Future<PastDatabase> past : opened) {
                assertThat(rows(past.get().dataSource())).isEqualTo(6);
            }
            assertThat(copies()).hasSize(1);
            for (Future<PastDatabase> past : opened) {
                past.get().close();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void theLeastRecentlyUsedCopyThatNobodyUsesMakesRoom() throws Exception {
        try (PastDatabase used = database.asOf(positions.get(0))) {
            for (int i = 1; i < POINTS; i++) {
                database.asOf(positions.get(i)).close();
            }
            assertThat(copies())
                    .hasSizeLessThanOrEqualTo(TimeTravel.MOST_COPIES)
                    .contains(positions.get(0) + ".db", positions.get(POINTS - 1) + ".db")
                    .doesNotContain(positions.get(1) + ".db");
            assertThat(bytesOfCopies()).isLessThanOrEqualTo(1 << 20);
            assertThat(rows(used.dataSource())).isEqualTo(1);
        }
    }

    @Test
    void withoutRoomItIsAnErrorThatSaysWhatToDo() throws Exception {
        List<PastDatabase> used = new ArrayList<>();

        assertThatThrownBy(() -> {
                    for (Position position : positions) {
                        used.add(database.asOf(position));
                    }
                })
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("There is no room for database ledger at position")
                .hasMessageContaining("time-travel-max-bytes");

        assertThat(used).hasSizeGreaterThan(1);
        used.remove(0).close();
        database.asOf(positions.get(POINTS - 1)).close(); // now there is
        used.forEach(PastDatabase::close);
    }

    @Test
    void travellersUnderEvictionSeeOnlyTheirOwnPast() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> travellers = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int first = t;
                travellers.add(threads.submit(() -> {
                    for (int i = 0; i < POINTS; i++) {
                        int point = (first * 7 + i * 5) % POINTS;
                        try (PastDatabase past = database.asOf(positions.get(point))) {
                            assertThat(rows(past.dataSource())).isEqualTo(point + 1);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> traveller : travellers) {
                traveller.get();
            }
            assertThat(bytesOfCopies()).isLessThanOrEqualTo(1 << 20);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aConnectionOfTheDatabaseCanBeToThePast() throws Exception {
        ConnectionOptions options = ConnectionOptions.of(config)
                .withAsOf(RestorePoint.parse(positions.get(1).toString()));

        PhysicalConnection connection = database.connect(options);

        assertThat(connection.options().readOnly()).isTrue();
        for (int i = 3; i < POINTS; i++) {
            database.asOf(positions.get(i)).close();
        }
        assertThat(copies()).as("a copy that a connection uses stays").contains(positions.get(1) + ".db");
        connection.close();
    }

    @Test
    void closingTheDatabaseRemovesTheCopies() throws Exception {
        database.asOf(positions.get(1)).close();
        PastDatabase open = database.asOf(positions.get(2));

        database.close();

        assertThat(copies()).containsExactly(positions.get(2) + ".db");
        open.close();
        assertThat(copies()).isEmpty();
        assertThatThrownBy(() -> database.asOf(positions.get(1))).hasMessageContaining("is closed");
    }

    @Test
    void aReplicaCanBeTravelledWithoutItsDatabase() throws Exception {
        Path cache = folder.resolve("cache");
        Files.createDirectories(cache);
        Files.writeString(cache.resolve("left-over.db"), "of a process that was killed");
        try (TimeTravel travel = new TimeTravel("ledger", this::replica, cache, 1 << 20);
                PastDatabase past = travel.open(RestorePoint.of(positions.get(4)), ConnectionOptions.of(config))) {
            assertThat(rows(past.dataSource())).isEqualTo(5);
            assertThat(cache.resolve("left-over.db")).doesNotExist();

            try (TimeTravel second = new TimeTravel("ledger", this::replica, cache, 1 << 20)) {
                assertThatThrownBy(() -> second.open(RestorePoint.latest(), ConnectionOptions.of(config)))
                        .hasMessageContaining("is in use by another process");
            }
        }
    }

    @Test
    void aPositionThatNeverWasNamesItsNeighbours() {
        assertThatThrownBy(() -> database.asOf(new Position(1_000_000)))
                .hasMessageContaining("cannot be restored exactly")
                .hasMessageContaining(positions.get(POINTS - 1).toString());
        assertThatThrownBy(() -> database.asOf(Instant.EPOCH))
                .hasMessageContaining("Nothing can be restored at or before 1970-01-01T00:00:00Z")
                .hasMessageContaining("0000000000000001");
    }

    private Replica replica() throws IOException {
        return new Replica(ReplicaStores.open(config.replica().orElseThrow(), "ledger"));
    }

    private List<String> copies() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("ledger.db-spindrift/past"))) {
            return files.map(f -> f.getFileName().toString())
                    .filter(name -> name.endsWith(".db"))
                    .sorted()
                    .toList();
        }
    }

    private long bytesOfCopies() throws IOException {
        long bytes = 0;
        for (String copy : copies()) {
            bytes += Files.size(folder.resolve("ledger.db-spindrift/past").resolve(copy));
        }
        return bytes;
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int rows(DataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM entry")) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
