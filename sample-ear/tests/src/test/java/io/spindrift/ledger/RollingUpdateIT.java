package io.spindrift.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.testing.S3Endpoint;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two servers on one bucket: the new one is started while the old one still works, and goes on where that stops. */
@Timeout(600)
class RollingUpdateIT {
    @Test
    void theNewServerWaitsAndGoesOnWhereTheOldOneStops() throws Exception {
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("ledger");
                LedgerUnderTest old = new LedgerUnderTest("rolling-update-old", settings(s3));
                LedgerUnderTest next = new LedgerUnderTest("rolling-update-new", settings(s3))) {
            old.startAndAwaitReady();
            long from = old.openAccount("From", 1_000_000);
            long to = old.openAccount("To", 0);

            next.start();
            List<Integer> answers = new ArrayList<>();
            await("the new server waits for the old one")
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> {
                        answers.add(readiness(next));
                        return Files.exists(next.server().messagesLog())
                                && Files.readString(next.server().messagesLog()).contains("SPIN0112I");
                    });
            int transfers = 0;
            for (int samples = answers.size() + 20; answers.size() < samples; transfers++) {
                LedgerUnderTest.created(old.transfer(from, to, 1));
                answers.add(readiness(next));
            }
            assertThat(answers).doesNotContain(200);
            assertThat(old.server().isReady()).isTrue();
            old.server().stop();

            next.awaitReady();
            assertThat(next.totals().getInt("transfers")).isEqualTo(transfers);
            assertThat(LedgerUnderTest.ok(next.get("/ledger/api/accounts/" + to))
                            .getInt("balance"))
                    .isEqualTo(transfers);
            LedgerUnderTest.created(next.transfer(from, to, 1));
            next.flush();
            assertThat(old.server().messagesLog()).content().doesNotContain("SPIN0103E", "SPIN0104W");
            next.server().stop();
        }
    }

    private static Map<String, String> settings(S3Endpoint s3) {
        return LedgerUnderTest.replicaIn(s3);
    }

    /** The status of one look, 0 while nobody answers. */
    private static int readiness(LedgerUnderTest ledger) {
        try {
            return ledger.get("/health/ready").statusCode();
        } catch (UncheckedIOException e) {
            return 0;
        }
    }
}
