package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.RestoreRequest;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An open database compacts its replica by itself, beside its commits. */
class OpenDatabaseCompactsTest {
    @TempDir
    Path folder;

    @Test
    void groupsBecomeAnObjectOfLevel1ThatTheManifestNames() throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("shop")
                .path(folder.resolve("data/shop.db"))
                .replica(folder.resolve("replica").toUri())
                .build();
        try (Database database = Database.open(config);
                Replica replica = Replica.open(config.replica().orElseThrow(), Optional.of("shop"), Optional.empty())) {
            TestSql.run(database, "CREATE TABLE note (id INTEGER PRIMARY KEY)");
            for (int i = 0; i < 66; i++) {
                TestSql.run(database, "INSERT INTO note VALUES (NULL)");
                database.flush();
            }
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(replica.outline())
                    .extracting(Segment::name)
                    .anyMatch(name -> name.level() == 1 && name.minTxid() <= 5)
                    .doesNotContain(SegmentName.group(5)));
            assertThat(Manifest.decode(replica.store()
                                    .get(Manifest.NAME, Manifest.MAX_BYTES)
                                    .orElseThrow())
                            .orElseThrow()
                            .entries())
                    .allMatch(entry -> entry.checksums().isPresent());
            try (var files = Files.list(folder.resolve("data/shop.db-spindrift/shipped"))) {
                assertThat(files.count()).isLessThan(20); // what was merged is not kept
            }
        }
        assertThat(Database.restore(RestoreRequest.builder()
                                .replica(config.replica().orElseThrow())
                                .name("shop")
                                .output(folder.resolve("copy.db"))
                                .build())
                        .proven())
                .isTrue();
    }
}
