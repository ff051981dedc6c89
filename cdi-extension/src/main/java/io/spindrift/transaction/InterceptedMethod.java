package io.spindrift.transaction;

import io.spindrift.retry.ContainerTransaction;
import jakarta.interceptor.InvocationContext;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Optional;

/** The annotation by which an interceptor was bound to a method: the method's, the class's, or a stereotype's. */
final class InterceptedMethod {
    private InterceptedMethod() {}

    /** Empty when an extension has added the binding: then nobody has asked for other values than the defaults. */
    static <A extends Annotation> Optional<A> annotation(InvocationContext invocation, Class<A> type) {
        return Optional.ofNullable(invocation.getMethod().getAnnotation(type))
                .or(() -> onClass(invocation.getTarget().getClass(), type));
    }

    private static <A extends Annotation> Optional<A> onClass(Class<?> target, Class<A> type) {
        // The target's own class may be one that the container has derived from the bean's.
        for (Class<?> each = target; each != null; each = each.getSuperclass()) {
            A annotation = each.getAnnotation(type);
            if (annotation != null) {
                return Optional.of(annotation);
            }
            for (Annotation stereotype : each.getAnnotations()) {
                annotation = stereotype.annotationType().getAnnotation(type);
                if (annotation != null) {
                    return Optional.of(annotation);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Refuses to run inside a transaction that is already active.
     *
     * @param why what the interceptor could not do there, and where to put the annotation instead
     */
    static void requireNoTransaction(InvocationContext invocation, Class<? extends Annotation> type, String why) {
        if (ContainerTransaction.isActive()) {
            Method method = invocation.getMethod();
            throw new IllegalStateException("@" + type.getSimpleName() + " on "
                    + method.getDeclaringClass().getName() + "." + method.getName()
                    + " was called inside an active transaction, " + why);
        }
    }
}
