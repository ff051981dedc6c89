package io.spindrift.rar;

import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Apart from {@link Configuration} so that a server without MicroProfile Config can load that. */
final class MicroProfileConfiguration {
    private MicroProfileConfiguration() {}

    static Configuration read() {
        Config config = ConfigProvider.getConfig();
        Set<String> names = new TreeSet<>();
        config.getPropertyNames().forEach(names::add);
        names.removeAll(Configuration.guessedFrom(System.getenv().keySet(), names));
        return new Configuration(
                names, name -> config.getOptionalValue(name, String.class).orElse(null));
    }
}
