package io.spindrift.retry;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Optional;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/** Whether the calling thread is inside a transaction of the container; never, where there is none. */
public final class ContainerTransaction {
    private static final String REGISTRY = "java:comp/TransactionSynchronizationRegistry";
    private static final String STATUS = "getTransactionStatus";

    /** {@code jakarta.transaction.Status.STATUS_NO_TRANSACTION}. */
    private static final int NO_TRANSACTION = 6;

    private ContainerTransaction() {}

    public static boolean isActive() {
        try {
            // Looked up for each call: the name belongs to the component that calls.
            return status(InitialContext.doLookup(REGISTRY)) != NO_TRANSACTION;
        } catch (NamingException noTransactionsHere) {
            return false;
        }
    }

    /** By reflection, for the engine does without Jakarta APIs. */
    private static int status(Object registry) {
        try {
            Method method = statusMethod(registry.getClass())
                    .orElseThrow(() -> new IllegalStateException(
                            REGISTRY + " cannot be asked for the status of the transaction: " + registry.getClass()));
            return (int) method.invoke(registry);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(REGISTRY + " did not tell the status of the transaction", e);
        }
    }

    /** That of an interface: the class that implements it may not be accessible. */
    private static Optional<Method> statusMethod(Class<?> type) {
        if (type == null) {
            return Optional.empty();
        }
        for (Class<?> each : type.getInterfaces()) {
            Optional<Method> method = declaredStatus(each).or(() -> statusMethod(each));
            if (method.isPresent()) {
                return method;
            }
        }
        return statusMethod(type.getSuperclass());
    }

    private static Optional<Method> declaredStatus(Class<?> type) {
        try {
            return Modifier.isPublic(type.getModifiers())
                    ? Optional.of(type.getDeclaredMethod(STATUS))
                    : Optional.empty();
        } catch (NoSuchMethodException e) {
            return Optional.empty();
        }
    }
}
