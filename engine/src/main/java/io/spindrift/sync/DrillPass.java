package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.Position;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.proof.RestoreDrill;
import io.spindrift.proof.RestoreDrill.Expected;
import io.spindrift.replica.Replica;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The restore drills of an open database: every {@code drill-interval} the durable position is restored to a file beside
 * it and compared with what the sidecar says of that position. Thread-safe.
 */
final class DrillPass implements BackgroundPasses.Pass {
    private final DatabaseConfig config;
    private final DatabaseEnvironment environment;
    private final BooleanSupplier shipping;
    private final Consumer<SyncEvent> events;

    private volatile Sidecar sidecar;
    private volatile RestoreDrill drill;

    /**
     * @param shipping whether the database is open and ships; otherwise no drill begins, and one that fails says nothing
     * @param events called with no lock held
     */
    DrillPass(
            DatabaseConfig config,
            DatabaseEnvironment environment,
            BooleanSupplier shipping,
            Consumer<SyncEvent> events) {
        this.config = config;
        this.environment = environment;
        this.shipping = shipping;
        this.events = events;
    }

    /** The database has a replica; removes what a drill left behind that a crash ended. Repeatable. */
    void begin(Replica replica, Sidecar of) throws IOException {
        if (drill == null) {
            sidecar = of;
            drill = new RestoreDrill(
                    replica, environment.executor(), of.folder(), environment.clock(), config.drillInterval());
        }
    }

    /** When the replica was last restored and found to be this database. */
    Optional<Instant> lastVerifiedAt() {
        return Optional.ofNullable(drill).flatMap(RestoreDrill::lastVerifiedAt);
    }

    /** Why the last drill failed, until one succeeds. */
    Optional<String> problem() {
        return Optional.ofNullable(drill).flatMap(RestoreDrill::problem);
    }

    @Override
    public String name() {
        return "The restore drill of database " + config.name();
    }

    @Override
    public Optional<Duration> untilDue() {
        return drill != null && shipping.getAsBoolean() ? drill.untilDue() : Optional.empty();
    }

    @Override
    public void run() throws IOException {
        LocalPosition durable = sidecar.position()
                .orElseThrow(() -> new IOException("the position of the file is not known; look for who removed it"));
        Position position = new Position(durable.txid());
        try {
            RestoreResult result = drill.runOnce(
                    new Expected(position, (long) durable.pages() * durable.pageSize(), durable.checksum()));
            drill.succeeded();
            events.accept(new SyncEvent.DrillSucceeded(
                    config.name(), environment.clock().instant(), position, result.bytes(), result.took()));
        } catch (IOException | SpindriftException e) {
            if (shipping.getAsBoolean()) {
                failed(
                        position,
                        "A restore drill of database " + config.name() + " to position " + position + " failed: "
                                + e.getMessage());
            }
        }
    }

    private void failed(Position position, String problem) throws IOException {
        drill.failed(problem);
        events.accept(
                new SyncEvent.DrillFailed(config.name(), environment.clock().instant(), position, problem));
    }
}
