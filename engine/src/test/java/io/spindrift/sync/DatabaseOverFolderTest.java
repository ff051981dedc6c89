package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.SyncEvent;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A database whose replica is a folder. */
class DatabaseOverFolderTest extends ReplicatedDatabaseContract {
    @Override
    protected URI replica() {
        return folder.resolve("replica").toUri();
    }

    @Test
    void aFolderThatGoesAwayForAWhileLosesNothing() throws Exception {
        Path root = folder.resolve("replica");
        Path away = folder.resolve("away");
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            Files.move(root, away);
            Files.writeString(root, "a file where the folder was");

            addNote(database, "committed meanwhile");

            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(database.status().problem()).isPresent());
            assertThat(database.status().state()).isEqualTo(State.OPEN);
            assertThat(database.status().problem().orElseThrow()).contains(root.toString());
            Files.delete(root);
            Files.move(away, root);
            database.flush();
            await().atMost(SOON).untilAsserted(() -> assertThat(events.of(SyncEvent.SyncRecovered.class))
                    .hasSize(1));
        }
        assertRestoresIdentically();
        assertNoGap();
    }
}
