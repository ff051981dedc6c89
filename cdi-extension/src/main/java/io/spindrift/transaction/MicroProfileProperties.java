package io.spindrift.transaction;

import java.util.Optional;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Apart from {@link RetryConfiguration} so that a server without MicroProfile Config can load that. */
final class MicroProfileProperties {
    private MicroProfileProperties() {}

    /** @param loader that of the class whose properties they are: each module of an application may have its own */
    static Function<String, Optional<String>> of(ClassLoader loader) {
        Config config = ConfigProvider.getConfig(loader);
        return name -> config.getOptionalValue(name, String.class);
    }
}
