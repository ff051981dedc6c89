package io.spindrift.ledger;

import static io.spindrift.ledger.LedgerUnderTest.created;
import static io.spindrift.ledger.LedgerUnderTest.ok;
import static io.spindrift.ledger.LedgerUnderTest.parse;
import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client may rely on that was told of a transfer, and what it is told when nothing can be relied on. */
@Timeout(600)
class DurableResponsesIT {
    private static final String SEGMENTS = "prod/databases/ledger/0000/";

    @Test
    void whatAClientWasToldOfOutlivesTheServerAndItsDisk() throws Exception {
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket("ledger");
                LedgerUnderTest ledger = new LedgerUnderTest("durable-responses", settings(s3))) {
            ledger.startAndAwaitReady();
            long from = ledger.openAccount("From", 1_000);
            long to = ledger.openAccount("To", 0);

            aTransferWithoutTheStoreHasAnUnknownOutcome(s3, ledger, from, to);
            String position = position(ledger.transfer(from, to, 30));

            ledger.server().kill();
            ServerFolders.deleteAll(ledger.data());
            ledger.startAndAwaitReady();
            assertThat(ledger.sync().getString("durableTxid")).isGreaterThan(position);
            assertThat(ok(ledger.get("/ledger/api/accounts/" + to)).getInt("balance"))
                    .as("the transfer that was confirmed, and the one before it")
                    .isEqualTo(37);
            assertThat(ledger.totals().getInt("transfers")).isEqualTo(2);
            ledger.server().stop();
        }
    }

    private static void aTransferWithoutTheStoreHasAnUnknownOutcome(
            S3Endpoint s3, LedgerUnderTest ledger, long from, long to) throws Exception {
        ledger.flush();
        try (FaultStore.Injection away =
                s3.faults().inject(Operation.PUT, SEGMENTS, Integer.MAX_VALUE, Fault.slowDown())) {
            HttpResponse<String> response = ledger.transfer(from, to, 7);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(503);
            assertThat(response.headers().firstValue("Retry-After")).contains("5");
            assertThat(response.headers().firstValue("Content-Type").orElseThrow())
                    .startsWith("application/problem+json");
            assertThat(parse(response).getString("title")).isEqualTo("Outcome unknown");
            assertThat(parse(response).containsKey("amount")).isFalse();
            assertThat(ledger.totals().getInt("transfers"))
                    .as("transfers that are committed")
                    .isEqualTo(1);
            assertThat(away.hits()).isPositive();
        }
        assertThat(ledger.server().messagesLog()).content().contains("SPIN0311");
    }

    private static String position(HttpResponse<String> response) {
        created(response);
        String position = response.headers().firstValue("Spindrift-Position").orElseThrow();
        assertThat(position).matches("[0-9a-f]{16}");
        return position;
    }

    private static Map<String, String> settings(S3Endpoint s3) {
        Map<String, String> settings = LedgerUnderTest.replicaIn(s3);
        settings.put("SPINDRIFT_LEDGER_DURABILITY_TIMEOUT", "2s");
        return settings;
    }
}
