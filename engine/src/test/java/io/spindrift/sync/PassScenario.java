package io.spindrift.sync;

import io.spindrift.Database;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.compaction.Compaction;
import io.spindrift.compaction.Levels;
import io.spindrift.compaction.LocalSegments;
import io.spindrift.compaction.Retention;
import io.spindrift.compaction.RetentionPlan.Terms;
import io.spindrift.ownership.Claims;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * A process that is going to be killed in a pass over the replica of the database {@code crash}, or in a promotion.
 * Arguments: what to do, the folder, the replica URL, and the position that is promoted.
 */
public final class PassScenario {
    private static final Duration DAY = Duration.ofDays(1);

    /** What is done. */
    enum Pass {
        /** As if nothing had been written for hours: everything is merged that can be. */
        COMPACTION,
        /** With the shortest terms there are: everything goes that merged objects cover. */
        RETENTION,
        /** To {@code promoted.db}. */
        PROMOTION
    }

    private PassScenario() {}

    public static void main(String[] arguments) throws IOException {
        run(
                Pass.valueOf(arguments[0]),
                Path.of(arguments[1]),
                URI.create(arguments[2]),
                new Position(Long.parseLong(arguments[3])));
        System.out.println("done");
    }

    static void run(Pass pass, Path folder, URI url, Position promoted) throws IOException {
        switch (pass) {
            case COMPACTION -> compact(folder, url);
            case RETENTION -> retain(url);
            case PROMOTION ->
                Database.promote(RestoreRequest.builder()
                        .replica(url)
                        .name("crash")
                        .output(output(folder))
                        .position(promoted)
                        .build());
        }
    }

    static Path output(Path folder) {
        return folder.resolve("promoted.db");
    }

    private static void compact(Path folder, URI url) throws IOException {
        try (Replica replica = open(url)) {
            Clock hoursLater = Clock.fixed(Instant.now().plus(Duration.ofHours(2)), ZoneOffset.UTC);
            Path shipped = Sidecar.folder(folder.resolve("data/crash.db")).resolve("shipped");
            new Compaction(replica, levels(replica, hoursLater), new LocalSegments(shipped), 1, DAY)
                    .runOnce(SendGuard.ALWAYS);
        }
    }

    private static void retain(URI url) throws IOException {
        try (Replica replica = open(url)) {
            AtomicInteger readings = new AtomicInteger();
            LongSupplier longAfterTheClaim =
                    () -> readings.getAndIncrement() == 0 ? 0 : Retention.FIRST_PASS_AFTER.toNanos();
            new Retention(
                            replica,
                            levels(replica, Clock.systemUTC()),
                            () -> Claims.of(replica),
                            new Terms(Duration.ZERO, DAY, Duration.ZERO),
                            Clock.systemUTC(),
                            longAfterTheClaim)
                    .runOnce(SendGuard.ALWAYS);
        }
    }

    private static Levels levels(Replica replica, Clock clock) throws IOException {
        Levels levels = new Levels(replica.list(), clock);
        replica.store()
                .get(Manifest.NAME, Manifest.MAX_BYTES)
                .flatMap(Manifest::decode)
                .ifPresent(levels::learn);
        return levels;
    }

    static Replica open(URI url) throws IOException {
        return Replica.open(url, Optional.of("crash"), Optional.empty());
    }
}
