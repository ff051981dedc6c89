package io.spindrift.testing;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** What goes wrong with a request that a {@link FaultStore} was told to disturb. */
public sealed interface Fault {

    /** The request is refused with an S3 error and has no effect. */
    record Refuse(int status, String code) implements Fault {}

    /** The request takes effect, then its answer is an S3 error. */
    record RefuseAfterApply(int status, String code) implements Fault {}

    /**
     * The body of a GET ends after so many bytes and the connection breaks. The server sends its headers with the first
     * 32 KiB: cut off before that, the answer is a 500 instead (see {@link TcpFault}).
     */
    record Truncate(long bytes) implements Fault {}

    /** The request waits before it takes effect: until the latch is open, at most for the duration. */
    record Hold(CountDownLatch latch, Duration atMost) implements Fault {}

    /** 503 {@code SlowDown}. */
    static Fault slowDown() {
        return new Refuse(503, "SlowDown");
    }

    /** 409 {@code ConditionalRequestConflict}. */
    static Fault conflict() {
        return new Refuse(409, "ConditionalRequestConflict");
    }

    /** 403 {@code AccessDenied}. */
    static Fault accessDenied() {
        return new Refuse(403, "AccessDenied");
    }

    /** 403 {@code RequestTimeTooSkewed}. */
    static Fault clockSkew() {
        return new Refuse(403, "RequestTimeTooSkewed");
    }

    /** 500 {@code InternalError}, although the request took effect. */
    static Fault errorAfterApply() {
        return new RefuseAfterApply(500, "InternalError");
    }

    /** The body of a GET ends after {@code bytes}, more than 32 KiB, and the connection breaks. */
    static Fault truncate(long bytes) {
        return new Truncate(bytes);
    }

    /** The request takes {@code duration} longer. */
    static Fault delay(Duration duration) {
        return new Hold(new CountDownLatch(1), duration);
    }

    /** The request waits until the test opens the latch, at most a minute. */
    static Fault holdUntil(CountDownLatch latch) {
        return new Hold(latch, Duration.ofMinutes(1));
    }
}
