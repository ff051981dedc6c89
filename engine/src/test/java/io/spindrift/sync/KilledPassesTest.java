package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.sync.PassScenario.Pass;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.CrashDisk;
import io.spindrift.testing.CrashDisk.Loss;
import io.spindrift.testing.DiskTrace;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.testing.Strace;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A compaction, a retention pass or a promotion is cut off: at a request to the store, before it takes effect or before
 * its answer, or at a system call, by a kill or by a loss of power.
 */
class KilledPassesTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CUTS_IN_SHORT = 4;

    @TempDir
    Path temporary;

    private Random random;

    @BeforeEach
    void seed() {
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        System.out.println("KilledPassesTest: -Dspindrift.seed=" + seed);
        random = new Random(seed);
    }

    @ParameterizedTest
    @EnumSource
    void atSomeRequests(Pass pass) throws Exception {
        int request = 1 + random.nextInt(12);
        while (!killAt(pass, request, random.nextBoolean())) {
            request = 1 + random.nextInt(request); // it has fewer
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void atEveryRequest(Pass pass) throws Exception {
        int request = 1;
        while (killAt(pass, request, false)) {
            killAt(pass, request, true);
            request++;
        }
        System.out.println("KilledPassesTest: " + pass + " has " + (request - 1) + " requests");
        assertThat(request).isGreaterThan(3);
    }

    /** Answers whether there was such a request. */
    private boolean killAt(Pass pass, int request, boolean takesEffect) throws Exception {
        Path root = Files.createDirectories(temporary.resolve("killed/data")).getParent();
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("crash").asDefaultCredentials()) {
            URI url = s3.replicaUrl("crash", "");
            PassHistory history = PassHistory.write(pass, root, url);
            boolean killed =
                    KilledProgram.killAt(s3, request, takesEffect, PassScenario.class, history.arguments(root, url));
            boolean serverFirst = random.nextBoolean();
            try {
                history.assertSurvived(root, url, serverFirst);
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        pass + " killed at request " + request + (takesEffect ? ", which took effect" : "")
                                + (serverFirst ? ", then the server started" : ", then it was tried again"),
                        e);
            }
            return killed;
        } finally {
            TestFolders.delete(root);
        }
    }

    @ParameterizedTest
    @EnumSource
    void atSomeSystemCalls(Pass pass) throws Exception {
        cutOff(pass, CUTS_IN_SHORT);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void atEverySystemCall(Pass pass) throws Exception {
        cutOff(pass, Integer.MAX_VALUE);
    }

    private void cutOff(Pass pass, int cuts) throws Exception {
        Programs.require(Strace.available(), "strace, to record what a process writes");
        Path folder = Files.createDirectories(temporary.toRealPath().resolve("root/data"))
                .getParent();
        URI url = folder.resolve("replica").toUri();
        PassHistory history = PassHistory.write(pass, folder, url);
        CrashDisk disk = new CrashDisk(folder, path -> path.startsWith(folder.resolve("replica")));
        Path trace = temporary.resolve("trace");
        try (ChildJvm child = ChildJvm.start(
                Strace.recording(trace), List.of(), Map.of(), PassScenario.class, history.arguments(folder, url))) {
            assertThat(child.awaitExit(PATIENCE))
                    .as(() -> String.join("\n", child.lines()))
                    .isZero();
        }
        List<DiskTrace.Event> events = DiskTrace.read(trace, folder);
        int at = 0;
        for (DiskTrace.Event event : events) {
            disk.apply(event);
            at++;
            if (cuts >= events.size() || random.nextInt(events.size()) < cuts) {
                cutOff(history, disk, pass + " cut off after call " + at + " of " + events.size() + ", " + event);
            }
        }
        System.out.println("KilledPassesTest: " + pass + " has " + events.size() + " system calls");
        cutOff(history, disk, pass + " came to its end");
    }

    private void cutOff(PassHistory history, CrashDisk disk, String where) throws Exception {
        Path image = temporary.resolve("image");
        Loss loss = Loss.values()[random.nextInt(Loss.values().length)];
        boolean serverFirst = random.nextBoolean();
        disk.leave(image, loss, random, path -> !path.getFileName().toString().endsWith("-shm"));
        try {
            history.assertSurvived(image, image.resolve("replica").toUri(), serverFirst);
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    where + ", loss of " + loss + (serverFirst ? ", then the server started" : ", then tried again"),
                    e);
        }
        TestFolders.delete(image);
    }
}
