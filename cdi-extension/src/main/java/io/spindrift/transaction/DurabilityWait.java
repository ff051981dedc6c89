package io.spindrift.transaction;

import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import io.spindrift.Position;
import io.spindrift.SpindriftException;
import java.sql.SQLNonTransientConnectionException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Waits until what databases of this process have committed is as durable as is asked for: what {@link Durable} does
 * around a method, for code without CDI. May be used by any number of threads, any number of times.
 *
 * @param level how durable
 * @param database the database; if empty, every one that is open, and for {@link Durability#REPLICA} has a replica
 * @param timeout how long to wait at most, for all of them together; if empty, each one's {@code durability-timeout}
 */
public record DurabilityWait(Durability level, Optional<String> database, Optional<Duration> timeout) {

    public DurabilityWait {
        timeout.filter(time -> time.isZero() || time.isNegative()).ifPresent(time -> {
            throw new IllegalArgumentException("timeout is longer than zero, found " + time);
        });
    }

    /**
     * Reads what annotations have as members.
     *
     * @param database empty for all
     * @param timeout 0 for the databases' own
     * @throws IllegalArgumentException if one is out of range; the sentence names it
     */
    public static DurabilityWait of(Durability level, String database, long timeout, ChronoUnit unit) {
        try {
            return new DurabilityWait(
                    level,
                    database.isEmpty() ? Optional.empty() : Optional.of(database),
                    timeout == 0 ? Optional.empty() : Optional.of(Duration.of(timeout, unit)));
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException("timeout is an exact time, found " + timeout + " " + unit, e);
        }
    }

    static DurabilityWait of(Durable annotation) {
        return of(annotation.value(), annotation.database(), annotation.timeout(), annotation.timeoutUnit());
    }

    /**
     * Notes, before anything is committed, which databases there are: one that is closed later has not gone away, it has
     * become a reason to doubt.
     *
     * @throws SpindriftException if the database is not open, or can never be as durable
     */
    public Begun begin() {
        if (database.isEmpty()) {
            return new Begun(DatabaseRegistry.all());
        }
        Database named = DatabaseRegistry.find(database.get())
                .orElseThrow(() -> new SpindriftException("No database named \"" + database.get() + "\" is open in this"
                        + " server; correct the name, or list it in the databases property of the spindrift resource"
                        + " adapter"));
        if (!canBe(named)) {
            throw new SpindriftException("Database " + database.get() + " has no replica to be durable in; set its"
                    + " replica-url, or ask for LOCAL");
        }
        return new Begun(List.of(named));
    }

    private boolean canBe(Database each) {
        return level != Durability.REPLICA || each.config().replica().isPresent();
    }

    /** A wait that knows its databases. */
    public final class Begun {
        private final List<Database> known;

        private Begun(List<Database> known) {
            this.known = known;
        }

        /**
         * Waits for everything that was committed before the call, by whomever.
         *
         * @return for each database a durable position that holds it
         * @throws DurabilityUnknownException if that is not so in time, or cannot become so; its cause is an
         *     SQLException of SQLSTATE 08007
         */
        public SortedMap<String, Position> await() {
            long start = System.nanoTime();
            SortedMap<String, Position> positions = new TreeMap<>();
            for (Database each : databases()) {
                Duration limit = timeout.orElse(each.config().durabilityTimeout());
                // In whole milliseconds, so that the first is given the very limit its sentence will name.
                Duration left = limit.minusMillis(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
                await(each, left.isNegative() ? Duration.ZERO : left)
                        .ifPresent(position -> positions.put(each.name(), position));
            }
            return Collections.unmodifiableSortedMap(positions);
        }

        /** Those that were opened since included. */
        private List<Database> databases() {
            Set<Database> all = new LinkedHashSet<>(known);
            if (database.isEmpty()) {
                all.addAll(DatabaseRegistry.all());
            }
            return all.stream().filter(DurabilityWait.this::canBe).toList();
        }

        private Optional<Position> await(Database each, Duration left) {
            try {
                return Optional.of(each.awaitDurable(level, left));
            } catch (SpindriftException e) {
                if (database.isEmpty() && wasNeverOpen(each)) {
                    return Optional.empty();
                }
                // Also what is no matter of time, such as a lost ownership: commits were made and may not last.
                throw new DurabilityUnknownException(
                        e.getMessage(),
                        new SQLNonTransientConnectionException(
                                e.getMessage(), DurabilityUnknownException.SQL_STATE, e));
            }
        }

        /** Nothing was read from such a database, nor committed to it. */
        private static boolean wasNeverOpen(Database each) {
            State state = each.status().state();
            return state == State.OPENING || state == State.FAILED;
        }
    }
}
