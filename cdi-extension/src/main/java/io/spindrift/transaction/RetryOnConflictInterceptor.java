package io.spindrift.transaction;

import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;

/** Surrounds a method with {@link ConflictRetry}, one step outside the interceptors of {@code @Transactional}. */
@Interceptor
@RetryOnConflict
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 100)
class RetryOnConflictInterceptor {

    @AroundInvoke
    Object retry(InvocationContext invocation) throws Exception {
        if (CurrentTransaction.isActive()) {
            throw new IllegalStateException(
                    "@RetryOnConflict on " + name(invocation.getMethod()) + " was called inside an active transaction,"
                            + " where every attempt would share it; call it where no transaction is active,"
                            + " or put @RetryOnConflict on the method that begins the transaction");
        }
        return new ConflictRetry(policy(invocation)).call(invocation::proceed);
    }

    private static RetryPolicy policy(InvocationContext invocation) {
        RetryOnConflict annotation = invocation.getMethod().getAnnotation(RetryOnConflict.class);
        if (annotation == null) {
            annotation = onClass(invocation.getTarget().getClass());
        }
        // None is found when an extension has added the binding: then nobody has asked for other values.
        return annotation == null ? RetryPolicy.DEFAULT : RetryPolicy.of(annotation);
    }

    private static RetryOnConflict onClass(Class<?> target) {
        // The target's own class may be one that the container has derived from the bean's.
        for (Class<?> type = target; type != null; type = type.getSuperclass()) {
            RetryOnConflict annotation = type.getAnnotation(RetryOnConflict.class);
            if (annotation != null) {
                return annotation;
            }
            for (Annotation stereotype : type.getAnnotations()) {
                annotation = stereotype.annotationType().getAnnotation(RetryOnConflict.class);
                if (annotation != null) {
                    return annotation;
                }
            }
        }
        return null;
    }

    private static String name(Method method) {
        return method.getDeclaringClass().getName() + "." + method.getName();
    }
}
