package io.spindrift.inserver;

import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.enterprise.inject.spi.InjectionTarget;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;

/** Gives a test the beans of the application it runs in. */
public final class CdiInjection implements TestInstancePostProcessor {
    @Override
    public void postProcessTestInstance(Object test, ExtensionContext context) {
        inject(test);
    }

    @SuppressWarnings("unchecked")
    private static <T> void inject(T test) {
        BeanManager beans = CDI.current().getBeanManager();
        Class<T> type = (Class<T>) test.getClass();
        InjectionTarget<T> target =
                beans.getInjectionTargetFactory(beans.createAnnotatedType(type)).createInjectionTarget(null);
        target.inject(test, beans.createCreationalContext(null));
    }
}
