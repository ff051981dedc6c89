package io.spindrift.telemetry;

import io.spindrift.DatabaseStatus;
import io.spindrift.replica.StoreStatistics.Requests;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * The metrics of a database, each with the attribute {@code spindrift.database}: the list that {@code docs/telemetry.md}
 * explains. Units are UCUM's. A time that has not come yet has no value.
 */
enum DatabaseMetric {
    STATE(
            "spindrift.database.state",
            Kind.GAUGE,
            "1",
            "state",
            "1 for the state that `spindrift.state` names if the database is in it, else 0",
            (status, out) -> {
                for (DatabaseStatus.State state : DatabaseStatus.State.values()) {
                    out.value(state == status.state() ? 1 : 0, Map.of(Attribute.STATE, state.name()));
                }
            }),
    PROBLEM(
            "spindrift.database.problem",
            Kind.GAUGE,
            "1",
            "problem",
            "1 while the status names a problem: a state other than open, or a step that keeps failing",
            flag(s -> s.problem().isPresent())),
    DATABASE_SIZE(
            "spindrift.database.size",
            Kind.GAUGE,
            "By",
            "databaseBytes",
            "The database file",
            count(DatabaseStatus::databaseBytes)),
    WAL_SIZE(
            "spindrift.wal.size",
            Kind.GAUGE,
            "By",
            "walBytes",
            "The write-ahead log file",
            count(DatabaseStatus::walBytes)),
    RESTORED(
            "spindrift.restore.time",
            Kind.GAUGE,
            "s",
            "restoredAt",
            "When the file was restored from the replica, in Unix time, if this start did so",
            time(DatabaseStatus::restoredAt)),
    RUNNING(
            "spindrift.sync.running",
            Kind.GAUGE,
            "1",
            "running",
            "1 while shipping is on and has a replica to ship to",
            flag(DatabaseStatus::running)),
    STALLED(
            "spindrift.sync.stalled",
            Kind.GAUGE,
            "1",
            "stalled",
            "1 while commits wait and nothing has become durable for `stall-after`",
            flag(DatabaseStatus::stalled)),
    HUNG(
            "spindrift.sync.hung",
            Kind.GAUGE,
            "1",
            "hung",
            "1 while a step on the local disk has not returned for `stall-after`: only a restart can help",
            flag(DatabaseStatus::hung)),
    LIMITED(
            "spindrift.gate.limited",
            Kind.GAUGE,
            "1",
            "limited",
            "1 while writers are held up or refused because the replica is too far behind",
            flag(DatabaseStatus::limited)),
    EPOCH(
            "spindrift.sync.epoch",
            Kind.GAUGE,
            "1",
            "epoch",
            "The number of the ownership this process holds, 0 if none",
            count(DatabaseStatus::epoch)),
    COMMITTED(
            "spindrift.sync.committed",
            Kind.GAUGE,
            "1",
            "committed",
            "TXID that holds, or will hold, the latest commit",
            count(s -> s.committed().txid())),
    DURABLE(
            "spindrift.sync.durable",
            Kind.GAUGE,
            "1",
            "durable",
            "Latest TXID that is in the replica",
            count(s -> s.durable().txid())),
    PENDING(
            "spindrift.sync.pending",
            Kind.GAUGE,
            "By",
            "pendingBytes",
            "Write-ahead log and staged segments that are not in the replica yet",
            count(DatabaseStatus::pendingBytes)),
    LAG(
            "spindrift.sync.lag",
            Kind.GAUGE,
            "s",
            "lag",
            "Age of the oldest commit that is not durable, 0 if all are",
            plain(s -> seconds(s.lag()))),
    SEGMENTS(
            "spindrift.sync.segments",
            Kind.COUNTER,
            "{segment}",
            "totalSynced",
            "Segments written to the replica",
            count(DatabaseStatus::totalSynced)),
    ERRORS(
            "spindrift.sync.errors",
            Kind.COUNTER,
            "{error}",
            "syncErrors",
            "Steps of shipping that failed",
            count(DatabaseStatus::syncErrors)),
    LAST_SYNC(
            "spindrift.sync.time",
            Kind.GAUGE,
            "s",
            "lastSyncAt",
            "When the last segment became durable, in Unix time",
            time(DatabaseStatus::lastSyncAt)),
    LAST_SNAPSHOT(
            "spindrift.snapshot.time",
            Kind.GAUGE,
            "s",
            "lastSnapshotAt",
            "When the last snapshot became durable, in Unix time",
            time(DatabaseStatus::lastSnapshotAt)),
    LAST_VERIFIED_RESTORE(
            "spindrift.restore.verified.time",
            Kind.GAUGE,
            "s",
            "lastVerifiedRestoreAt",
            "When a restore of the replica was last proven, in Unix time",
            time(DatabaseStatus::lastVerifiedRestoreAt)),
    UNKNOWN_OUTCOMES(
            "spindrift.durability.unknown",
            Kind.COUNTER,
            "{wait}",
            "unknownOutcomes",
            "Waits for durability that ended without it (`08007`)",
            count(DatabaseStatus::unknownOutcomes)),
    GATE_WAITING(
            "spindrift.gate.waiting",
            Kind.GAUGE,
            "{writer}",
            "gate",
            "Writers that wait for the writer gate now",
            count(s -> s.gate().waiting())),
    GATE_ACQUISITIONS(
            "spindrift.gate.acquisitions",
            Kind.COUNTER,
            "{acquisition}",
            "gate",
            "How often the gate was taken, by writers and by the engine",
            count(s -> s.gate().acquisitions())),
    GATE_WAITS(
            "spindrift.gate.waits",
            Kind.COUNTER,
            "{wait}",
            "gate",
            "How often someone had to wait for it, in vain included",
            count(s -> s.gate().waits())),
    GATE_WAITED(
            "spindrift.gate.wait.time",
            Kind.COUNTER,
            "s",
            "gate",
            "How long they waited, all together",
            plain(s -> seconds(s.gate().waited()))),
    GATE_LONGEST_WAIT(
            "spindrift.gate.wait.longest",
            Kind.GAUGE,
            "s",
            "gate",
            "The longest of these waits",
            plain(s -> seconds(s.gate().longestWait()))),
    GATE_WAITS_WITHIN(
            "spindrift.gate.waits.within",
            Kind.COUNTER,
            "{wait}",
            "gate",
            "How many of these waits took no longer than `spindrift.within` seconds: 0.0001, 0.001, 0.01, 0.1, 1, 10",
            (status, out) -> status.gate()
                    .waitsWithin()
                    .forEach((bound, waits) -> out.value(
                            waits,
                            Map.of(
                                    Attribute.WITHIN,
                                    BigDecimal.valueOf(bound.toNanos(), 9)
                                            .stripTrailingZeros()
                                            .toPlainString())))),
    GATE_OVERTAKINGS(
            "spindrift.gate.overtakings",
            Kind.COUNTER,
            "{overtaking}",
            "gate",
            "How often a writer that came while the gate was free went before those who waited",
            count(s -> s.gate().overtakings())),
    GATE_HELD(
            "spindrift.gate.hold.time",
            Kind.COUNTER,
            "s",
            "gate",
            "How long the gate was held, all together, without the present holder's time",
            plain(s -> seconds(s.gate().held()))),
    GATE_HOLD(
            "spindrift.gate.hold",
            Kind.GAUGE,
            "s",
            "gate",
            "How long the present holder has had the gate, 0 if it is free",
            plain(s -> s.gate().holder().map(holder -> seconds(holder.since())).orElse(0.0))),
    GATE_LONGEST_HOLD(
            "spindrift.gate.hold.longest",
            Kind.GAUGE,
            "s",
            "gate",
            "The longest time in one hand, the present holder's included",
            plain(s -> seconds(s.gate().longestHold()))),
    STORE_REQUESTS(
            "spindrift.store.requests",
            Kind.COUNTER,
            "{request}",
            "requests",
            "Requests sent to the store, repeated ones included, by `spindrift.operation`: what a provider bills",
            perOperation(Requests::sent)),
    STORE_REPEATS(
            "spindrift.store.repeats",
            Kind.COUNTER,
            "{request}",
            "requests",
            "Requests among them that repeated one, by `spindrift.operation`",
            perOperation(Requests::repeated)),
    STORE_FAILURES(
            "spindrift.store.failures",
            Kind.COUNTER,
            "{request}",
            "requests",
            "Requests that were given up or refused, by `spindrift.operation`",
            perOperation(Requests::failed)),
    STORE_SENT(
            "spindrift.store.sent",
            Kind.COUNTER,
            "By",
            "requests",
            "Bytes of objects that were stored, by `spindrift.operation`",
            perOperation(Requests::bytesUp)),
    STORE_RECEIVED(
            "spindrift.store.received",
            Kind.COUNTER,
            "By",
            "requests",
            "Bytes of objects that arrived, by `spindrift.operation`",
            perOperation(Requests::bytesDown));

    /** How a value behaves: it goes up and down, or it is a sum that only grows. */
    enum Kind {
        GAUGE,
        COUNTER
    }

    /** Takes a metric's values. */
    interface Values {
        /** @param attributes beside the database's name */
        void value(double value, Map<String, String> attributes);
    }

    /** Finds a metric's values in a status. */
    interface Reader {
        void read(DatabaseStatus status, Values out);
    }

    private final String key;
    private final Kind kind;
    private final String unit;
    private final String statusField;
    private final String meaning;
    private final Reader reader;

    DatabaseMetric(String key, Kind kind, String unit, String statusField, String meaning, Reader reader) {
        this.key = key;
        this.kind = kind;
        this.unit = unit;
        this.statusField = statusField;
        this.meaning = meaning;
        this.reader = reader;
    }

    /** Its name to the outside. */
    String key() {
        return key;
    }

    Kind kind() {
        return kind;
    }

    String unit() {
        return unit;
    }

    /** The component of {@link DatabaseStatus} it shows. */
    String statusField() {
        return statusField;
    }

    /** What it says, in Markdown. */
    String meaning() {
        return meaning;
    }

    void read(DatabaseStatus status, Values out) {
        reader.read(status, out);
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static Reader plain(ToDoubleFunction<DatabaseStatus> value) {
        return (status, out) -> out.value(value.applyAsDouble(status), Map.of());
    }

    private static Reader count(ToLongFunction<DatabaseStatus> value) {
        return plain(value::applyAsLong);
    }

    private static Reader flag(Predicate<DatabaseStatus> holds) {
        return plain(status -> holds.test(status) ? 1 : 0);
    }

    private static Reader time(Function<DatabaseStatus, Optional<Instant>> moment) {
        return (status, out) -> moment.apply(status).ifPresent(time -> out.value(time.toEpochMilli() / 1e3, Map.of()));
    }

    private static Reader perOperation(ToLongFunction<Requests> count) {
        return (status, out) -> status.requests()
                .forEach((operation, requests) ->
                        out.value(count.applyAsLong(requests), Map.of(Attribute.OPERATION, operation.name())));
    }

    /** The names of attributes. */
    static final class Attribute {
        static final String DATABASE = "spindrift.database";
        static final String STATE = "spindrift.state";
        static final String OPERATION = "spindrift.operation";
        static final String METHOD = "spindrift.method";
        static final String WITHIN = "spindrift.within";

        private Attribute() {}
    }
}
