package io.spindrift.web;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.temporal.ChronoUnit;

/**
 * Holds the response of a Jakarta REST resource method, or of all methods of a resource class, back until everything the
 * databases had committed when the response was complete, by whomever, is in their replicas: what the request wrote, and
 * what it read. So no client ever learns of a commit that can still be lost.
 *
 * <p>The response then carries its position: {@code Spindrift-Position: 000000000000002a}, or
 * {@code ledger=000000000000002a, orders=0000000000000007} where several databases are waited for. When the time is over,
 * the answer is 503 with {@code Retry-After} and a problem body (RFC 9457) instead: the request was carried out, and its
 * outcome is unknown.
 *
 * <p>The whole body is held back, in memory up to 1 MiB, else in a temporary file of up to 1 GiB; a longer one is an
 * error. Flushing sends nothing earlier, so this is not for endless streams. With {@code @Suspended} and
 * {@code CompletionStage} the thread that resumes the response waits. Server-sent events are not held back.
 *
 * <p>Found by servers of Jakarta REST 3.1 by themselves; elsewhere register {@link DurableResponseFeature} with the
 * application. For servlets, or for everything below a path, map {@link DurableResponseFilter}.
 */
@Inherited
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface DurableResponse {
    /** The database to wait for; by default every one that is open in the server and has a replica. */
    String database() default "";

    /** How long to wait at most, in {@link #timeoutUnit()}; by default the database's {@code durability-timeout}. */
    long timeout() default 0;

    /** The unit of {@link #timeout()}. */
    ChronoUnit timeoutUnit() default ChronoUnit.SECONDS;
}
