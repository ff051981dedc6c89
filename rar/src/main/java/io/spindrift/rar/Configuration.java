package io.spindrift.rar;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The server's configuration as it is now. It is read once: while a server stops, some of it is gone.
 *
 * @param names every property name that exists
 * @param lookup the value of a property, or null
 */
record Configuration(Set<String> names, Function<String, String> lookup) {

    /** MicroProfile Config where the server has it, else the system properties and the environment. */
    static Configuration read() {
        try {
            return MicroProfileConfiguration.read();
        } catch (LinkageError | IllegalStateException absent) {
            // The feature is off (no classes), or there is an API without an implementation.
            return of(System.getProperties(), System.getenv());
        }
    }

    /** System properties first, then environment variables by MicroProfile Config's rules for their names. */
    static Configuration of(Map<?, ?> properties, Map<String, String> environment) {
        Set<String> names = new TreeSet<>();
        properties.keySet().forEach(name -> names.add(name.toString()));
        return new Configuration(names, name -> {
            Object property = properties.get(name);
            return property != null ? property.toString() : variable(name, environment);
        });
    }

    /**
     * The names that a configuration made up from environment variables: from SPINDRIFT_LEDGER_SYNC_INTERVAL it cannot
     * know whether sync-interval or sync.interval was meant, lists the latter, and finds the value under either.
     */
    static Set<String> guessedFrom(Set<String> variables, Set<String> names) {
        return names.stream()
                .filter(name -> variables.contains(plain(name).toUpperCase(Locale.ROOT)))
                .collect(Collectors.toSet());
    }

    private static String variable(String name, Map<String, String> environment) {
        String plain = plain(name);
        for (String variable : new String[] {name, plain, plain.toUpperCase(Locale.ROOT)}) {
            String value = environment.get(variable);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    private static String plain(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "_");
    }
}
