package io.spindrift.cdi;

import io.spindrift.SyncEngine;
import io.spindrift.SyncEvent;
import io.spindrift.transaction.Durable;
import io.spindrift.transaction.RetryOnConflict;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Default;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.literal.NamedLiteral;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.DefinitionException;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.enterprise.inject.spi.InjectionPoint;
import jakarta.enterprise.inject.spi.ProcessAnnotatedType;
import jakarta.enterprise.inject.spi.ProcessInjectionPoint;
import jakarta.enterprise.inject.spi.ProcessObserverMethod;
import jakarta.enterprise.inject.spi.WithAnnotations;
import jakarta.enterprise.inject.spi.configurator.BeanConfigurator;
import jakarta.inject.Named;
import jakarta.inject.Provider;
import jakarta.interceptor.Interceptor;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes {@code @Inject SyncEngine} and {@code @Observes SyncEvent} work, and reports every {@link RetryOnConflict} and
 * {@link Durable} that cannot.
 *
 * <p>Each observer serves one phase of the container's start. Mistakes are collected and reported together, once, after
 * validation. No database is looked for: an application deploys whether or not its databases can be used.
 */
public class SpindriftExtension implements Extension {
    private final Set<String> injectedNames = new TreeSet<>();
    private final List<String> mistakes = new ArrayList<>();
    private boolean syncEventsObserved;

    void checkInterceptors(
            @Observes @WithAnnotations({RetryOnConflict.class, Durable.class}) ProcessAnnotatedType<?> event) {
        mistakes.addAll(InterceptorMistakes.in(event.getAnnotatedType()));
    }

    void collectNames(@Observes ProcessInjectionPoint<?, ?> event) {
        InjectionPoint point = event.getInjectionPoint();
        if (asksForEngine(point.getType())) {
            point.getQualifiers().stream()
                    .filter(Named.class::isInstance)
                    .map(qualifier -> name((Named) qualifier, point))
                    .forEach(injectedNames::add);
        }
    }

    void findObservers(@Observes ProcessObserverMethod<?, ?> event) {
        Type observed = event.getObserverMethod().getObservedType();
        syncEventsObserved |= observed instanceof Class<?> type && SyncEvent.class.isAssignableFrom(type);
    }

    void addEngines(@Observes AfterBeanDiscovery event) {
        // A bean with no qualifier but @Named is @Default as well, so this one has to win against all of those.
        engine(event)
                .id(SyncEngine.class.getName())
                .addQualifier(Default.Literal.INSTANCE)
                .alternative(true)
                .priority(Interceptor.Priority.LIBRARY_BEFORE)
                .createWith(context -> RegistryEngine.ofTheOnlyDatabase());
        for (String name : injectedNames) {
            engine(event)
                    .id(SyncEngine.class.getName() + " " + name)
                    .addQualifier(NamedLiteral.of(name))
                    .createWith(context -> RegistryEngine.of(name));
        }
    }

    void report(@Observes AfterDeploymentValidation event) {
        if (!mistakes.isEmpty()) {
            event.addDeploymentProblem(new DefinitionException(String.join(System.lineSeparator(), mistakes)));
        }
    }

    /** The databases that injection points name. */
    Set<String> injectedNames() {
        return Set.copyOf(injectedNames);
    }

    /** Whether the application has a method that observes {@link SyncEvent} or one of its kinds. */
    boolean syncEventsObserved() {
        return syncEventsObserved;
    }

    private static BeanConfigurator<SyncEngine> engine(AfterBeanDiscovery event) {
        return event.<SyncEngine>addBean()
                .beanClass(RegistryEngine.class)
                .types(SyncEngine.class, Object.class)
                .qualifiers(Any.Literal.INSTANCE)
                .scope(ApplicationScoped.class);
    }

    private static String name(Named qualifier, InjectionPoint point) {
        boolean fieldsOwn = qualifier.value().isEmpty() && point.getMember() instanceof Field;
        return fieldsOwn ? point.getMember().getName() : qualifier.value();
    }

    private static boolean asksForEngine(Type type) {
        if (type instanceof ParameterizedType wrapper
                && (wrapper.getRawType() == Instance.class || wrapper.getRawType() == Provider.class)) {
            return wrapper.getActualTypeArguments()[0] == SyncEngine.class;
        }
        return type == SyncEngine.class;
    }
}
