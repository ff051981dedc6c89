package io.spindrift.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.testing.S3Endpoint;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A database that cannot be used is no reason for the server to fall: it says why, and serves the rest. */
@Timeout(300)
class ServerWithABrokenDatabaseIT {
    @Test
    void saysThatTheBucketIsMissing() throws Exception {
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("another")) {
            assertDownWith("missing-bucket", s3Settings(s3, s3.secretKey()), "ledger", "bucket");
        }
    }

    @Test
    void saysThatTheCredentialsAreWrong() throws Exception {
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("ledger")) {
            assertDownWith("wrong-credentials", s3Settings(s3, "not-the-secret"), "ledger", "AWS_");
        }
    }

    @Test
    void saysThatThePathIsAFolder() throws Exception {
        Path folder = ServerFolders.empty("path-is-a-folder-data");
        Files.writeString(folder.resolve("precious"), "untouched");
        assertDownWith(
                "path-is-a-folder", Map.of("SPINDRIFT_LEDGER_PATH", folder.toString()), folder.toString(), "directory");
        assertThat(folder.resolve("precious")).hasContent("untouched");
    }

    private static void assertDownWith(String name, Map<String, String> settings, String... words) throws Exception {
        try (LedgerUnderTest ledger = new LedgerUnderTest(name, settings)) {
            ledger.start();
            await("an application that is there").atMost(Duration.ofMinutes(2)).until(() -> status(ledger) == 200);
            HttpResponse<String> ready = ledger.get("/health/ready");
            assertThat(ready.statusCode()).as(ready.body()).isEqualTo(503);
            assertThat(ready.body()).contains(words);
            assertThat(ledger.get("/health/live").statusCode()).isEqualTo(200);
            HttpResponse<String> totals = ledger.get("/ledger/api/totals");
            assertThat(totals.statusCode()).as(totals.body()).isEqualTo(503);
            assertThat(totals.body()).contains(words).doesNotContain("not-the-secret");
            assertThat(ledger.server().isRunning()).isTrue();
            ledger.assertEveryFeatureIsKnown();
            ledger.server().stop();
        }
    }

    /** The page's status, 0 while nobody answers. */
    private static int status(LedgerUnderTest ledger) {
        try {
            return ledger.get("/ledger/").statusCode();
        } catch (UncheckedIOException e) {
            return 0;
        }
    }

    private static Map<String, String> s3Settings(S3Endpoint s3, String secretKey) {
        Map<String, String> settings = LedgerUnderTest.replicaIn(s3);
        settings.put("AWS_SECRET_ACCESS_KEY", secretKey);
        return settings;
    }
}
