package io.spindrift.cdi;

import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.DatabaseStatus;
import io.spindrift.Durability;
import io.spindrift.Position;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEngine;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The engine of a database that is looked up at each call: an application starts before its database can be used, and
 * goes on when the resource adapter is restarted.
 */
final class RegistryEngine implements SyncEngine {
    private final Optional<String> name;

    private RegistryEngine(Optional<String> name) {
        this.name = name;
    }

    static SyncEngine of(String name) {
        return new RegistryEngine(Optional.of(name));
    }

    static SyncEngine ofTheOnlyDatabase() {
        return new RegistryEngine(Optional.empty());
    }

    @Override
    public String name() {
        return name.orElseGet(() -> database().name());
    }

    @Override
    public DatabaseStatus status() {
        return database().status();
    }

    @Override
    public Position awaitDurable(Durability level, Duration timeout) {
        return database().awaitDurable(level, timeout);
    }

    @Override
    public Position flush() {
        return database().flush();
    }

    @Override
    public Position snapshot() {
        return database().snapshot();
    }

    @Override
    public void startSync() {
        database().startSync();
    }

    @Override
    public void stopSync() {
        database().stopSync();
    }

    private Database database() {
        return name.map(RegistryEngine::named).orElseGet(RegistryEngine::theOnlyOne);
    }

    private static Database named(String name) {
        return DatabaseRegistry.find(name)
                .orElseThrow(() -> new SpindriftException("No database named \"" + name + "\" is open in this server ("
                        + open() + "); list it in the databases property of the spindrift resource adapter,"
                        + " or correct the @Named of the injected SyncEngine"));
    }

    private static Database theOnlyOne() {
        List<Database> all = DatabaseRegistry.all();
        if (all.isEmpty()) {
            throw new SpindriftException("No database is open in this server; list one in the databases property of"
                    + " the spindrift resource adapter");
        }
        if (all.size() > 1) {
            throw new SpindriftException("A SyncEngine was injected without @Named, but several databases are open in"
                    + " this server (" + open() + "); name the one that is meant: @Inject @Named(\"…\") SyncEngine");
        }
        return all.get(0);
    }

    private static String open() {
        String names =
                DatabaseRegistry.all().stream().map(Database::name).sorted().collect(Collectors.joining(", "));
        return names.isEmpty() ? "none is" : "open: " + names;
    }
}
