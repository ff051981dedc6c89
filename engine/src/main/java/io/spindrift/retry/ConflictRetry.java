package io.spindrift.retry;

import io.spindrift.retry.ConflictEvent.Decision;
import io.spindrift.retry.Transactions.Action;
import io.spindrift.retry.Transactions.JdbcAction;
import io.spindrift.retry.Transactions.JdbcWork;
import io.spindrift.retry.Transactions.Work;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import javax.sql.DataSource;

/**
 * Runs a transaction, and runs it again when it lost a conflict: {@link Transactions} with a policy of one's own.
 *
 * <p>Immutable, may be used by any number of threads.
 */
public final class ConflictRetry {

    /** Lets time pass before the next attempt. */
    @FunctionalInterface
    interface Pause {
        void sleep(Duration duration) throws InterruptedException;
    }

    /** Where time and chance come from. */
    record Surroundings(Pause pause, DoubleSupplier random, LongSupplier nanoTime) {
        static final Surroundings REAL = new Surroundings(
                Surroundings::sleep, () -> ThreadLocalRandom.current().nextDouble(), System::nanoTime);

        /** Also the shortest pause ends an interrupted thread's attempts. */
        private static void sleep(Duration duration) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        }
    }

    private final RetryPolicy policy;
    private final String name;
    private final Consumer<ConflictEvent> listener;
    private final Surroundings surroundings;

    ConflictRetry(RetryPolicy policy, Surroundings surroundings) {
        this(policy, "", event -> {}, surroundings);
    }

    private ConflictRetry(
            RetryPolicy policy, String name, Consumer<ConflictEvent> listener, Surroundings surroundings) {
        this.policy = policy;
        this.name = name;
        this.listener = listener;
        this.surroundings = surroundings;
    }

    /** The same with a name for events and messages; otherwise it is the name of the class the work is written in. */
    public ConflictRetry named(String what) {
        return new ConflictRetry(policy, what, listener, surroundings);
    }

    /**
     * The same with a listener, which is told of each conflict. What it throws is kept as a suppressed exception of the
     * attempt's failure, and changes nothing else.
     */
    public ConflictRetry listener(Consumer<ConflictEvent> told) {
        return new ConflictRetry(policy, name, told, surroundings);
    }

    /** See {@link Transactions#call(Work)}. */
    public <T, X extends Exception> T call(Work<T, X> work) throws X {
        return this.<T, X, RuntimeException>repeat(work, work::call);
    }

    /** See {@link Transactions#run(Action)}. */
    public <X extends Exception> void run(Action<X> work) throws X {
        this.<Void, X, RuntimeException>repeat(work, () -> {
            work.run();
            return null;
        });
    }

    /** See {@link Transactions#call(DataSource, JdbcWork)}. */
    public <T, X extends Exception> T call(DataSource dataSource, JdbcWork<T, X> work) throws SQLException, X {
        return this.<T, SQLException, X>repeat(work, () -> JdbcTransaction.run(dataSource, work));
    }

    /** See {@link Transactions#run(DataSource, JdbcAction)}. */
    public <X extends Exception> void run(DataSource dataSource, JdbcAction<X> work) throws SQLException, X {
        this.<Void, SQLException, X>repeat(
                work,
                () -> JdbcTransaction.run(dataSource, connection -> {
                    work.run(connection);
                    return null;
                }));
    }

    /** One attempt. */
    @FunctionalInterface
    private interface Attempt<T, X extends Exception, Y extends Exception> {
        T make() throws X, Y;
    }

    private <T, X extends Exception, Y extends Exception> T repeat(Object work, Attempt<T, X, Y> attempt) throws X, Y {
        String what = name.isEmpty() ? classOf(work) : name;
        requireNoTransaction(what);
        Attempts attempts = new Attempts(what);
        while (true) {
            try {
                return attempt.make();
            } catch (Throwable failure) {
                if (!attempts.anotherAfter(failure)) {
                    throw failure;
                }
            }
        }
    }

    /** Lambdas are classes that are named after the one they are written in, and numbered. */
    private static String classOf(Object work) {
        return work.getClass().getName().replaceFirst("\\$\\$Lambda.*", "");
    }

    private static void requireNoTransaction(String what) {
        if (ContainerTransaction.isActive()) {
            throw new IllegalStateException(
                    what + " cannot be retried: it was called inside an active transaction, where"
                            + " every attempt would share it; call it where no transaction is active, or retry the method that"
                            + " begins the transaction");
        }
    }

    /** The attempts of one call that have failed. */
    private final class Attempts {
        private final String what;
        private final long began = surroundings.nanoTime().getAsLong();
        private final List<Throwable> earlier = new ArrayList<>();

        Attempts(String what) {
            this.what = what;
        }

        /** Whether to make another one; if not, the failure carries those of the earlier ones. */
        boolean anotherAfter(Throwable failure) {
            if (failure instanceof Exception conflict && Verdict.mayRunAgain(failure, policy) && another(conflict)) {
                earlier.add(failure);
                return true;
            }
            for (Throwable other : earlier) {
                // Work may throw one instance twice, and an exception cannot suppress itself.
                if (other != failure) {
                    failure.addSuppressed(other);
                }
            }
            return false;
        }

        private boolean another(Exception conflict) {
            int attempt = earlier.size() + 1;
            Duration wait = policy.pause(attempt, surroundings.random().getAsDouble());
            Decision decision = decide(attempt, wait);
            ConflictEvent event = new ConflictEvent(
                    what, attempt, decision, decision == Decision.RETRY ? wait : Duration.ZERO, conflict);
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                conflict.addSuppressed(e);
            }
            return decision == Decision.RETRY;
        }

        private Decision decide(int attempt, Duration wait) {
            if (attempt > policy.maxRetries()) {
                return Decision.NO_RETRIES_LEFT;
            }
            if (!policy.maxDuration().isZero() && tooLate(wait)) {
                return Decision.NO_TIME_LEFT;
            }
            try {
                surroundings.pause().sleep(wait);
                return Decision.RETRY;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Decision.INTERRUPTED;
            }
        }

        private boolean tooLate(Duration wait) {
            long since = surroundings.nanoTime().getAsLong() - began;
            return wait.plusNanos(since).compareTo(policy.maxDuration()) > 0;
        }
    }
}
