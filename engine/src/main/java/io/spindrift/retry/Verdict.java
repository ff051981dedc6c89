package io.spindrift.retry;

import io.spindrift.DurabilityUnknownException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Whether a transaction that failed may succeed when it is run again: whether a conflict is somewhere in the failure,
 * whatever the layers above the database have wrapped it in. Containers and persistence providers keep the cause but not
 * the type.
 */
final class Verdict {
    /** Serialization failure, PostgreSQL's deadlock, Aurora DSQL's conflicts of data and of schema. */
    private static final Set<String> CONFLICT_STATES = Set.of("40001", "40P01", "OC000", "OC001");

    /** Aurora DSQL's codes, where a layer kept the message but not the SQLSTATE. */
    private static final Pattern CONFLICT_MESSAGE = Pattern.compile("\\(OC00[01]\\)");

    /** Nobody knows whether it was committed, or it was: to run it again might do its work twice. */
    private static final Set<String> UNKNOWN_STATES = Set.of(DurabilityUnknownException.SQL_STATE, "40003");

    // By name, because an application need not have them.
    private static final Set<String> OPTIMISTIC_LOCKS = Set.of(
            "jakarta.persistence.OptimisticLockException",
            "jakarta.data.exceptions.OptimisticLockingFailureException",
            "org.hibernate.StaleStateException",
            "org.hibernate.dialect.lock.OptimisticEntityLockException",
            "org.eclipse.persistence.exceptions.OptimisticLockException");

    /** What ends a transaction of a container may carry the resources' failures as suppressed ones. */
    private static final String TRANSACTION_MANAGER = "jakarta.transaction.";

    /** Somebody may make up a new cause whenever asked for it. */
    private static final int MOST_FAILURES = 1_000;

    private Verdict() {}

    static boolean mayRunAgain(Throwable failure, RetryPolicy policy) {
        boolean again = false;
        for (Throwable part : partsOf(failure, Verdict::isOfTransactionManager)) {
            if (isOneOf(policy.abortOn(), part)) {
                return false;
            }
            again |= isConflict(part) || isOneOf(policy.retryOn(), part);
        }
        return again && partsOf(failure, any -> true).stream().noneMatch(Verdict::isOutcomeUnknown);
    }

    private static boolean isOutcomeUnknown(Throwable part) {
        return part instanceof DurabilityUnknownException
                || part instanceof SQLException sql && UNKNOWN_STATES.contains(String.valueOf(sql.getSQLState()));
    }

    private static boolean isConflict(Throwable part) {
        if (part instanceof SQLException sql) {
            return isConflict(sql);
        }
        for (Class<?> type = part.getClass(); type != null; type = type.getSuperclass()) {
            if (OPTIMISTIC_LOCKS.contains(type.getName())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isConflict(SQLException sql) {
        String state = sql.getSQLState();
        // Only without a SQLSTATE: "Key (code)=(OC000) already exists" has one.
        return state == null
                ? sql.getMessage() != null
                        && CONFLICT_MESSAGE.matcher(sql.getMessage()).find()
                : CONFLICT_STATES.contains(state);
    }

    private static boolean isOneOf(Set<Class<? extends Exception>> types, Throwable part) {
        return types.stream().anyMatch(type -> type.isInstance(part));
    }

    private static boolean isOfTransactionManager(Throwable part) {
        return part.getClass().getName().startsWith(TRANSACTION_MANAGER);
    }

    /**
     * The failure, its causes and what is chained to it, each once.
     *
     * @param suppressedOf whose suppressed exceptions count too: those of an application's exception need not have
     *     anything to do with it, those of {@link ConflictRetry} are what earlier attempts failed with
     */
    private static Set<Throwable> partsOf(Throwable failure, Predicate<Throwable> suppressedOf) {
        Set<Throwable> parts = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Throwable> rest = new ArrayDeque<>();
        rest.add(failure);
        while (!rest.isEmpty() && parts.size() < MOST_FAILURES) {
            Throwable part = rest.remove();
            if (!parts.add(part)) {
                continue;
            }
            addIfPresent(rest, part.getCause());
            if (part instanceof SQLException sql) {
                addIfPresent(rest, sql.getNextException());
            }
            if (suppressedOf.test(part)) {
                Collections.addAll(rest, part.getSuppressed());
            }
        }
        return parts;
    }

    private static void addIfPresent(Deque<Throwable> rest, Throwable part) {
        if (part != null) {
            rest.add(part);
        }
    }
}
