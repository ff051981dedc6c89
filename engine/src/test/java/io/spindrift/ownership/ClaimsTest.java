package io.spindrift.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.SpindriftException;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.SegmentName;
import io.spindrift.sync.TestFolders;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore.Injection;
import io.spindrift.testing.FaultStore.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every object written at a start is announced, whatever happens to the start. */
class ClaimsTest extends OverS3 {

    @Test
    void theClaimsOfAllOwnersAreThoseThatHoldNoCommits() throws Exception {
        for (int owner = 0; owner < 4; owner++) {
            try (Database database = open()) {
                write(database);
                database.flush();
                write(database);
                database.flush();
            }
        }

        assertThat(claims()).containsExactlyElementsOf(segmentsWithoutLog()).hasSize(4);
    }

    @Test
    void aClaimIsAnnouncedBeforeItIsWritten() throws Exception {
        open().close();
        try (Injection denied = endpoint.faults().inject(Operation.PUT, levelZero(), 1_000, Fault.accessDenied());
                Database waiting = open()) {
            assertThat(waiting.status().writable()).isFalse();
            assertThat(denied.hits()).isPositive();
            assertThat(endpoint.keys("bucket", levelZero())).hasSize(1);
            assertThat(claims()).containsExactly(1L, 2L);
        }
    }

    @Test
    void whatAStartShipsBeforeItsClaimIsAnnouncedToo() throws Exception {
        try (Database database = open()) {
            try (Injection denied = endpoint.faults().inject(Operation.PUT, levelZero(), 1_000, Fault.accessDenied())) {
                write(database);
                assertThatThrownBy(database::flush).isInstanceOf(SpindriftException.class); // it is staged now
                database.stopSync();
                write(database); // and this stays in the write-ahead log
                TestFolders.copy(folder.resolve("data"), folder.resolve("crashed"));
            }
        }
        forgetAllButTheFirst();
        TestFolders.delete(folder.resolve("data"));
        Files.move(folder.resolve("crashed"), folder.resolve("data"));

        open().close();

        assertThat(endpoint.keys("bucket", levelZero())).hasSize(4);
        assertThat(claims()).containsExactly(1L, 2L, 3L, 4L);
    }

    /** What was shipped after the disk was copied never was. */
    private void forgetAllButTheFirst() throws IOException {
        try (Replica replica = replica()) {
            List<String> names = replica.store().list("0000/").stream()
                    .skip(1)
                    .map(ObjectInfo::name)
                    .toList();
            replica.store().delete(names, SendGuard.ALWAYS);
        }
    }

    private List<Long> segmentsWithoutLog() throws IOException {
        List<Long> found = new ArrayList<>();
        try (Replica replica = replica()) {
            for (var segment : replica.list()) {
                SegmentName name = segment.name();
                if (name.level() == 0 && replica.header(name).walBytes() == 0) {
                    found.add(name.maxTxid());
                }
            }
        }
        return found;
    }

    private List<Long> claims() throws IOException {
        try (Replica replica = replica()) {
            return List.copyOf(Claims.of(replica));
        }
    }

    private Replica replica() throws IOException {
        return new Replica(ReplicaStores.open(url(), "ledger"));
    }

    private Database open() {
        return Database.open(DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("data/ledger.db"))
                .replica(url())
                .durabilityTimeout(Duration.ofSeconds(1))
                .build());
    }

    private static void write(Database database) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS entry (body TEXT)");
            statement.execute("INSERT INTO entry VALUES ('row')");
        }
    }

    private String levelZero() {
        return prefix() + "0000/";
    }
}
