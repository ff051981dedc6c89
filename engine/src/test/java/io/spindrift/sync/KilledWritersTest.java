package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.RestoreRequest;
import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.SegmentName;
import io.spindrift.sync.CrashingWriter.Phase;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writer is killed again and again, sometimes with its disk: what it was told to be durable is never lost. */
class KilledWritersTest {
    private static final int ROUNDS = 36;
    private static final int FEWEST_AMID_FLUSHES = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private final Map<Phase, Integer> kills = new EnumMap<>(Phase.class);
    private long durable;
    private long committed;

    @Test
    void everyFlushedCommitSurvivesKillsInEveryPhase() throws Exception {
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        System.out.println("KilledWritersTest: -Dspindrift.seed=" + seed);
        Random random = new Random(seed);
        int amidFlushes = 0;
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("crash").asDefaultCredentials()) {
            URI replica = s3.replicaUrl("crash", "");
            for (int round = 0; round < ROUNDS; round++) {
                Phase wanted = Phase.values()[round % Phase.values().length];
                if (killOneWriter(replica, wanted, random)) {
                    amidFlushes++;
                }
                verifyCopy(s3, replica, round);
                if (round % 3 == 2) {
                    TestFolders.delete(data());
                    committed = durable; // what was not shipped is gone with the disk
                }
            }
        }
        System.out.println("KilledWritersTest: kills by phase " + kills + ", amid flushes " + amidFlushes);
        assertThat(amidFlushes).isGreaterThanOrEqualTo(FEWEST_AMID_FLUSHES);
        assertThat(kills).containsOnlyKeys(Phase.values());
    }

    /** Answers whether the kill struck between two flushes. */
    private boolean killOneWriter(URI replica, Phase wanted, Random random) throws Exception {
        Files.createDirectories(data());
        Path marksFile = folder.resolve("marks");
        Files.write(marksFile, new byte[CrashingWriter.MARKS_BYTES]);
        Map<String, String> environment =
                Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY);
        try (FileChannel file = FileChannel.open(marksFile, StandardOpenOption.READ, StandardOpenOption.WRITE);
                ChildJvm writer = ChildJvm.start(
                        List.of(),
                        environment,
                        CrashingWriter.class,
                        database().toString(),
                        replica.toString(),
                        marksFile.toString())) {
            MappedByteBuffer marks = file.map(FileChannel.MapMode.READ_WRITE, 0, CrashingWriter.MARKS_BYTES);
            long opened = number(writer.awaitLine("open ", PATIENCE));
            assertThat(opened).as("last row after a restart").isGreaterThanOrEqualTo(committed);
            writer.awaitLine("durable ", PATIENCE);
            long killAt =
                    System.nanoTime() + Duration.ofMillis(random.nextInt(120)).toNanos();
            long giveUpAt = killAt + Duration.ofSeconds(2).toNanos();
            while (System.nanoTime() < killAt
                    || marks.get(CrashingWriter.PHASE_AT) != wanted.ordinal() && System.nanoTime() < giveUpAt) {
                Thread.onSpinWait();
            }
            writer.kill();
            kills.merge(Phase.values()[marks.get(CrashingWriter.PHASE_AT)], 1, Integer::sum);
            committed = Math.max(opened, marks.getLong(CrashingWriter.COMMITTED_AT));
            List<String> flushes = writer.lines().stream()
                    .filter(line -> line.startsWith("durable "))
                    .toList();
            durable = number(flushes.get(flushes.size() - 1));
            return committed > durable || flushes.size() > 1;
        }
    }

    private void verifyCopy(S3Endpoint s3, URI replica, int round) throws Exception {
        Path copy = folder.resolve("copy-" + round + ".db");
        Database.restore(RestoreRequest.builder()
                .replica(replica)
                .name("crash")
                .output(copy)
                .build());
        assertThat(PlainSqlite.run(copy, "PRAGMA integrity_check")).isEqualTo("ok");
        long last = Long.parseLong(PlainSqlite.run(copy, "SELECT max(id) FROM row"));
        long rows = Long.parseLong(PlainSqlite.run(copy, "SELECT count(*) FROM row"));
        assertThat(last).as("last row in the replica").isGreaterThanOrEqualTo(durable);
        assertThat(rows).as("rows without a hole").isEqualTo(last);
        List<Long> txids = s3.keys("crash", "databases/crash/0000/").stream()
                .map(key -> SegmentName.parse(key.substring("databases/crash/".length()), ReplicaLayout.OBJECT_STORE))
                .map(name -> name.orElseThrow().maxTxid())
                .toList();
        assertThat(txids).as("TXIDs without a gap").last().isEqualTo((long) txids.size());
    }

    private static long number(String line) {
        return Long.parseLong(line.substring(line.indexOf(' ') + 1));
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path database() {
        return data().resolve("crash.db");
    }
}
