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
 * <p>What is a conflict, and what is thrown in the end, is the same as in {@link io.spindrift.retry.Transactions};
 * SQLSTATE 08007 ("committed here, not yet durable") is never retried. Everything the method does beside the database
 * happens again with each attempt, so keep mails and remote calls out of it.
 *
 * <p>Before the n-th retry the caller's thread pauses for a random time between zero and
 * {@code delay × 2ⁿ⁻¹}, at most {@code maxDelay}.
 *
 * <p>Each member can be set by MicroProfile Config, as with MicroProfile Fault Tolerance: for a method by
 * {@code <class>/<method>/RetryOnConflict/<member>}, for a class by {@code <class>/RetryOnConflict/<member>}, for the
 * application by {@code RetryOnConflict/<member>}; the most precise one wins, and any of them wins over the annotation.
 * The class is the one that declares the method. A value that is out of range fails the deployment.
 *
 * <p>Of each conflict a CDI event {@link io.spindrift.retry.ConflictEvent} is fired, on the caller's thread.
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
    /** How many times the method is called again after the first failure; 0 to 1,000. */
    @Nonbinding
    int maxRetries() default 10;

    /** The longest pause before the first retry, in {@link #delayUnit()}; 0 retries at once. */
    @Nonbinding
    long delay() default 2;

    /** The unit of {@link #delay()}. */
    @Nonbinding
    ChronoUnit delayUnit() default ChronoUnit.MILLIS;

    /** The longest pause before any retry, in {@link #maxDelayUnit()}; from {@code delay} to a day. */
    @Nonbinding
    long maxDelay() default 250;

    /** The unit of {@link #maxDelay()}. */
    @Nonbinding
    ChronoUnit maxDelayUnit() default ChronoUnit.MILLIS;

    /** How much of each pause is left to chance: 1 is all of it, 0 pauses for the longest time always. */
    @Nonbinding
    double jitter() default 1;

    /**
     * No retry begins later than this after the first attempt began, in {@link #maxDurationUnit()}, nor is waited for;
     * 0 is no limit.
     */
    @Nonbinding
    long maxDuration() default 30;

    /** The unit of {@link #maxDuration()}. */
    @Nonbinding
    ChronoUnit maxDurationUnit() default ChronoUnit.SECONDS;

    /** Failures that are retried although they are no conflict, wherever they are in the chain of causes. */
    @Nonbinding
    Class<? extends Exception>[] retryOn() default {};

    /** Failures that are never retried, wherever they are in the chain of causes; wins over everything else. */
    @Nonbinding
    Class<? extends Exception>[] abortOn() default {};
}
