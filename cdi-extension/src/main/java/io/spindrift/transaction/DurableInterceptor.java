package io.spindrift.transaction;

import io.spindrift.Durability;
import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import java.util.Optional;

/** Waits after a method with a {@link DurabilityWait}, outside of retries, which are outside of transactions. */
@Interceptor
@Durable
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 50)
class DurableInterceptor {
    private static final DurabilityWait DEFAULT =
            new DurabilityWait(Durability.REPLICA, Optional.empty(), Optional.empty());

    @AroundInvoke
    Object await(InvocationContext invocation) throws Exception {
        InterceptedMethod.requireNoTransaction(
                invocation,
                Durable.class,
                "whose end it could not wait for; call it where no transaction is active, or put @Durable on the"
                        + " method that begins the transaction");
        DurabilityWait.Begun wait = InterceptedMethod.annotation(invocation, Durable.class)
                .map(DurabilityWait::of)
                .orElse(DEFAULT)
                .begin();
        Object result = invocation.proceed();
        wait.await();
        return result;
    }
}
