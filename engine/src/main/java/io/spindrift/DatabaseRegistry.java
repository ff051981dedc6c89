package io.spindrift;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Which databases this process has open, by name. The product's only static state; it holds databases and nothing of
 * any application.
 */
public final class DatabaseRegistry {
    private static final ConcurrentMap<String, Database> OPEN = new ConcurrentHashMap<>();
    private static final ConcurrentMap<String, String> UNUSABLE = new ConcurrentHashMap<>();

    private DatabaseRegistry() {}

    /** The open database of that name. */
    public static Optional<Database> find(String name) {
        return Optional.ofNullable(OPEN.get(name));
    }

    /** All open databases, in no particular order. */
    public static List<Database> all() {
        return List.copyOf(OPEN.values());
    }

    /**
     * Databases that were asked for but whose configuration cannot be honoured, with the sentence that says why: for
     * health checks, which would not see them otherwise.
     */
    public static Map<String, String> unusable() {
        return Map.copyOf(UNUSABLE);
    }

    /** Reports a database that cannot even be tried to open. */
    public static void reportUnusable(String name, String problem) {
        UNUSABLE.put(name, problem);
    }

    /** Forgets such a report: whoever made it has stopped. */
    public static void withdrawUnusable(String name) {
        UNUSABLE.remove(name);
    }

    /** Adds a database under its name, unless the name is taken: then the one that has it is returned. */
    static Database addIfAbsent(Database database) {
        Database present = OPEN.putIfAbsent(database.name(), database);
        return present == null ? database : present;
    }

    static void remove(Database database) {
        OPEN.remove(database.name(), database);
    }
}
