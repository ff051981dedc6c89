package io.spindrift.ledger.launcher;

import java.nio.file.Path;

/**
 * What a ledger server is made of. Nothing of it is written to, so many servers can share it.
 *
 * @param liberty the unpacked Open Liberty, the folder {@code wlp}
 * @param configuration the folder with {@code server.xml} and what belongs to it
 * @param adapter the resource adapter, {@code spindrift.rar}
 * @param application the enterprise archive, {@code ledger.ear}
 */
public record Installation(Path liberty, Path configuration, Path adapter, Path application) {
    /** Reads the system properties {@code ledger.liberty}, {@code .configuration}, {@code .adapter}, {@code .application}. */
    public static Installation fromSystemProperties() {
        return new Installation(
                path("ledger.liberty"),
                path("ledger.configuration"),
                path("ledger.adapter"),
                path("ledger.application"));
    }

    private static Path path(String property) {
        String value = System.getProperty(property);
        if (value == null) {
            throw new IllegalStateException("The system property " + property + " is missing; run this with Maven");
        }
        return Path.of(value).toAbsolutePath().normalize();
    }
}
