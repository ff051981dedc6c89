package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.SyncEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScheduledDrillTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final RecordedEvents events = new RecordedEvents();

    @Test
    void aDrillRunsByItselfAndTheStatusSaysWhenItLastSucceeded() throws Exception {
        try (Database database = open(Duration.ofMillis(1))) {
            TestSql.run(database, "CREATE TABLE note (body)");
            database.flush();

            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.DrillSucceeded.class))
                    .isNotEmpty());

            SyncEvent.DrillSucceeded drill =
                    events.of(SyncEvent.DrillSucceeded.class).get(0);
            assertThat(database.status().lastVerifiedRestoreAt()).isPresent();
            assertThat(drill.bytes()).isPositive();
            assertThat(events.of(SyncEvent.DrillFailed.class)).isEmpty();
        }
        assertThat(sidecar().resolve("drill")).doesNotExist();
        assertThat(Files.readString(sidecar().resolve("drilled"))).contains("verified=");
    }

    @Test
    void aFailedDrillIsAnEventAndAProblemButTheDatabaseGoesOn() throws Exception {
        try (Database database = open(Duration.ZERO)) {
            TestSql.run(database, "CREATE TABLE note (body)");
            database.flush();
        }
        Path group = folder.resolve("replica/databases/ledger/ltx/0/0000000000000002-0000000000000002.ltx");
        byte[] content = Files.readAllBytes(group);
        content[content.length - 1] ^= 1;
        Files.write(group, content);

        try (Database database = open(Duration.ofMillis(1))) {
            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.DrillFailed.class))
                    .isNotEmpty());

            // What follows is not awaited: compaction finds the damage too, and the snapshot it asks for heals the
            // replica.
            assertThat(events.of(SyncEvent.DrillFailed.class).get(0).problem())
                    .contains("A restore drill of database ledger")
                    .contains("0/0000000000000002");
            assertThat(database.status().state()).isEqualTo(State.OPEN);

            TestSql.run(database, "INSERT INTO note VALUES ('goes on')");
            database.flush();
        }
        assertThat(sidecar().resolve("drill")).doesNotExist();
    }

    private Database open(Duration drillInterval) {
        return Database.open(
                DatabaseConfig.builder()
                        .name("ledger")
                        .path(folder.resolve("local/ledger.db"))
                        .replica(folder.resolve("replica").toUri())
                        .syncInterval(Duration.ofMillis(20))
                        .drillInterval(drillInterval)
                        .build(),
                DatabaseEnvironment.standalone(events));
    }

    private Path sidecar() {
        return folder.resolve("local/ledger.db-spindrift");
    }
}
