package io.spindrift.transaction;

import io.spindrift.retry.ConflictEvent;
import io.spindrift.retry.ConflictRetry;
import io.spindrift.retry.Transactions;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Method;

/** Surrounds a method with a {@link ConflictRetry}, one step outside the interceptors of {@code @Transactional}. */
@Interceptor
@RetryOnConflict
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 100)
class RetryOnConflictInterceptor {
    private static final Logger LOG = System.getLogger(RetryOnConflictInterceptor.class.getName());

    @Inject
    private RetryPolicies policies;

    @Inject
    private Event<ConflictEvent> events;

    @AroundInvoke
    Object retry(InvocationContext invocation) throws Exception {
        Method method = invocation.getMethod();
        return Transactions.with(policies.of(invocation))
                .named(method.getDeclaringClass().getName() + "." + method.getName())
                .listener(this::publish)
                .call(invocation::proceed);
    }

    private void publish(ConflictEvent event) {
        try {
            events.fire(event);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "SPIN0304 An observer of ConflictEvent failed for " + event.what(), e);
        }
    }
}
