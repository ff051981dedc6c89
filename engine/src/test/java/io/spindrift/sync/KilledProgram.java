package io.spindrift.sync;

import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.Fault;
import io.spindrift.testing.S3Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs a program against an S3 endpoint and kills it at one of its requests. */
final class KilledProgram {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private KilledProgram() {}

    /**
     * Runs it until it sends the request, and kills it there.
     *
     * @param request which one, from 1; nobody else may ask the endpoint meanwhile
     * @param takesEffect whether the request takes effect after the death of who sent it
     * @return whether there was such a request; otherwise the program has come to its end
     */
    static boolean killAt(S3Endpoint s3, int request, boolean takesEffect, Class<?> program, String... arguments)
            throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
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
        try (ChildJvm child = ChildJvm.start(
                List.of(),
                Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY),
                program,
                arguments)) {
            boolean killed = reachedBeforeTheEnd(reached, child);
            child.kill();
            return killed;
        } finally {
            s3.faults().clear();
        }
    }

    private static boolean reachedBeforeTheEnd(CountDownLatch reached, ChildJvm child) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            if (reached.await(20, TimeUnit.MILLISECONDS)) {
                return true;
            }
            if (!child.isAlive()) {
                return false;
            }
        }
        throw new AssertionError("The child neither sent the request nor ended: " + child.lines());
    }
}
