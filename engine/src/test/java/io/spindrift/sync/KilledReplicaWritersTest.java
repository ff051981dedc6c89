package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Durability;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Concurrent writers of every durability are killed again and again. What was acknowledged as {@code replica} is in the
 * replica at that moment; what was acknowledged at all is there after the next start, unless the disk went, too.
 */
class KilledReplicaWritersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FOR_EVER = Integer.MAX_VALUE;
    private static final int REPLICA_WRITERS = 4;

    /** A database that grows for ever would make each round slower than the one before. */
    private static final int KILLS_OF_A_DATABASE = 10;

    @TempDir
    Path folder;

    @Test
    void nothingAcknowledgedIsLostInSixKills() throws Exception {
        kill(6);
    }

    @Test
    @Tag("long")
    void nothingAcknowledgedIsLostInTwoHundredKills() throws Exception {
        kill(200);
    }

    private void kill(int times) throws Exception {
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        System.out.println("KilledReplicaWritersTest: -Dspindrift.seed=" + seed);
        Random random = new Random(seed);
        Survivors acknowledged = new Survivors();
        long rows = 0;
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("crash").asDefaultCredentials()) {
            for (int round = 0; round < times; round++) {
                URI replica = s3.replicaUrl("crash", "database-" + round / KILLS_OF_A_DATABASE);
                if (round % KILLS_OF_A_DATABASE == 0) {
                    rows += acknowledged.rows();
                    acknowledged = new Survivors();
                    TestFolders.delete(folder.resolve("data"));
                }
                Files.createDirectories(folder.resolve("data"));
                acknowledged = acknowledged.and(killOnce(replica, Duration.ofMillis(random.nextInt(400))));
                Survivors inReplica = acknowledged.only(EnumSet.of(Durability.REPLICA));
                inReplica.assertInReplica(folder, replica);
                if (random.nextInt(3) == 0) {
                    acknowledged = inReplica;
                    TestFolders.delete(folder.resolve("data"));
                }
                acknowledged.assertAliveAndReplicated(folder, replica, new RecordedEvents());
            }
        }
        System.out.println("KilledReplicaWritersTest: " + times + " kills, " + (rows + acknowledged.rows())
                + " rows acknowledged and not lost with a disk, none missing");
    }

    /** Answers what was acknowledged. */
    private byte[] killOnce(URI replica, Duration after) throws Exception {
        Path acks = folder.resolve("acks");
        Files.deleteIfExists(acks);
        try (ChildJvm writers = ChildJvm.start(
                List.of(),
                Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY),
                CrashScenario.class,
                folder.toString(),
                replica.toString(),
                Integer.toString(FOR_EVER),
                Integer.toString(REPLICA_WRITERS),
                "ships")) {
            await().atMost(PATIENCE)
                    .until(() -> !writers.isAlive()
                            || Files.exists(acks) && Files.readString(acks).contains("REPLICA"));
            await().pollDelay(after).until(() -> true);
            assertThat(writers.isAlive())
                    .as(() -> String.join("\n", writers.lines()))
                    .isTrue();
            writers.kill();
        }
        String whole = Files.readString(acks);
        return whole.substring(0, whole.lastIndexOf('\n') + 1).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
}
