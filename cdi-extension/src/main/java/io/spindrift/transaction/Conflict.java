package io.spindrift.transaction;

import io.spindrift.DurabilityUnknownException;
import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Recognises the failure of a transaction that lost against a concurrent one, whatever the layers above the database
 * have wrapped it in: containers and persistence providers keep the cause but not the type.
 */
final class Conflict {
    /** Serialization failure, and deadlock as some databases name it. */
    private static final Set<String> SQL_STATES = Set.of("40001", "40P01");

    // By name, because an application without Jakarta Persistence does not have the class.
    private static final String OPTIMISTIC_LOCK = "jakarta.persistence.OptimisticLockException";

    private Conflict() {}

    static boolean isIn(Throwable failure) {
        boolean found = false;
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
            if (isCommitted(cause)) {
                return false;
            }
            found |= isConflict(cause);
        }
        return found;
    }

    /** The transaction is committed here and not yet durable: doing it again would do it twice. */
    private static boolean isCommitted(Throwable cause) {
        return cause instanceof DurabilityUnknownException
                || cause instanceof SQLException sql && DurabilityUnknownException.SQL_STATE.equals(sql.getSQLState());
    }

    private static boolean isConflict(Throwable cause) {
        if (cause instanceof SQLException sql && sql.getSQLState() != null) {
            return SQL_STATES.contains(sql.getSQLState());
        }
        for (Class<?> type = cause.getClass(); type != null; type = type.getSuperclass()) {
            if (type.getName().equals(OPTIMISTIC_LOCK)) {
                return true;
            }
        }
        return false;
    }
}
