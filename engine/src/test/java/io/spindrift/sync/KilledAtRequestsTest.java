package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.Fault;
import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed at a request to the store, before it takes effect or before its answer: nothing is lost. */
class KilledAtRequestsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

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
        CountDownLatch reached = new CountDownLatch(1);
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("crash").asDefaultCredentials()) {
            URI replica = s3.replicaUrl("crash", "");
            AtomicInteger requests = new AtomicInteger();
            s3.faults().chaos(() -> {
                if (requests.incrementAndGet() != request) {
                    return Optional.empty();
                }
                reached.countDown();
                // Long enough for the process to be dead when the request is refused, or takes effect.
                return Optional.of(
                        takesEffect ? Fault.delay(Duration.ofMillis(500)) : new Fault.Refuse(500, "InternalError"));
            });
            boolean killed;
            try (ChildJvm child = ChildJvm.start(
                    List.of(),
                    Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY),
                    CrashScenario.class,
                    root.toString(),
                    replica.toString(),
                    "6",
                    "2",
                    "ships")) {
                killed = reachedBeforeTheEnd(reached, child);
                child.kill();
            }
            s3.faults().clear();
            Survivors acknowledged = new Survivors();
            if (Files.exists(root.resolve("acks"))) {
                acknowledged.acknowledge(Files.readAllBytes(root.resolve("acks")));
            }
            RecordedEvents events = new RecordedEvents();
            acknowledged.assertAliveAndReplicated(root, replica, events);
            kills += killed ? 1 : 0;
            return killed;
        } finally {
            Survivors.deleteRecursively(root);
        }
    }

    private static boolean reachedBeforeTheEnd(CountDownLatch reached, ChildJvm child) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            if (reached.await(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                return true;
            }
            if (!child.isAlive()) {
                return false;
            }
        }
        throw new AssertionError("The child neither sent the request nor ended: " + child.lines());
    }
}
