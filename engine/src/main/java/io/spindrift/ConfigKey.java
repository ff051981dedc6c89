package io.spindrift;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Every option of a database: its name, how its value is written, its default, and one line about it.
 *
 * <p>The same names are used everywhere: {@code spindrift.<database>.<key>} and {@code spindrift.<key>} in MicroProfile
 * Config, system properties and the environment, and in camel case on {@link DatabaseConfig.Builder}.
 */
public enum ConfigKey {
    PATH("path", Kind.TEXT, null, "The database file; its folder must exist or be creatable"),
    REPLICA_URL(
            "replica-url",
            Kind.TEXT,
            null,
            "Where commits are shipped: s3://bucket/prefix?region=…&endpoint=…&path-style=true or file:///folder;"
                    + " without it the database is local only"),
    ENCRYPTION_KEYSET(
            "encryption-keyset",
            Kind.TEXT,
            null,
            "The file with the keys that encrypt the replica, readable by its owner only; without it the replica is"
                    + " plain"),
    SYNC_INTERVAL("sync-interval", Kind.DURATION, "1s", "A group of commits is shipped this long after its first one"),
    COMMIT_WINDOW(
            "commit-window",
            Kind.DURATION,
            "5ms",
            "While someone waits for durability, a group closes this long after the previous one was stored"),
    DURABILITY(
            "durability",
            Kind.CHOICE,
            "async",
            "What a commit waits for: async for nothing, local for the local disk, replica for the replica",
            "async",
            "local",
            "replica"),
    DURABILITY_TIMEOUT(
            "durability-timeout",
            Kind.DURATION,
            "30s",
            "How long a commit or a flush waits to become durable before it reports that this is unknown (08007)"),
    SEGMENT_MAX_BYTES("segment-max-bytes", Kind.SIZE, "64MiB", "A group is shipped at once when it has this much log"),
    MAX_STAGED_BYTES(
            "max-staged-bytes",
            Kind.SIZE,
            "1GiB",
            "How much may wait on the local disk to be shipped before on-limit applies"),
    WAL_MAX_BYTES(
            "wal-max-bytes",
            Kind.SIZE,
            "256MiB",
            "The write-ahead log the engine aims to stay under; checkpoints start at a sixteenth of it"),
    MAX_READ_AGE(
            "max-read-age",
            Kind.DURATION,
            "5m",
            "How long a read may keep the write-ahead log from shrinking once that is past wal-max-bytes"),
    MAX_LAG(
            "max-lag",
            Kind.DURATION,
            "30s",
            "Readiness is DOWN and on-limit applies while the oldest commit that is not durable is older"),
    ON_LIMIT(
            "on-limit",
            Kind.CHOICE,
            "block",
            "What happens to writers past max-staged-bytes or max-lag: block holds them up, fail refuses them, continue"
                    + " gives up the history in between and ships all pages when the store is back",
            "block",
            "fail",
            "continue"),
    STALL_AFTER(
            "stall-after",
            Kind.DURATION,
            "60s",
            "Readiness is DOWN when commits wait and nothing has become durable for this long"),
    RESTORE(
            "restore",
            Kind.CHOICE,
            "if-missing",
            "What to do at start: if-missing restores a missing file, never refuses to, replace sets a local file that"
                    + " is not the replica's aside and restores, adopt-local ships it as the new present",
            "if-missing",
            "never",
            "replace",
            "adopt-local"),
    SNAPSHOT_MIN_BYTES(
            "snapshot-min-bytes",
            Kind.SIZE,
            "4MiB",
            "A snapshot is due when the log since the last one exceeds the database size, but at least this much"),
    EXACT_RETENTION(
            "exact-retention",
            Kind.DURATION,
            "24h",
            "How long every group stays restorable by itself; at least 10 minutes, for ownership relies on it"),
    RETENTION(
            "retention",
            Kind.DURATION,
            "7d",
            "How long earlier positions stay restorable, after exact-retention to the hour; at least exact-retention"),
    DELETE_GRACE(
            "delete-grace",
            Kind.DURATION,
            "1h",
            "How long an object is kept after it is no longer needed, for restores that have begun; at least 1m"),
    DRILL_INTERVAL(
            "drill-interval",
            Kind.DURATION,
            "7d",
            "How often the replica is restored to a file beside the database, compared with it and thrown away; 0s for"
                    + " never"),
    LEASE_TTL(
            "lease-ttl",
            Kind.DURATION,
            "15s",
            "After how long without a renewal of its lease an owner is followed by a process that waits, at least 1s"),
    TIME_TRAVEL_MAX_BYTES(
            "time-travel-max-bytes",
            Kind.SIZE,
            "4GiB",
            "How much disk the copies that show the past take at most, beside the database"),
    TRANSACTION_MODE(
            "transaction-mode",
            Kind.CHOICE,
            "optimistic",
            "optimistic takes the writer gate at a transaction's first write, immediate at its first statement",
            "optimistic",
            "immediate"),
    CONFLICT_DETECTION(
            "conflict-detection",
            Kind.CHOICE,
            "values",
            "What happens when another transaction committed between an optimistic one's first read and its first write:"
                    + " values reads again and reports a conflict (40001) only if something is different, snapshot"
                    + " always reports one",
            "values",
            "snapshot"),
    VALIDATION_MAX(
            "validation-max",
            Kind.DURATION,
            "100ms",
            "How long conflict-detection=values may read again while it holds the writer gate; past it there is a conflict"),
    GATE_TIMEOUT("gate-timeout", Kind.DURATION, "10s", "How long a write waits for the writer before it (HYT00)"),
    BUSY_TIMEOUT("busy-timeout", Kind.DURATION, "5s", "How long SQLite waits for a lock of a foreign process"),
    CACHE_SIZE("cache-size", Kind.SIZE, "64MiB", "Page cache of all connections of the database together"),
    NODE_ID("node-id", Kind.TEXT, null, "Who owns the lease, in words; by default the host name and the path");

    /** How a value is written. */
    public enum Kind {
        /** Any text. */
        TEXT,
        /** {@code 250ms}, {@code 1s}, {@code 5m}, {@code 24h}, {@code 7d}, or ISO-8601 such as {@code PT1M}. */
        DURATION,
        /** Bytes, or a number with {@code KiB}, {@code MiB} or {@code GiB}. */
        SIZE,
        /** One of a list of words. */
        CHOICE
    }

    private final String key;
    private final Kind kind;
    private final String defaultValue;
    private final String description;
    private final String[] choices;

    ConfigKey(String key, Kind kind, String defaultValue, String description, String... choices) {
        this.key = key;
        this.kind = kind;
        this.defaultValue = defaultValue;
        this.description = description;
        this.choices = choices;
    }

    /** The key of that name, if there is one. */
    public static Optional<ConfigKey> of(String key) {
        return Arrays.stream(values()).filter(k -> k.key.equals(key)).findFirst();
    }

    /** The name, in lower case with hyphens. */
    public String key() {
        return key;
    }

    public Kind kind() {
        return kind;
    }

    /** The default as it would be written, empty if there is none. */
    public Optional<String> defaultValue() {
        return Optional.ofNullable(defaultValue);
    }

    /** One line for the reference page. */
    public String description() {
        return description;
    }

    /** The words a {@link Kind#CHOICE} accepts. */
    public String[] choices() {
        return choices.clone();
    }

    /** The same name as an environment variable writes it after {@code SPINDRIFT_}. */
    public String environmentName() {
        return key.replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
