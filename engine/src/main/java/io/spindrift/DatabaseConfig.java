package io.spindrift;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes one database: where its file is, where it is replicated to, and its limits. Immutable; every value has been
 * checked.
 */
public final class DatabaseConfig {
    /** What to do at start when the local file and the replica differ; see {@code docs/durability.md}. */
    public enum RestorePolicy {
        /** Restore a missing file; refuse a local file that is not the replica's. */
        IF_MISSING,
        /** Never restore: refuse to start when the file is missing and the replica has data. */
        NEVER,
        /** Set a local file that is not the replica's aside and restore. */
        REPLACE,
        /** Ship a local file that is not the replica's as the new present. */
        ADOPT_LOCAL
    }

    /** What happens to writers while the replica is too far behind. */
    public enum OnLimit {
        /** They wait for it, at most {@code gate-timeout}. */
        BLOCK,
        /** They are refused at once. */
        FAIL,
        /** They go on; the history in between is given up, and all pages are shipped when the store is back. */
        CONTINUE
    }

    /** When a transaction takes the writer gate. */
    public enum TransactionMode {
        /** At its first write; reads before it see a snapshot, and {@link ConflictDetection} protects them. */
        OPTIMISTIC,
        /** At its first statement. */
        IMMEDIATE
    }

    /** What a transaction does at its first write when another one has committed since its first read. */
    public enum ConflictDetection {
        /** It reads again what it got, and conflicts (40001) only if something of that is different. */
        VALUES,
        /** It conflicts. */
        SNAPSHOT
    }

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final Duration SHORTEST_EXACT_RETENTION = Duration.ofMinutes(10);
    private static final Duration SHORTEST_DELETE_GRACE = Duration.ofMinutes(1);
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(1);

    private final String name;
    private final Map<ConfigKey, String> values;
    /** What was read once, for limits are asked for at every write. */
    private final Map<ConfigKey, Object> parsed = new EnumMap<>(ConfigKey.class);

    private DatabaseConfig(String name, Map<ConfigKey, String> values) {
        this.name = name;
        this.values = values;
        check();
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads a database's options from named values.
     *
     * @param name the database's name
     * @param propertyNames every property name that exists, to find misspelt ones; names that do not begin with
     *     {@code spindrift.} are ignored
     * @param lookup the value of a property, or null
     * @param databases the names of all databases of this process, whose keys are not this database's concern
     * @throws SpindriftException if a name is unknown, a value cannot be read, or what was asked for cannot be honoured
     */
    public static DatabaseConfig read(
            String name, Set<String> propertyNames, Function<String, String> lookup, Set<String> databases) {
        requireName(name);
        rejectUnknown(name, propertyNames, databases);
        Builder builder = builder().name(name);
        for (ConfigKey key : ConfigKey.values()) {
            String value = lookup.apply("spindrift." + name + "." + key.key());
            if (value == null) {
                value = lookup.apply("spindrift." + key.key());
            }
            if (value != null && !value.isBlank()) {
                builder.set(key, value.strip());
            }
        }
        return builder.build();
    }

    private static void rejectUnknown(String name, Set<String> propertyNames, Set<String> databases) {
        Set<String> unknown = new TreeSet<>();
        for (String property : propertyNames) {
            if (!property.startsWith("spindrift.")) {
                continue;
            }
            String rest = property.substring("spindrift.".length());
            int dot = rest.indexOf('.');
            String owner = dot < 0 ? name : rest.substring(0, dot);
            String key = rest.substring(dot + 1);
            if (owner.equals(name) && ConfigKey.of(key).isEmpty()) {
                unknown.add(property);
            } else if (!databases.contains(owner) && !owner.equals(name)) {
                unknown.add(property);
            }
        }
        if (!unknown.isEmpty()) {
            throw new SpindriftException("Unknown configuration " + String.join(", ", unknown) + " for database " + name
                    + ": the keys are " + String.join(", ", keyNames()) + "; correct or remove it");
        }
    }

    private static List<String> keyNames() {
        return Arrays.stream(ConfigKey.values()).map(ConfigKey::key).toList();
    }

    /** The database's name, as it appears in configuration, in the replica's layout and in {@code @Named}. */
    public String name() {
        return name;
    }

    /** The database file, absolute and normalised. */
    public Path path() {
        return (Path) parsed.get(ConfigKey.PATH);
    }

    /** Where commits are shipped, if anywhere. */
    public Optional<URI> replica() {
        return Optional.ofNullable((URI) parsed.get(ConfigKey.REPLICA_URL));
    }

    /** The file with the keys of the replica, if it is encrypted. */
    public Optional<Path> encryptionKeyset() {
        return Optional.ofNullable((Path) parsed.get(ConfigKey.ENCRYPTION_KEYSET));
    }

    public Duration syncInterval() {
        return duration(ConfigKey.SYNC_INTERVAL);
    }

    public Duration commitWindow() {
        return duration(ConfigKey.COMMIT_WINDOW);
    }

    public Durability durability() {
        return choice(ConfigKey.DURABILITY, Durability.class);
    }

    public Duration durabilityTimeout() {
        return duration(ConfigKey.DURABILITY_TIMEOUT);
    }

    public long segmentMaxBytes() {
        return size(ConfigKey.SEGMENT_MAX_BYTES);
    }

    public long walMaxBytes() {
        return size(ConfigKey.WAL_MAX_BYTES);
    }

    /** From which size of the write-ahead log on it is checkpointed: a sixteenth of {@link #walMaxBytes()}. */
    public long checkpointBytes() {
        return walMaxBytes() / 16;
    }

    public long maxStagedBytes() {
        return size(ConfigKey.MAX_STAGED_BYTES);
    }

    public Duration maxReadAge() {
        return duration(ConfigKey.MAX_READ_AGE);
    }

    public OnLimit onLimit() {
        return choice(ConfigKey.ON_LIMIT, OnLimit.class);
    }

    public Duration maxLag() {
        return duration(ConfigKey.MAX_LAG);
    }

    public Duration stallAfter() {
        return duration(ConfigKey.STALL_AFTER);
    }

    public RestorePolicy restore() {
        return choice(ConfigKey.RESTORE, RestorePolicy.class);
    }

    public long timeTravelMaxBytes() {
        return size(ConfigKey.TIME_TRAVEL_MAX_BYTES);
    }

    public long snapshotMinBytes() {
        return size(ConfigKey.SNAPSHOT_MIN_BYTES);
    }

    public Duration exactRetention() {
        return duration(ConfigKey.EXACT_RETENTION);
    }

    public Duration retention() {
        return duration(ConfigKey.RETENTION);
    }

    public Duration deleteGrace() {
        return duration(ConfigKey.DELETE_GRACE);
    }

    /** How often a restore is tried; zero for never. */
    public Duration drillInterval() {
        return duration(ConfigKey.DRILL_INTERVAL);
    }

    public Duration leaseTtl() {
        return duration(ConfigKey.LEASE_TTL);
    }

    public TransactionMode transactionMode() {
        return choice(ConfigKey.TRANSACTION_MODE, TransactionMode.class);
    }

    public ConflictDetection conflictDetection() {
        return choice(ConfigKey.CONFLICT_DETECTION, ConflictDetection.class);
    }

    public Duration validationMax() {
        return duration(ConfigKey.VALIDATION_MAX);
    }

    public Duration gateTimeout() {
        return duration(ConfigKey.GATE_TIMEOUT);
    }

    public Duration busyTimeout() {
        return duration(ConfigKey.BUSY_TIMEOUT);
    }

    public long cacheSize() {
        return size(ConfigKey.CACHE_SIZE);
    }

    /** Who owns the lease, if it was named. */
    public Optional<String> nodeId() {
        return Optional.ofNullable(values.get(ConfigKey.NODE_ID));
    }

    private String value(ConfigKey key) {
        return values.getOrDefault(key, key.defaultValue().orElseThrow());
    }

    private Duration duration(ConfigKey key) {
        return (Duration) parsed.get(key);
    }

    private long size(ConfigKey key) {
        return (Long) parsed.get(key);
    }

    private <E extends Enum<E>> E choice(ConfigKey key, Class<E> type) {
        return Enum.valueOf(type, value(key).replace('-', '_').toUpperCase(Locale.ROOT));
    }

    private void check() {
        requireName(name);
        if (!values.containsKey(ConfigKey.PATH)) {
            throw new SpindriftException("Database " + name + " has no path: set spindrift." + name + ".path");
        }
        parsed.put(
                ConfigKey.PATH,
                pathOf(ConfigKey.PATH, values.get(ConfigKey.PATH))
                        .toAbsolutePath()
                        .normalize());
        if (values.containsKey(ConfigKey.ENCRYPTION_KEYSET)) {
            parsed.put(
                    ConfigKey.ENCRYPTION_KEYSET,
                    pathOf(ConfigKey.ENCRYPTION_KEYSET, values.get(ConfigKey.ENCRYPTION_KEYSET)));
        }
        for (ConfigKey key : ConfigKey.values()) {
            if (key.kind() != ConfigKey.Kind.TEXT) {
                parsed.put(key, parse(key, value(key)));
            }
        }
        checkAtLeast(ConfigKey.EXACT_RETENTION, SHORTEST_EXACT_RETENTION, "10m");
        checkAtLeast(ConfigKey.RETENTION, exactRetention(), "exact-retention, " + value(ConfigKey.EXACT_RETENTION));
        checkAtLeast(ConfigKey.DELETE_GRACE, SHORTEST_DELETE_GRACE, "1m");
        checkAtLeast(ConfigKey.LEASE_TTL, SHORTEST_LEASE, "1s");
        if (values.containsKey(ConfigKey.REPLICA_URL)) {
            parsed.put(ConfigKey.REPLICA_URL, replicaOf(values.get(ConfigKey.REPLICA_URL)));
        } else if (durability() == Durability.REPLICA) {
            throw new SpindriftException("Database " + name + " has durability replica but no replica-url; set one, or"
                    + " set durability to local");
        }
    }

    private void checkAtLeast(ConfigKey key, Duration least, String written) {
        if (duration(key).compareTo(least) < 0) {
            throw invalid(key, value(key), "at least " + written);
        }
    }

    private static Object parse(ConfigKey key, String value) {
        return switch (key.kind()) {
            case DURATION -> parseDuration(key, value);
            case SIZE -> parseSize(key, value);
            case CHOICE -> {
                if (!List.of(key.choices()).contains(value)) {
                    throw invalid(key, value, "one of " + String.join(", ", key.choices()));
                }
                yield value;
            }
            case TEXT -> value;
        };
    }

    private Path pathOf(ConfigKey key, String path) {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new SpindriftException(
                    "The " + key.key() + " of database " + name + " is not a path (" + e.getReason() + "); correct it");
        }
    }

    private URI replicaOf(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            // Neither the URL nor the exception, which repeats it, is shown: it may carry a secret.
            throw new SpindriftException("The replica-url of database " + name + " is not a URL: at character "
                    + e.getIndex() + ", " + e.getReason() + "; write s3://bucket/prefix or file:///folder");
        }
        String scheme = uri.getScheme();
        if (!"s3".equals(scheme) && !"file".equals(scheme)) {
            throw new SpindriftException("The replica-url of database " + name + " must begin with s3: or file:, found "
                    + (scheme == null ? "no scheme" : scheme + ":") + "; write s3://bucket/prefix or file:///folder");
        }
        if (uri.getRawAuthority() != null && uri.getRawAuthority().contains("@")) {
            throw new SpindriftException(
                    "The replica-url of database " + name + " carries credentials; remove them and"
                            + " give them through the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), a profile or a role");
        }
        return uri;
    }

    private static void requireName(String name) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw new SpindriftException("A database name is a lower-case letter followed by up to 62 lower-case"
                    + " letters, digits or hyphens, found \"" + name + "\"; rename it");
        }
        for (ConfigKey key : ConfigKey.values()) {
            if (name.equals(key.key()) || name.equals(key.key().split("-")[0])) {
                throw new SpindriftException("A database cannot be named \"" + name + "\": configuration keys begin"
                        + " with that word; choose another name");
            }
        }
    }

    private static SpindriftException invalid(ConfigKey key, String found, String expected) {
        return new SpindriftException(
                "The value of " + key.key() + " must be " + expected + ", found \"" + found + "\"");
    }

    private static final Pattern SIMPLE_DURATION = Pattern.compile("(\\d{1,15})\\s*(ms|s|m|h|d)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})\\s*(B|KiB|MiB|GiB)?");

    private static Duration parseDuration(ConfigKey key, String text) {
        Matcher simple = SIMPLE_DURATION.matcher(text);
        try {
            Duration duration;
            if (simple.matches()) {
                long n = Long.parseLong(simple.group(1));
                duration = switch (simple.group(2)) {
                    case "ms" -> Duration.ofMillis(n);
                    case "s" -> Duration.ofSeconds(n);
                    case "m" -> Duration.ofMinutes(n);
                    case "h" -> Duration.ofHours(n);
                    default -> Duration.ofDays(n);
                };
            } else {
                duration = Duration.parse(text);
            }
            if (!duration.isNegative() && duration.compareTo(Duration.ofDays(36_500)) <= 0) {
                return duration;
            }
        } catch (ArithmeticException | DateTimeParseException e) {
            // Answered below, together with negative and endless durations.
        }
        throw invalid(key, text, "a duration such as 500ms, 1s, 5m, 24h, 7d or PT1M");
    }

    private static long parseSize(ConfigKey key, String text) {
        Matcher size = SIZE.matcher(text);
        if (size.matches()) {
            int shift =
                    switch (size.group(2) == null ? "B" : size.group(2)) {
                        case "KiB" -> 10;
                        case "MiB" -> 20;
                        case "GiB" -> 30;
                        default -> 0;
                    };
            long n = Long.parseLong(size.group(1));
            if (n <= Long.MAX_VALUE >> shift) {
                return n << shift;
            }
        }
        throw invalid(key, text, "a size such as 4096, 512KiB, 64MiB or 1GiB");
    }

    /** Collects options; {@link #build()} checks them. */
    public static final class Builder {
        private String name;
        private final Map<ConfigKey, String> values = new EnumMap<>(ConfigKey.class);

        private Builder() {}

        public Builder name(String value) {
            name = value;
            return this;
        }

        /** Sets an option as it is written in configuration. */
        public Builder set(ConfigKey key, String value) {
            values.put(key, value);
            return this;
        }

        public Builder path(Path value) {
            return set(ConfigKey.PATH, value.toString());
        }

        public Builder replica(URI value) {
            return set(ConfigKey.REPLICA_URL, value.toString());
        }

        public Builder encryptionKeyset(Path value) {
            return set(ConfigKey.ENCRYPTION_KEYSET, value.toString());
        }

        public Builder syncInterval(Duration value) {
            return set(ConfigKey.SYNC_INTERVAL, value.toString());
        }

        public Builder commitWindow(Duration value) {
            return set(ConfigKey.COMMIT_WINDOW, value.toString());
        }

        public Builder durability(Durability value) {
            return set(ConfigKey.DURABILITY, word(value));
        }

        public Builder durabilityTimeout(Duration value) {
            return set(ConfigKey.DURABILITY_TIMEOUT, value.toString());
        }

        public Builder segmentMaxBytes(long value) {
            return set(ConfigKey.SEGMENT_MAX_BYTES, Long.toString(value));
        }

        public Builder walMaxBytes(long value) {
            return set(ConfigKey.WAL_MAX_BYTES, Long.toString(value));
        }

        public Builder maxStagedBytes(long value) {
            return set(ConfigKey.MAX_STAGED_BYTES, Long.toString(value));
        }

        public Builder maxReadAge(Duration value) {
            return set(ConfigKey.MAX_READ_AGE, value.toString());
        }

        public Builder onLimit(OnLimit value) {
            return set(ConfigKey.ON_LIMIT, word(value));
        }

        public Builder maxLag(Duration value) {
            return set(ConfigKey.MAX_LAG, value.toString());
        }

        public Builder stallAfter(Duration value) {
            return set(ConfigKey.STALL_AFTER, value.toString());
        }

        public Builder restore(RestorePolicy value) {
            return set(ConfigKey.RESTORE, word(value));
        }

        public Builder timeTravelMaxBytes(long value) {
            return set(ConfigKey.TIME_TRAVEL_MAX_BYTES, Long.toString(value));
        }

        public Builder snapshotMinBytes(long value) {
            return set(ConfigKey.SNAPSHOT_MIN_BYTES, Long.toString(value));
        }

        public Builder retention(Duration value) {
            return set(ConfigKey.RETENTION, value.toString());
        }

        public Builder deleteGrace(Duration value) {
            return set(ConfigKey.DELETE_GRACE, value.toString());
        }

        public Builder exactRetention(Duration value) {
            return set(ConfigKey.EXACT_RETENTION, value.toString());
        }

        public Builder drillInterval(Duration value) {
            return set(ConfigKey.DRILL_INTERVAL, value.toString());
        }

        public Builder leaseTtl(Duration value) {
            return set(ConfigKey.LEASE_TTL, value.toString());
        }

        public Builder transactionMode(TransactionMode value) {
            return set(ConfigKey.TRANSACTION_MODE, word(value));
        }

        public Builder conflictDetection(ConflictDetection value) {
            return set(ConfigKey.CONFLICT_DETECTION, word(value));
        }

        public Builder validationMax(Duration value) {
            return set(ConfigKey.VALIDATION_MAX, value.toString());
        }

        public Builder gateTimeout(Duration value) {
            return set(ConfigKey.GATE_TIMEOUT, value.toString());
        }

        public Builder busyTimeout(Duration value) {
            return set(ConfigKey.BUSY_TIMEOUT, value.toString());
        }

        public Builder cacheSize(long value) {
            return set(ConfigKey.CACHE_SIZE, Long.toString(value));
        }

        public Builder nodeId(String value) {
            return set(ConfigKey.NODE_ID, value);
        }

        /**
         * Checks every value.
         *
         * @throws SpindriftException if one cannot be honoured; the sentence names it
         */
        public DatabaseConfig build() {
            return new DatabaseConfig(name, new EnumMap<>(values));
        }

        private static String word(Enum<?> value) {
            return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
