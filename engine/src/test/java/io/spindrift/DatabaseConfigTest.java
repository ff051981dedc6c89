package io.spindrift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.DatabaseConfig.RestorePolicy;
import io.spindrift.DatabaseConfig.TransactionMode;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseConfigTest {
    @Test
    void theDefaultsAreThoseThatArePromised() {
        DatabaseConfig config = minimal().build();

        assertThat(config.replica()).isEmpty();
        assertThat(config.nodeId()).isEmpty();
        assertThat(config.syncInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.commitWindow()).isEqualTo(Duration.ofMillis(5));
        assertThat(config.durabilityTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.segmentMaxBytes()).isEqualTo(64L << 20);
        assertThat(config.walMaxBytes()).isEqualTo(256L << 20);
        assertThat(config.maxLag()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.stallAfter()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.restore()).isEqualTo(RestorePolicy.IF_MISSING);
        assertThat(config.snapshotMinBytes()).isEqualTo(4L << 20);
        assertThat(config.exactRetention()).isEqualTo(Duration.ofHours(24));
        assertThat(config.leaseTtl()).isEqualTo(Duration.ofSeconds(15));
        assertThat(config.transactionMode()).isEqualTo(TransactionMode.OPTIMISTIC);
        assertThat(config.gateTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.busyTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.cacheSize()).isEqualTo(64L << 20);
    }

    @ParameterizedTest
    @CsvSource({
        "250ms, PT0.25S",
        "1s, PT1S",
        "5m, PT5M",
        "24h, PT24H",
        "7d, PT168H",
        "0s, PT0S",
        "PT1M, PT1M",
        "PT0.005S, PT0.005S"
    })
    void durationsAreANumberWithAUnitOrIso8601(String written, Duration meant) {
        assertThat(minimal().set(ConfigKey.SYNC_INTERVAL, written).build().syncInterval())
                .isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1 week", "-1s", "PT-1S", "soon", "99999999999d", "999999999999999d", "1.5s"})
    void otherDurationsAreRefusedWithTheKeyTheValueAndTheForm(String written) {
        assertRefused(
                minimal().set(ConfigKey.SYNC_INTERVAL, written),
                "The value of sync-interval must be a duration such as 500ms, 1s, 5m, 24h, 7d or PT1M, found \""
                        + written + "\"");
    }

    @ParameterizedTest
    @CsvSource({"4096, 4096", "100B, 100", "512KiB, 524288", "64MiB, 67108864", "1GiB, 1073741824", "2 KiB, 2048"})
    void sizesAreBytesOrANumberWithABinaryUnit(String written, long meant) {
        assertThat(minimal().set(ConfigKey.CACHE_SIZE, written).build().cacheSize())
                .isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"64MB", "-1", "1.5GiB", "many", "9223372036854775807KiB", "99999999999GiB"})
    void otherSizesAreRefusedWithTheKeyTheValueAndTheForm(String written) {
        assertRefused(
                minimal().set(ConfigKey.CACHE_SIZE, written),
                "The value of cache-size must be a size such as 4096, 512KiB, 64MiB or 1GiB, found \"" + written
                        + "\"");
    }

    @Test
    void aChoiceIsOneOfItsWords() {
        assertThat(minimal().set(ConfigKey.RESTORE, "adopt-local").build().restore())
                .isEqualTo(RestorePolicy.ADOPT_LOCAL);
        assertThat(minimal().restore(RestorePolicy.IF_MISSING).build().restore())
                .isEqualTo(RestorePolicy.IF_MISSING);
        assertRefused(
                minimal().set(ConfigKey.RESTORE, "always"),
                "The value of restore must be one of if-missing, never, replace, adopt-local, found \"always\"");
    }

    @Test
    void limitsThatOwnershipReliesOnCannotBeUndercut() {
        assertRefused(
                minimal().exactRetention(Duration.ofMinutes(9)),
                "The value of exact-retention must be at least 10m, found \"PT9M\"");
        assertRefused(minimal().leaseTtl(Duration.ZERO), "The value of lease-ttl must be at least 1s, found \"PT0S\"");
    }

    @Test
    void theFileIsAbsoluteAndNormalised() {
        Path path = minimal().path(Path.of("a/../b.db")).build().path();

        assertThat(path).isAbsolute().isEqualTo(Path.of("b.db").toAbsolutePath());
    }

    @Test
    void withoutAPathThereIsNoDatabase() {
        assertRefused(
                DatabaseConfig.builder().name("ledger"), "Database ledger has no path: set spindrift.ledger.path");
        assertRefused(
                minimal().set(ConfigKey.PATH, "a\0b"),
                "The path of database ledger is not a path (Nul character not allowed); correct it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Ledger", "1st", "-x", "a b", "a/b", "ä", "../x"})
    void badNamesAreRefused(String name) {
        assertRefused(
                DatabaseConfig.builder().name(name).path(Path.of("x.db")),
                "A database name is a lower-case letter followed by up to 62 lower-case letters, digits or hyphens,"
                        + " found \"" + name + "\"; rename it");
    }

    @Test
    void aNameOf63LettersIsTheLongest() {
        assertThat(DatabaseConfig.builder()
                        .name("x".repeat(63))
                        .path(Path.of("x.db"))
                        .build()
                        .name())
                .hasSize(63);
        assertThatThrownBy(() -> DatabaseConfig.builder()
                        .name("x".repeat(64))
                        .path(Path.of("x.db"))
                        .build())
                .isInstanceOf(SpindriftException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"path", "sync", "replica", "restore", "cache-size"})
    void namesThatKeysBeginWithAreRefused(String name) {
        assertRefused(
                DatabaseConfig.builder().name(name).path(Path.of("x.db")),
                "A database cannot be named \"" + name + "\": configuration keys begin with that word; choose another"
                        + " name");
    }

    @Test
    void aReplicaUrlIsOfAKnownKindAndCarriesNoSecret() {
        assertRefused(
                minimal().replica(URI.create("https://bucket.example/prefix")),
                "The replica-url of database ledger must begin with s3: or file:, found https:; write"
                        + " s3://bucket/prefix or file:///folder");
        assertRefused(
                minimal().replica(URI.create("bucket/prefix")),
                "The replica-url of database ledger must begin with s3: or file:, found no scheme; write"
                        + " s3://bucket/prefix or file:///folder");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://KEY:hushhush@bucket/prefix",
                "s3://KEY:hushhush@my_bucket/prefix",
                "s3://hushhush@bucket",
                "s3://bucket/pre fix?secret=hushhush"
            })
    void aUrlThatIsRefusedIsNotRepeatedForItMayCarryASecret(String url) {
        assertThatThrownBy(() -> minimal().set(ConfigKey.REPLICA_URL, url).build())
                .isInstanceOf(SpindriftException.class)
                .hasMessageStartingWith("The replica-url of database ledger ")
                .hasMessageNotContaining("hushhush");
    }

    @Test
    void aDatabasesOwnPropertyBeatsTheOneForAll() {
        Map<String, String> properties = Map.of(
                "spindrift.ledger.path", " /data/ledger.db ",
                "spindrift.sync-interval", "2s",
                "spindrift.ledger.sync-interval", "3s",
                "spindrift.max-lag", "1m",
                "spindrift.other.path", "/data/other.db",
                "spindrift.ledger.node-id", "  ");

        DatabaseConfig config =
                DatabaseConfig.read("ledger", properties.keySet(), properties::get, Set.of("ledger", "other"));

        assertThat(config.path()).isEqualTo(Path.of("/data/ledger.db"));
        assertThat(config.syncInterval()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.maxLag()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.nodeId()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spindrift.ledger.sync-intervall",
                "spindrift.sync-intervall",
                "spindrift.ledgr.path",
                "spindrift.ledger.max.lag"
            })
    void anUnknownPropertyFailsTheDatabaseAndListsTheKeys(String unknown) {
        Map<String, String> properties = Map.of("spindrift.ledger.path", "/data/ledger.db", unknown, "x");

        assertThatThrownBy(() ->
                        DatabaseConfig.read("ledger", properties.keySet(), properties::get, Set.of("ledger", "other")))
                .isInstanceOf(SpindriftException.class)
                .hasMessageStartingWith("Unknown configuration " + unknown + " for database ledger: the keys are path,")
                .hasMessageContaining("sync-interval")
                .hasMessageEndingWith("; correct or remove it");
    }

    @Test
    void anotherDatabasesMisspeltKeyIsThatDatabasesConcern() {
        Map<String, String> properties =
                Map.of("spindrift.ledger.path", "/data/ledger.db", "spindrift.other.pth", "x", "unrelated.path", "y");

        assertThat(DatabaseConfig.read("ledger", properties.keySet(), properties::get, Set.of("ledger", "other"))
                        .name())
                .isEqualTo("ledger");
    }

    private static DatabaseConfig.Builder minimal() {
        return DatabaseConfig.builder().name("ledger").path(Path.of("ledger.db"));
    }

    private static void assertRefused(DatabaseConfig.Builder builder, String sentence) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(SpindriftException.class)
                .hasMessage(sentence);
    }
}
