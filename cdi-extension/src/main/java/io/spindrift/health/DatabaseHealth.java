package io.spindrift.health;

import io.spindrift.DatabaseRegistry;
import io.spindrift.DatabaseStatus;
import io.spindrift.DatabaseStatus.State;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What keeps one database from being healthy, as a sentence for each of the three questions a platform asks.
 *
 * @param status what the database is doing
 * @param maxLag the age of the oldest commit that is not durable from which on the database is not ready
 */
record DatabaseHealth(DatabaseStatus status, Duration maxLag) {

    /** All databases of this server, by name, those included that cannot be opened as configured. */
    static List<DatabaseHealth> all() {
        Stream<DatabaseHealth> open = DatabaseRegistry.all().stream()
                .map(database ->
                        new DatabaseHealth(database.status(), database.config().maxLag()));
        Stream<DatabaseHealth> unusable = DatabaseRegistry.unusable().entrySet().stream()
                .map(entry ->
                        new DatabaseHealth(DatabaseStatus.unusable(entry.getKey(), entry.getValue()), Duration.ZERO));
        return Stream.concat(open, unusable)
                .sorted(Comparator.comparing(health -> health.status().name()))
                .toList();
    }

    /** Why the database is not yet restored, verified and readable. */
    Optional<String> notStarted() {
        return switch (status.state()) {
            case OPEN, READ_ONLY -> Optional.empty();
            case OPENING, FAILED, CLOSED -> Optional.of(stateSentence());
        };
    }

    /** Why the database should not be given work: not writable, or too far ahead of its replica. */
    Optional<String> notReady() {
        if (!status.writable()) {
            return Optional.of(stateSentence());
        }
        if (status.lag().compareTo(maxLag) > 0) {
            String lagging = "The oldest commit of " + status.name() + " that is not durable is " + status.lag()
                    + " old, more than max-lag (" + maxLag + ")";
            return Optional.of(status.problem().map(why -> lagging + ": " + why).orElse(lagging));
        }
        if (status.stalled()) {
            return Optional.of("Commits of " + status.name() + " wait, and nothing has become durable for stall-after"
                    + status.problem().map(why -> ": " + why).orElse(""));
        }
        if (status.limited()) {
            return Optional.of("Writes to " + status.name() + " are held up or refused: its replica is too far behind"
                    + status.problem().map(why -> ": " + why).orElse(""));
        }
        return Optional.empty();
    }

    /** Why only a restart could help: the local disk hangs. A store that is away is no reason. */
    Optional<String> notLive() {
        return status.hung()
                ? Optional.of("A step of " + status.name() + " on the local disk has not returned for stall-after"
                        + status.problem().map(why -> ": " + why).orElse(""))
                : Optional.empty();
    }

    private String stateSentence() {
        State state = status.state();
        return status.problem().orElse("Database " + status.name() + " is " + state);
    }
}
