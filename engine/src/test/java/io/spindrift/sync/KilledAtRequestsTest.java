package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed at a request to the store, before it takes effect or before its answer: nothing is lost. */
class KilledAtRequestsTest {
    @TempDir
    Path folder;

    private int kills;

    @Test
    void someRequests() throws Exception {
        Random random = new Random();
        for (int i = 0; i < 3; i++) {
            killAt(1 + random.nextInt(20), random.nextBoolean());
        }
        assertThat(kills).isPositive();
    }

    @Test
    @Tag("long")
    void everyRequest() throws Exception {
        for (int request = 1; killAt(request, false); request++) {
            killAt(request, true);
        }
        System.out.println("KilledAtRequestsTest: " + kills + " kills");
        assertThat(kills).isGreaterThan(20);
    }

    /** Answers whether there was such a request. */
    private boolean killAt(int request, boolean takesEffect) throws Exception {
        Path root = Files.createDirectory(folder.resolve(request + (takesEffect ? "-after" : "-before")));
        Files.createDirectory(root.resolve("data"));
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("crash").asDefaultCredentials()) {
            URI replica = s3.replicaUrl("crash", "");
            boolean killed = KilledProgram.killAt(
                    s3,
                    request,
                    takesEffect,
                    CrashScenario.class,
                    root.toString(),
                    replica.toString(),
                    "6",
                    "2",
                    "ships");
            Survivors acknowledged = new Survivors();
            if (Files.exists(root.resolve("acks"))) {
                acknowledged.acknowledge(Files.readAllBytes(root.resolve("acks")));
            }
            RecordedEvents events = new RecordedEvents();
            acknowledged.assertAliveAndReplicated(root, replica, events);
            kills += killed ? 1 : 0;
            return killed;
        } finally {
            TestFolders.delete(root);
        }
    }
}
