package io.spindrift.cdi;

import io.spindrift.transaction.DurabilityWait;
import io.spindrift.transaction.Durable;
import io.spindrift.transaction.RetryConfiguration;
import io.spindrift.transaction.RetryOnConflict;
import jakarta.enterprise.inject.spi.Annotated;
import jakarta.enterprise.inject.spi.AnnotatedMethod;
import jakarta.enterprise.inject.spi.AnnotatedType;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds each {@link RetryOnConflict} and each {@link Durable} that could never work: one with a value out of range, in the
 * annotation or its configuration, and one on an enterprise bean's method for which the container begins the transaction before any interceptor runs.
 */
final class InterceptorMistakes {
    // By name throughout: a server without enterprise beans does not have these annotations' classes.
    private static final Set<String> SESSION_BEANS = Set.of(
            "jakarta.ejb.Stateless", "jakarta.ejb.Stateful", "jakarta.ejb.Singleton", "jakarta.ejb.MessageDriven");
    private static final String TRANSACTION_MANAGEMENT = "jakarta.ejb.TransactionManagement";
    private static final String TRANSACTION_ATTRIBUTE = "jakarta.ejb.TransactionAttribute";
    private static final Set<String> WITHOUT_TRANSACTION = Set.of("NOT_SUPPORTED", "NEVER");

    /** What each cannot do where the container begins the transaction. */
    private static final Map<Class<? extends Annotation>, String> SURROUNDS_TRANSACTION = Map.of(
            RetryOnConflict.class,
            " cannot retry: the container begins an enterprise bean's transaction before any interceptor runs, so every"
                    + " attempt would share it",
            Durable.class,
            " cannot wait: the container ends an enterprise bean's transaction after every interceptor has run");

    private InterceptorMistakes() {}

    /** One sentence for each mistake. */
    static List<String> in(AnnotatedType<?> type) {
        List<String> mistakes = new ArrayList<>();
        Optional<RetryOnConflict> ofClass = retryOf(type);
        ofClass.ifPresent(retry ->
                checkRetry(retry, type.getJavaClass(), type.getJavaClass().getName(), mistakes));
        boolean ofClassIsRight = ofClass.isPresent() && mistakes.isEmpty();
        checkWait(type, type.getJavaClass().getName(), mistakes);
        for (AnnotatedMethod<?> method : type.getMethods()) {
            Optional.ofNullable(method.getAnnotation(RetryOnConflict.class))
                    .or(() -> ofClass.filter(retry -> ofClassIsRight && isBusiness(method)))
                    .ifPresent(retry -> checkRetry(retry, method.getJavaMember(), name(type, method), mistakes));
            checkWait(method, name(type, method), mistakes);
            SURROUNDS_TRANSACTION.forEach((binding, why) -> {
                if (isBound(binding, type, method) && containerBegins(type, method)) {
                    mistakes.add("@" + binding.getSimpleName() + " on " + name(type, method) + why
                            + "; move the method to a CDI bean with @Transactional, or give it"
                            + " @TransactionAttribute(NOT_SUPPORTED) and let it call one");
                }
            });
        }
        return mistakes;
    }

    /** That of the class, or of one of its stereotypes. */
    private static Optional<RetryOnConflict> retryOf(AnnotatedType<?> type) {
        return Stream.concat(
                        Stream.ofNullable(type.getAnnotation(RetryOnConflict.class)),
                        type.getAnnotations().stream()
                                .map(each -> each.annotationType().getAnnotation(RetryOnConflict.class))
                                .filter(Objects::nonNull))
                .findFirst();
    }

    private static void checkRetry(RetryOnConflict retry, AnnotatedElement place, String name, List<String> mistakes) {
        check(() -> RetryConfiguration.policy(place, retry), RetryOnConflict.class, name, mistakes);
    }

    private static void checkWait(Annotated place, String name, List<String> mistakes) {
        Durable durable = place.getAnnotation(Durable.class);
        if (durable != null) {
            check(
                    () -> DurabilityWait.of(
                            durable.value(), durable.database(), durable.timeout(), durable.timeoutUnit()),
                    Durable.class,
                    name,
                    mistakes);
        }
    }

    private static void check(
            Supplier<?> reader, Class<? extends Annotation> binding, String name, List<String> mistakes) {
        try {
            reader.get();
        } catch (IllegalArgumentException e) {
            mistakes.add("@" + binding.getSimpleName() + " on " + name + ": " + e.getMessage());
        }
    }

    private static boolean isBound(
            Class<? extends Annotation> binding, AnnotatedType<?> type, AnnotatedMethod<?> method) {
        return method.isAnnotationPresent(binding) || isBusiness(method) && type.isAnnotationPresent(binding);
    }

    private static boolean isBusiness(AnnotatedMethod<?> method) {
        int modifiers = method.getJavaMember().getModifiers();
        return Modifier.isPublic(modifiers)
                && !Modifier.isStatic(modifiers)
                && method.getJavaMember().getDeclaringClass() != Object.class;
    }

    private static boolean containerBegins(AnnotatedType<?> type, AnnotatedMethod<?> method) {
        boolean sessionBean = type.getAnnotations().stream()
                .anyMatch(annotation ->
                        SESSION_BEANS.contains(annotation.annotationType().getName()));
        if (!sessionBean
                || value(type, TRANSACTION_MANAGEMENT).filter("BEAN"::equals).isPresent()) {
            return false;
        }
        Optional<String> attribute = value(method, TRANSACTION_ATTRIBUTE).or(() -> value(type, TRANSACTION_ATTRIBUTE));
        return attribute.filter(WITHOUT_TRANSACTION::contains).isEmpty();
    }

    private static Optional<String> value(Annotated place, String annotationName) {
        return place.getAnnotations().stream()
                .filter(annotation -> annotation.annotationType().getName().equals(annotationName))
                .findAny()
                .map(InterceptorMistakes::value);
    }

    private static String value(Annotation annotation) {
        try {
            return annotation
                    .annotationType()
                    .getMethod("value")
                    .invoke(annotation)
                    .toString();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Cannot read " + annotation, e);
        }
    }

    private static String name(AnnotatedType<?> type, AnnotatedMethod<?> method) {
        return type.getJavaClass().getName() + "." + method.getJavaMember().getName();
    }
}
