package io.spindrift.testing;

import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.Transactional;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/**
 * A container's {@code @Transactional}: REQUIRED only, at the priority the specification gives it, with a registry that
 * answers for the status. It records the end of each transaction, and fails a commit when told to.
 */
@Interceptor
@Transactional
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 200)
public class Transactions {
    public static final List<String> ENDS = new ArrayList<>();
    public static final List<RuntimeException> COMMIT_FAILURES = new ArrayList<>();

    private static boolean active;

    public static void begin() {
        Naming.bind("java:comp/TransactionSynchronizationRegistry", registry());
        ENDS.clear();
        COMMIT_FAILURES.clear();
        active = false;
    }

    public static void setActive(boolean value) {
        active = value;
    }

    @AroundInvoke
    Object inTransaction(InvocationContext invocation) throws Exception {
        boolean joined = active;
        active = true;
        try {
            Object result = invocation.proceed();
            if (!joined) {
                if (!COMMIT_FAILURES.isEmpty()) {
                    throw COMMIT_FAILURES.remove(0);
                }
                ENDS.add("commit");
            }
            return result;
        } catch (Exception e) {
            ENDS.add("rollback");
            throw e;
        } finally {
            active = joined;
        }
    }

    private static Object registry() {
        return Proxy.newProxyInstance(
                Transactions.class.getClassLoader(),
                new Class<?>[] {TransactionSynchronizationRegistry.class},
                (proxy, method, arguments) -> active ? Status.STATUS_ACTIVE : Status.STATUS_NO_TRANSACTION);
    }
}
