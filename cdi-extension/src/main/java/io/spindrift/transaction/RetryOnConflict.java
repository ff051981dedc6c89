package io.spindrift.transaction;

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
 * Calls the method again when its transaction lost against a concurrent one, in a new transaction each time.
 *
 * <pre>{@code
 * @RetryOnConflict
 * @Transactional
 * public Transfer transfer(long from, long to, long cents) { … }
 * }</pre>
 *
 * <p>A conflict is SQLSTATE 40001 or 40P01, or a {@code jakarta.persistence.OptimisticLockException}, anywhere in the
 * chain of causes; SQLSTATE 08007 in the chain ("committed here, not yet durable") is never retried. Everything the
 * method does beside the database happens again with each attempt, so keep mails and remote calls out of it.
 *
 * <p>Before the n-th retry the caller's thread pauses for a random time between zero and
 * {@code delay × 2ⁿ⁻¹}, at most {@code maxDelay}. After the last attempt its failure is thrown as it is, with the
 * earlier ones as suppressed exceptions.
 *
 * <p>The interceptor surrounds the transaction, so it refuses with an {@link IllegalStateException} to run inside one
 * that is already active, and the deployment fails if the annotation is on a method of an enterprise bean whose
 * transactions the container begins: no interceptor can surround those.
 */
@InterceptorBinding
@Inherited
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface RetryOnConflict {
    /** How many times the method is called again after the first failure; 0 or more. */
    @Nonbinding
    int maxRetries() default 10;

    /** The longest pause before the first retry, in {@link #delayUnit()}; 0 retries at once. */
    @Nonbinding
    long delay() default 2;

    /** The unit of {@link #delay()}. */
    @Nonbinding
    ChronoUnit delayUnit() default ChronoUnit.MILLIS;

    /** The longest pause before any retry, in {@link #maxDelayUnit()}; not shorter than the first. */
    @Nonbinding
    long maxDelay() default 250;

    /** The unit of {@link #maxDelay()}. */
    @Nonbinding
    ChronoUnit maxDelayUnit() default ChronoUnit.MILLIS;
}
