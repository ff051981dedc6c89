package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Durability;
import io.spindrift.SyncEvent;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.CrashDisk;
import io.spindrift.testing.CrashDisk.Loss;
import io.spindrift.testing.DiskTrace;
import io.spindrift.testing.Strace;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk of a process is recorded and cut off at its system calls, as a kill or a loss of power would: whatever is
 * left, everything acknowledged is there after the next start, and replication goes on.
 *
 * <p>The replica, a folder here, stands for a store: what reached it stays. A kill keeps every commit; a loss of power
 * those that were acknowledged as {@code local} or {@code replica}.
 */
class PowerLossTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CUTS_IN_SHORT = 12;
    private static final int ROWS = 12;

    @TempDir
    Path temporary;

    private Path folder;
    private Random random;
    private int images;

    /** What was acknowledged before the recording began. */
    private final Survivors acknowledged = new Survivors();

    @BeforeAll
    static void needsStrace() {
        Programs.require(Strace.available(), "strace, to record what a process writes");
    }

    @BeforeEach
    void prepare() throws IOException {
        folder = Files.createDirectory(temporary.toRealPath().resolve("root"));
        Files.createDirectory(data());
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        System.out.println("PowerLossTest: -Dspindrift.seed=" + seed);
        random = new Random(seed);
    }

    @Test
    void aNewDatabase() throws Exception {
        crashEverywhere(CUTS_IN_SHORT);
    }

    @Test
    void aStartWithCommitsThatWereNotShipped() throws Exception {
        leaveUnshippedCommits();
        crashEverywhere(CUTS_IN_SHORT);
    }

    @Test
    void aRestore() throws Exception {
        run("ships");
        TestFolders.delete(data());
        Files.createDirectory(data());
        crashEverywhere(CUTS_IN_SHORT);
    }

    @Test
    void aFileThatIsBehindItsReplica() throws Exception {
        bringTheFileBehind();
        crashEverywhere(CUTS_IN_SHORT);
    }

    @Test
    void aFileThatHasLeftItsReplicasHistory() throws Exception {
        bringTheFileBehind();
        PlainSqlite.run(database(), "CREATE TABLE stranger AS SELECT randomblob(10000)");
        crashEverywhere(CUTS_IN_SHORT);
    }

    @Test
    void aDatabaseThatIsAdopted() throws Exception {
        PlainSqlite.run(database(), CrashScenario.TABLE);
        PlainSqlite.run(
                database(),
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
                        + " INSERT INTO row SELECT 'LOCAL-0', i, randomblob(400) FROM n");
        acknowledged.acknowledge("LOCAL-0", 200);
        crashEverywhere(CUTS_IN_SHORT);
    }

    @Test
    @Tag("long")
    void everySystemCallOfANewDatabase() throws Exception {
        crashEverywhere(Integer.MAX_VALUE);
    }

    @Test
    @Tag("long")
    void everySystemCallOfAStartWithCommitsThatWereNotShipped() throws Exception {
        leaveUnshippedCommits();
        crashEverywhere(Integer.MAX_VALUE);
    }

    @Test
    @Tag("long")
    void everySystemCallOfAFileThatHasLeftItsReplicasHistory() throws Exception {
        bringTheFileBehind();
        PlainSqlite.run(database(), "CREATE TABLE stranger AS SELECT randomblob(10000)");
        crashEverywhere(Integer.MAX_VALUE);
    }

    // ---- before the recording

    private void leaveUnshippedCommits() throws Exception {
        run("ships");
        run("keeps");
    }

    private void bringTheFileBehind() throws Exception {
        run("ships");
        Path kept = temporary.resolve("kept");
        TestFolders.copyAll(data(), kept);
        run("ships");
        TestFolders.delete(data());
        TestFolders.copyAll(kept, data());
    }

    private void run(String how) throws Exception {
        try (ChildJvm child = ChildJvm.start(CrashScenario.class, arguments(how))) {
            assertThat(child.awaitExit(PATIENCE))
                    .as(() -> String.join("\n", child.lines()))
                    .isZero();
        }
        acknowledged.acknowledge(Files.readAllBytes(folder.resolve("acks")));
        Files.delete(folder.resolve("acks"));
    }

    private String[] arguments(String how) {
        return new String[] {folder.toString(), replica().toString(), Integer.toString(ROWS), "1", how};
    }

    private URI replica() {
        return folder.resolve("replica").toUri();
    }

    // ---- recording and cutting

    private void crashEverywhere(int cuts) throws Exception {
        CrashDisk disk = new CrashDisk(folder, path -> path.startsWith(folder.resolve("replica")));
        Path trace = temporary.resolve("trace");
        try (ChildJvm child =
                ChildJvm.start(Strace.recording(trace), List.of(), Map.of(), CrashScenario.class, arguments("ships"))) {
            assertThat(child.awaitExit(PATIENCE))
                    .as(() -> String.join("\n", child.lines()))
                    .isZero();
        }
        List<DiskTrace.Event> events = DiskTrace.read(trace, folder);
        double chance = Math.min(1.0, (double) cuts / events.size());
        int at = 0;
        for (DiskTrace.Event event : events) {
            disk.apply(event);
            at++;
            if (random.nextDouble() < chance) {
                for (Loss loss : Loss.values()) {
                    crash(disk, loss, "cut after call " + at + " of " + events.size() + ", " + event);
                }
            }
        }
        System.out.println("PowerLossTest: " + images + " images of " + events.size() + " system calls");
        assertThat(images).isGreaterThan(Math.min(cuts, events.size()));
    }

    private void crash(CrashDisk disk, Loss loss, String where) throws Exception {
        images++;
        Survivors promised = acknowledged
                .and(disk.content(folder.resolve("acks")))
                .only(
                        loss == Loss.NOTHING
                                ? EnumSet.allOf(Durability.class)
                                : EnumSet.of(Durability.LOCAL, Durability.REPLICA));
        Path image = temporary.resolve("image");
        disk.leave(
                image, loss, random, path -> !path.getFileName().toString().endsWith("-shm") && !path.endsWith("acks"));
        RecordedEvents events = new RecordedEvents();
        try {
            promised.assertAliveAndReplicated(image, image.resolve("replica").toUri(), events);
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    "Loss of " + loss + ", " + where + ", events " + events.of(SyncEvent.class) + ", kept in "
                            + keep(image),
                    e);
        }
        TestFolders.delete(image);
    }

    private Path keep(Path image) throws IOException {
        Path kept = Files.createDirectories(Path.of("target", "crash-image")).resolve(Long.toString(System.nanoTime()));
        TestFolders.copyAll(image, kept);
        return kept;
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path database() {
        return data().resolve("crash.db");
    }
}
