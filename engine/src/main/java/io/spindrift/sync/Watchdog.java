package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import io.spindrift.SyncEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Notices that commits advance while the durable position does not, and that writes are limited, and says so once each
 * time. {@link #look} is called by one thread at a time, the rest by any.
 */
final class Watchdog {
    private static final Duration NOTHING_TO_WATCH = Duration.ofMinutes(1);

    private final DatabaseConfig config;
    private final Clock clock;
    private final ShippingProgress progress;
    private final WriteLimit writeLimit;
    private final BooleanSupplier paused;
    private final Supplier<Optional<String>> problem;
    private final Consumer<SyncEvent> events;
    private boolean stallReported;
    private boolean limitReported;

    Watchdog(
            DatabaseConfig config,
            Clock clock,
            ShippingProgress progress,
            WriteLimit writeLimit,
            BooleanSupplier paused,
            Supplier<Optional<String>> problem,
            Consumer<SyncEvent> events) {
        this.config = config;
        this.clock = clock;
        this.progress = progress;
        this.writeLimit = writeLimit;
        this.paused = paused;
        this.problem = problem;
        this.events = events;
    }

    void look() {
        boolean stalled = stalled();
        if (stalled && !stallReported) {
            events.accept(new SyncEvent.SyncStalled(
                    config.name(),
                    clock.instant(),
                    new Position(progress.durableTxid()),
                    progress.lag(),
                    problem.get().orElse("No request has failed; one that is under way has not returned")));
        }
        stallReported = stalled;
        Optional<String> limit = writeLimit.exceeded();
        if (limit.isPresent() && !limitReported) {
            events.accept(new SyncEvent.WritesLimited(config.name(), clock.instant(), limit.get()));
        } else if (limit.isEmpty() && limitReported) {
            events.accept(new SyncEvent.WritesResumed(config.name(), clock.instant()));
        }
        limitReported = limit.isPresent();
    }

    boolean stalled() {
        return config.replica().isPresent() && !paused.getAsBoolean() && progress.stalledFor(config.stallAfter());
    }

    /** How long until there may be something new to say. */
    Duration untilDue() {
        if (config.replica().isEmpty() || progress.lag().isZero()) {
            return NOTHING_TO_WATCH;
        }
        Duration untilLimit = writeLimit.untilLagExceeded();
        return stallReported || untilLimit.compareTo(config.stallAfter()) < 0 ? untilLimit : config.stallAfter();
    }
}
