package io.spindrift.transaction;

import io.spindrift.Durability;
import jakarta.enterprise.util.Nonbinding;
import jakarta.interceptor.InterceptorBinding;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.temporal.ChronoUnit;

/**
 * Returns only when what the method committed is durable, by default in the replica.
 *
 * <pre>{@code
 * @Durable
 * @RetryOnConflict
 * @Transactional
 * public Transfer transfer(long from, long to, long cents) { … }
 * }</pre>
 *
 * <p>When the method has returned, and with it its transaction has ended, the caller's thread waits for everything the
 * databases have committed by then, by whomever, so what the method has read is durable too. All who wait share one
 * request to the store; a database without new commits costs nothing. A method that throws is not waited for.
 *
 * <p>When that is not so in time, a {@link io.spindrift.DurabilityUnknownException} is thrown, with an
 * {@link java.sql.SQLException} of SQLSTATE 08007 as its cause: the transaction is committed here and stays so; running
 * it again would do its work twice, and {@link RetryOnConflict} does not.
 *
 * <p>The interceptor surrounds the transaction, so it refuses with an {@link IllegalStateException} to run inside one that
 * is already active, whose end it could not wait for, and the deployment fails if the annotation is on a method of an
 * enterprise bean whose transactions the container begins.
 */
@InterceptorBinding
@Inherited
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface Durable {
    /** How durable. */
    @Nonbinding
    Durability value() default Durability.REPLICA;

    /**
     * The database to wait for. By default every database that is open in the server, and with
     * {@link Durability#REPLICA} has a replica: name it where a server has several.
     */
    @Nonbinding
    String database() default "";

    /** How long to wait at most, in {@link #timeoutUnit()}; by default the database's {@code durability-timeout}. */
    @Nonbinding
    long timeout() default 0;

    /** The unit of {@link #timeout()}. */
    @Nonbinding
    ChronoUnit timeoutUnit() default ChronoUnit.SECONDS;
}
