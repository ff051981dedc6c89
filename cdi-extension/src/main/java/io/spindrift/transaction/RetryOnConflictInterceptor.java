package io.spindrift.transaction;

import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;

/** Surrounds a method with {@link ConflictRetry}, one step outside the interceptors of {@code @Transactional}. */
@Interceptor
@RetryOnConflict
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 100)
class RetryOnConflictInterceptor {

    @AroundInvoke
    Object retry(InvocationContext invocation) throws Exception {
        InterceptedMethod.requireNoTransaction(
                invocation,
                RetryOnConflict.class,
                "where every attempt would share it; call it where no transaction is active, or put @RetryOnConflict"
                        + " on the method that begins the transaction");
        RetryPolicy policy = InterceptedMethod.annotation(invocation, RetryOnConflict.class)
                .map(RetryPolicy::of)
                .orElse(RetryPolicy.DEFAULT);
        return new ConflictRetry(policy).call(invocation::proceed);
    }
}
