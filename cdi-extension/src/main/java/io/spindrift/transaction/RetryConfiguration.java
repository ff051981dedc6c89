package io.spindrift.transaction;

import io.spindrift.retry.RetryPolicy;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The policy of a method or class: the members of its {@link RetryOnConflict}, each replaced by the property of
 * MicroProfile Config that names it most precisely. Without MicroProfile Config the annotation alone counts.
 */
public final class RetryConfiguration {
    private static final String ANNOTATION = RetryOnConflict.class.getSimpleName();

    private final ClassLoader loader;
    /** Beginnings of property names, the most precise first. */
    private final List<String> scopes;

    private final Function<String, Optional<String>> properties;
    private final Set<String> used = new LinkedHashSet<>();

    private RetryConfiguration(ClassLoader loader, List<String> scopes, Function<String, Optional<String>> properties) {
        this.loader = loader;
        this.scopes = scopes;
        this.properties = properties;
    }

    /**
     * Reads what is configured for a method or a class now.
     *
     * @param place a method or a class
     * @throws IllegalArgumentException if a value is out of range; the sentence names it
     */
    public static RetryPolicy policy(AnnotatedElement place, RetryOnConflict annotation) {
        Class<?> type = place instanceof Method method ? method.getDeclaringClass() : (Class<?>) place;
        List<String> scopes = new ArrayList<>();
        if (place instanceof Method method) {
            scopes.add(type.getName() + "/" + method.getName() + "/" + ANNOTATION + "/");
        }
        scopes.add(type.getName() + "/" + ANNOTATION + "/");
        scopes.add(ANNOTATION + "/");
        ClassLoader loader = type.getClassLoader();
        return new RetryConfiguration(loader, scopes, properties(loader)).policy(annotation);
    }

    private static Function<String, Optional<String>> properties(ClassLoader loader) {
        try {
            return MicroProfileProperties.of(loader);
        } catch (LinkageError | IllegalStateException absent) {
            // The feature is off (no classes), or there is an API without an implementation.
            return name -> Optional.empty();
        }
    }

    private RetryPolicy policy(RetryOnConflict annotation) {
        RetryPolicy.Builder policy = RetryPolicy.builder()
                .maxRetries(member("maxRetries", Integer::valueOf, "a whole number", annotation.maxRetries()))
                .delay(duration("delay", annotation.delay(), annotation.delayUnit()))
                .maxDelay(duration("maxDelay", annotation.maxDelay(), annotation.maxDelayUnit()))
                .jitter(member("jitter", Double::valueOf, "a number", annotation.jitter()))
                .maxDuration(duration("maxDuration", annotation.maxDuration(), annotation.maxDurationUnit()))
                .retryOn(failures("retryOn", annotation.retryOn()))
                .abortOn(failures("abortOn", annotation.abortOn()));
        try {
            return policy.build();
        } catch (IllegalArgumentException e) {
            String origin = used.isEmpty() ? "" : "; configured are " + String.join(", ", used);
            throw new IllegalArgumentException(e.getMessage() + origin, e);
        }
    }

    private Duration duration(String member, long annotated, ChronoUnit annotatedUnit) {
        long amount = member(member, Long::valueOf, "a whole number", annotated);
        ChronoUnit unit = member(
                member + "Unit",
                text -> ChronoUnit.valueOf(text.toUpperCase(Locale.ROOT)),
                "a unit of time such as MILLIS or SECONDS",
                annotatedUnit);
        try {
            return Duration.of(amount, unit);
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(member + " is an exact time, found " + amount + " " + unit, e);
        }
    }

    private Set<Class<? extends Exception>> failures(String member, Class<? extends Exception>[] annotated) {
        return member(
                member,
                this::failures,
                "a list of names of exceptions, with commas in between",
                Set.copyOf(List.of(annotated)));
    }

    private Set<Class<? extends Exception>> failures(String names) {
        return Stream.of(names.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .<Class<? extends Exception>>map(this::failure)
                .collect(Collectors.toUnmodifiableSet());
    }

    private Class<? extends Exception> failure(String name) {
        try {
            return Class.forName(name, false, loader).asSubclass(Exception.class);
        } catch (ClassNotFoundException | LinkageError | ClassCastException e) {
            throw new IllegalArgumentException(name, e);
        }
    }

    private <T> T member(String name, Function<String, T> parser, String expected, T annotated) {
        for (String scope : scopes) {
            Optional<String> text = properties.apply(scope + name);
            if (text.isPresent()) {
                used.add(scope + name);
                return parse(scope + name, text.get().strip(), parser, expected);
            }
        }
        return annotated;
    }

    private static <T> T parse(String property, String text, Function<String, T> parser, String expected) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "The property " + property + " is " + expected + ", found \"" + text + "\"", e);
        }
    }
}
