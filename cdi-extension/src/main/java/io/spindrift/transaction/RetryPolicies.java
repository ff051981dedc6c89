package io.spindrift.transaction;

import io.spindrift.retry.RetryPolicy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.interceptor.InvocationContext;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The policies of the application's methods, each read from annotation and configuration once. */
@ApplicationScoped
class RetryPolicies {
    private final Map<Place, RetryPolicy> known = new ConcurrentHashMap<>();

    /** An inherited method may be bound by the annotation of the class it is called on. */
    private record Place(Class<?> target, Method method) {}

    /** The values of an annotation an extension has added: nobody has asked for others. */
    @RetryOnConflict
    private static final class Defaults {}

    RetryPolicy of(InvocationContext invocation) {
        Place place = new Place(invocation.getTarget().getClass(), invocation.getMethod());
        RetryPolicy policy = known.get(place);
        return policy != null ? policy : known.computeIfAbsent(place, key -> read(invocation));
    }

    private static RetryPolicy read(InvocationContext invocation) {
        RetryOnConflict annotation = InterceptedMethod.annotation(invocation, RetryOnConflict.class)
                .orElseGet(() -> Defaults.class.getAnnotation(RetryOnConflict.class));
        return RetryConfiguration.policy(invocation.getMethod(), annotation);
    }
}
