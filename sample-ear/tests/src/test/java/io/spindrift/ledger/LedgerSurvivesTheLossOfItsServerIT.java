package io.spindrift.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The product's main promise, told from outside: over HTTP, with a server that is killed and a disk that is lost. */
@Timeout(600)
class LedgerSurvivesTheLossOfItsServerIT {
    private static final String DATABASE = "prod/databases/ledger/";
    private static final String SEGMENTS = DATABASE + "0000/";
    private static final int ACCOUNTS = 100;
    private static final long OPENING_BALANCE = 100_000;
    private static final int CLIENTS = 8;
    private static final int TRANSFERS = 1_000;
    private static final int MEASURED_TRANSFERS = 100;

    @Test
    void whenItsObjectsAreInS3() throws Exception {
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("ledger");
                LedgerUnderTest ledger = new LedgerUnderTest("lost-server-s3", settings(s3))) {
            Instant started = Instant.now();
            ledger.startAndAwaitReady();
            List<Long> accounts = openAccounts(ledger);
            assertLittleIsStored(ledger, accounts, () -> s3.faults().bytesPut());
            transferFromManyClients(ledger, accounts);
            Ledger before = Ledger.of(ledger);
            String durable = ledger.flush();

            assertThat(segments(s3, "0000")).hasSizeGreaterThanOrEqualTo(10);
            oneMinuteAfter(started);
            assertThat(segments(s3, "0009")).as("snapshots of a small log").isEmpty();

            loseTheServer(ledger);
            CountDownLatch letGo = new CountDownLatch(1);
            FaultStore.Injection slow =
                    s3.faults().inject(Operation.GET, SEGMENTS, Integer.MAX_VALUE, Fault.holdUntil(letGo));
            ledger.start();
            List<Integer> answers = new ArrayList<>();
            await("a restore that is under way").atMost(Duration.ofMinutes(2)).until(() -> {
                answers.add(readiness(ledger));
                return slow.hits() > 0;
            });
            int samplesBefore = answers.size();
            await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(30)).until(() -> {
                answers.add(readiness(ledger));
                return true;
            });
            assertThat(answers).hasSizeGreaterThan(samplesBefore).doesNotContain(200);
            slow.close();
            letGo.countDown();

            ledger.awaitReady();
            assertRestored(ledger);
            assertThat(Ledger.of(ledger)).isEqualTo(before);
            assertThat(ledger.sync().getString("durableTxid")).isGreaterThan(durable);
            assertThat(ledger.loadersOf("io.spindrift.Database")).isEqualTo(1);
            ledger.openAccount("After the loss", 1);
            ledger.server().stop();
        }
    }

    @Test
    void whenItsObjectsAreInAFolder() throws Exception {
        Path objects = ServerFolders.empty("lost-server-folder-objects");
        try (LedgerUnderTest ledger = new LedgerUnderTest(
                "lost-server-folder",
                Map.of(
                        "SPINDRIFT_LEDGER_REPLICA_URL",
                        objects.toUri().toString(),
                        "SPINDRIFT_LEDGER_SYNC_INTERVAL",
                        "100ms"))) {
            ledger.startAndAwaitReady();
            List<Long> accounts = openAccounts(ledger);
            assertLittleIsStored(ledger, accounts, () -> sizeOf(objects));
            transferFromManyClients(ledger, accounts);
            Ledger before = Ledger.of(ledger);
            ledger.flush();

            Path levels = objects.resolve("databases/ledger/ltx");
            assertThat(filesIn(levels.resolve("0"))).hasSizeGreaterThanOrEqualTo(10);
            assertThat(filesIn(levels.resolve("9")))
                    .as("snapshots of a small log")
                    .isEmpty();

            loseTheServer(ledger);
            ledger.startAndAwaitReady();
            assertRestored(ledger);
            assertThat(Ledger.of(ledger)).isEqualTo(before);
            ledger.server().stop();
        }
    }

    private static Map<String, String> settings(S3Endpoint s3) {
        Map<String, String> settings = LedgerUnderTest.replicaIn(s3);
        settings.put("SPINDRIFT_LEDGER_SYNC_INTERVAL", "100ms");
        return settings;
    }

    private static List<Long> openAccounts(LedgerUnderTest ledger) {
        List<Long> accounts = new ArrayList<>();
        for (int i = 0; i < ACCOUNTS; i++) {
            accounts.add(ledger.openAccount("Owner " + i, OPENING_BALANCE));
        }
        return accounts;
    }

    /** Shipping a hundred transfers must not cost more than a few times what they wrote. */
    private static void assertLittleIsStored(LedgerUnderTest ledger, List<Long> accounts, Callable<Long> bytesInStore)
            throws Exception {
        ledger.flush();
        long walBefore = walBytes(ledger);
        long storedBefore = bytesInStore.call();
        transfer(ledger, accounts, MEASURED_TRANSFERS, new Random(1));
        ledger.flush();
        long written = walBytes(ledger) - walBefore;
        long stored = bytesInStore.call() - storedBefore;
        assertThat(written).as("bytes the transfers wrote to the log").isPositive();
        assertThat(stored)
                .as("bytes stored for %d bytes of log", written)
                .isPositive()
                .isLessThan(5 * written);
    }

    private static long walBytes(LedgerUnderTest ledger) {
        return ledger.sync().getJsonNumber("walBytes").longValue();
    }

    private static void transferFromManyClients(LedgerUnderTest ledger, List<Long> accounts) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> work = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                Random random = new Random(client);
                work.add(clients.submit(() -> transfer(ledger, accounts, TRANSFERS / CLIENTS, random)));
            }
            for (Future<?> each : work) {
                each.get();
            }
        } finally {
            clients.shutdownNow();
        }
    }

    private static void transfer(LedgerUnderTest ledger, List<Long> accounts, int times, Random random) {
        for (int i = 0; i < times; i++) {
            int from = random.nextInt(accounts.size());
            int to = (from + 1 + random.nextInt(accounts.size() - 1)) % accounts.size();
            LedgerUnderTest.created(ledger.transfer(accounts.get(from), accounts.get(to), 1 + random.nextInt(100)));
        }
    }

    private static void loseTheServer(LedgerUnderTest ledger) throws Exception {
        ledger.server().kill();
        ServerFolders.deleteAll(ledger.data());
    }

    /** Called right after the first UP: the restore is in the log by then. */
    private static void assertRestored(LedgerUnderTest ledger) {
        assertThat(ledger.server().messagesLog()).content().containsOnlyOnce("SPIN0101I");
    }

    /** The status of one look, 0 while nobody answers: Liberty opens its port when the adapter has started. */
    private static int readiness(LedgerUnderTest ledger) {
        try {
            return ledger.get("/health/ready").statusCode();
        } catch (UncheckedIOException e) {
            return 0;
        }
    }

    private static void oneMinuteAfter(Instant start) {
        await().pollInterval(Duration.ofMillis(200))
                .atMost(Duration.ofSeconds(70))
                .until(() -> Instant.now().isAfter(start.plusSeconds(60)));
    }

    private static List<String> segments(S3Endpoint s3, String level) {
        return s3.keys("ledger", DATABASE + level + "/");
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static long sizeOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    /** Everything the ledger says about itself. */
    private record Ledger(JsonObject totals, Map<Long, JsonValue> accounts) {
        static Ledger of(LedgerUnderTest server) {
            Map<Long, JsonValue> accounts = new HashMap<>();
            String next = "";
            do {
                JsonObject page = LedgerUnderTest.ok(server.get("/ledger/api/accounts?limit=30&cursor=" + next));
                for (JsonValue account : page.getJsonArray("accounts")) {
                    accounts.put(account.asJsonObject().getJsonNumber("id").longValue(), account);
                }
                next = page.isNull("next") ? null : page.getString("next");
            } while (next != null);
            JsonObject totals = server.totals();
            assertThat(accounts).hasSize(ACCOUNTS);
            assertThat(totals.getInt("accounts")).isEqualTo(ACCOUNTS);
            assertThat(totals.getInt("transfers")).isEqualTo(TRANSFERS + MEASURED_TRANSFERS);
            assertThat(totals.getJsonNumber("balance").longValue()).isEqualTo(ACCOUNTS * OPENING_BALANCE);
            return new Ledger(totals, accounts);
        }
    }
}
