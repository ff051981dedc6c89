package io.spindrift.ledger;

import static io.spindrift.ledger.LedgerUnderTest.created;
import static io.spindrift.ledger.LedgerUnderTest.ok;
import static io.spindrift.ledger.LedgerUnderTest.parse;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The calls of the ledger, one server for all of them; each test opens accounts of its own. */
@Timeout(300)
class LedgerAnswersOverHttpIT {
    private static final String ACCOUNTS = "/ledger/api/accounts";
    private static final String TRANSFERS = "/ledger/api/transfers";
    private static final long LARGEST_BALANCE = 9_007_199_254_740_991L;

    private static LedgerUnderTest ledger;

    @BeforeAll
    static void start() throws Exception {
        String objects = ServerFolders.empty("http-objects").toUri().toString();
        ledger = new LedgerUnderTest("http", Map.of("SPINDRIFT_LEDGER_REPLICA_URL", objects));
        ledger.startAndAwaitReady();
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    @Test
    void opensAnAccountAndShowsIt() {
        HttpResponse<String> response = ledger.post(ACCOUNTS, "{\"owner\":\" Zoë 😀 \",\"balance\":1250}");
        JsonObject account = created(response);
        assertThat(account.getString("owner")).isEqualTo("Zoë 😀");
        assertThat(account.getInt("balance")).isEqualTo(1250);
        String location = response.headers().firstValue("Location").orElseThrow();
        assertThat(location).endsWith(ACCOUNTS + "/" + account.getInt("id"));
        assertThat(ok(ledger.get(ACCOUNTS + "/" + account.getInt("id")))).isEqualTo(account);
    }

    @Test
    void pagesThroughTheAccountsWithoutMissingOrRepeatingOne() {
        long first = ledger.openAccount("Page 1", 0);
        long second = ledger.openAccount("Page 2", 0);
        long third = ledger.openAccount("Page 3", 0);
        JsonObject page = ok(ledger.get(ACCOUNTS + "?limit=2&cursor=" + (first - 1)));
        assertThat(page.getJsonArray("accounts"))
                .extracting(
                        account -> account.asJsonObject().getJsonNumber("id").longValue())
                .containsExactly(first, second);
        JsonObject last = ok(ledger.get(ACCOUNTS + "?limit=2&cursor=" + page.getString("next")));
        assertThat(last.getJsonArray("accounts")
                        .getJsonObject(0)
                        .getJsonNumber("id")
                        .longValue())
                .isEqualTo(third);
    }

    @Test
    void theLastPageHasNoNext() {
        long last = ledger.openAccount("Last", 0);
        assertThat(ok(ledger.get(ACCOUNTS + "?cursor=" + last)).isNull("next")).isTrue();
    }

    @Test
    void transfersMoneyAndCountsTheChange() {
        long from = ledger.openAccount("From", 100);
        long to = ledger.openAccount("To", 5);
        JsonObject transfer = created(ledger.transfer(from, to, 30));
        assertThat(transfer.getJsonNumber("from").longValue()).isEqualTo(from);
        assertThat(transfer.getJsonNumber("to").longValue()).isEqualTo(to);
        assertThat(transfer.getInt("amount")).isEqualTo(30);
        assertThat(ok(ledger.get(ACCOUNTS + "/" + from)).getInt("balance")).isEqualTo(70);
        JsonObject payee = ok(ledger.get(ACCOUNTS + "/" + to));
        assertThat(payee.getInt("balance")).isEqualTo(35);
        assertThat(payee.getInt("version")).isEqualTo(2);
    }

    /** Who loses for longer than a client waits is told so, with 503: how many depends on the machine. */
    @Test
    void manyClientsMoveBetweenTheSameTwoAccountsExactlyWhatTheyAreToldTheyMoved() throws Exception {
        long from = ledger.openAccount("Busy", 1000);
        long to = ledger.openAccount("Busier", 0);
        ExecutorService clients = Executors.newFixedThreadPool(32);
        int moved = 0;
        try {
            List<Callable<Integer>> transfers =
                    Collections.nCopies(320, () -> ledger.transfer(from, to, 1).statusCode());
            for (Future<Integer> status : clients.invokeAll(transfers)) {
                assertThat(status.get()).isIn(201, 503);
                moved += status.get() == 201 ? 1 : 0;
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(moved).isPositive();
        assertThat(ok(ledger.get(ACCOUNTS + "/" + from)).getInt("balance")).isEqualTo(1000 - moved);
        assertThat(ok(ledger.get(ACCOUNTS + "/" + to)).getInt("balance")).isEqualTo(moved);
    }

    @Test
    void refusesATransferTheBalanceDoesNotCover() {
        long from = ledger.openAccount("Poor", 10);
        long to = ledger.openAccount("Rich", 0);
        assertProblem(ledger.transfer(from, to, 11), 409);
        assertThat(ok(ledger.get(ACCOUNTS + "/" + from)).getInt("balance")).isEqualTo(10);
    }

    @Test
    void refusesATransferThatWouldOverflowTheOtherBalance() {
        long from = ledger.openAccount("One", 1);
        long to = ledger.openAccount("Full", LARGEST_BALANCE);
        assertProblem(ledger.transfer(from, to, 1), 409);
        assertThat(ledger.totals().getJsonNumber("balance").bigIntegerValue()).isPositive();
    }

    @Test
    void knowsNoAccountThatIsNotThere() {
        long from = ledger.openAccount("Only", 10);
        assertProblem(ledger.get(ACCOUNTS + "/999999"), 404);
        assertProblem(ledger.transfer(from, 999_999, 1), 404);
        assertProblem(ledger.transfer(999_999, from, 1), 404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "body|",
                "body|{",
                "body|[]",
                "body|{\"owner\":\"A\",\"balance\":1} {}",
                "owner|{\"balance\":1}",
                "owner|{\"owner\":null,\"balance\":1}",
                "owner|{\"owner\":\"  \",\"balance\":1}",
                "owner|{\"owner\":\"a\\u0000b\",\"balance\":1}",
                "owner|{\"owner\":\"a\\ud800b\",\"balance\":1}",
                "owner|{\"owner\":[[[1]]],\"balance\":1}",
                "owner|{\"owner\":\"A\",\"owner\":\"B\",\"balance\":1}",
                "balance|{\"owner\":\"A\"}",
                "balance|{\"owner\":\"A\",\"balance\":\"1\"}",
                "balance|{\"owner\":\"A\",\"balance\":-1}",
                "balance|{\"owner\":\"A\",\"balance\":0.5}",
                "balance|{\"owner\":\"A\",\"balance\":9007199254740992}",
                "balance|{\"owner\":\"A\",\"balance\":99999999999999999999}",
                "balance|{\"owner\":\"A\",\"balance\":1e999999999}",
                "colour|{\"owner\":\"A\",\"balance\":1,\"colour\":1}",
            })
    void namesTheFieldOfABadAccount(String field, String body) {
        assertBadField(ledger.post(ACCOUNTS, body == null ? "" : body), field);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "amount|{\"from\":1,\"to\":2,\"amount\":0}",
                "amount|{\"from\":1,\"to\":2,\"amount\":-5}",
                "amount|{\"from\":1,\"to\":2,\"amount\":9223372036854775807}",
                "to|{\"from\":1,\"to\":1,\"amount\":1}",
                "from|{\"from\":\"1\",\"to\":2,\"amount\":1}",
                "from|{\"from\":0,\"to\":2,\"amount\":1}",
            })
    void namesTheFieldOfABadTransfer(String field, String body) {
        assertBadField(ledger.post(TRANSFERS, body), field);
    }

    @ParameterizedTest
    @CsvSource({"id,/x", "id,/0", "limit,?limit=0", "limit,?limit=201", "limit,?limit=x", "cursor,?cursor=-1"})
    void namesTheParameterThatIsWrong(String field, String rest) {
        assertBadField(ledger.get(ACCOUNTS + rest), field);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"})
    void takesNothingButJson(String contentType) {
        assertProblem(ledger.post(ACCOUNTS, "{\"owner\":\"A\",\"balance\":1}", contentType), 415);
        assertProblem(ledger.post("/ledger/api/sync/flush", "x", contentType), 415);
    }

    @Test
    void takesNothingFromAnotherSitesPage() {
        assertProblem(
                ledger.send(HttpRequest.newBuilder(ledger.server().uri("/ledger/api/sync/flush"))
                        .header("Sec-Fetch-Site", "cross-site")
                        .POST(BodyPublishers.noBody())),
                403);
    }

    @Test
    void flushAnswersWithThePositionThatIsDurableThen() {
        ledger.openAccount("Durable", 1);
        String position = ledger.flush();
        JsonObject sync = ledger.sync();
        assertThat(position).matches("[0-9a-f]{16}");
        assertThat(sync.getString("durableTxid")).isGreaterThanOrEqualTo(position);
        assertThat(sync.getJsonNumber("lagSeconds").doubleValue()).isZero();
        assertThat(sync.keySet())
                .containsExactlyInAnyOrder(
                        "running",
                        "committedTxid",
                        "durableTxid",
                        "pendingBytes",
                        "lagSeconds",
                        "totalSynced",
                        "syncErrors",
                        "databaseBytes",
                        "walBytes",
                        "lastSyncAt",
                        "lastSnapshotAt");
    }

    @Test
    void snapshotAnswersWhenItIsThere() {
        assertThat(ok(ledger.post("/ledger/api/sync/snapshot", "{}")).getString("position"))
                .matches("[0-9a-f]{16}");
        assertThat(ledger.sync().isNull("lastSnapshotAt")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"started", "ready", "live"})
    void isHealthy(String check) {
        assertThat(ok(ledger.get("/health/" + check)).getString("status")).isEqualTo("UP");
    }

    @Test
    void thePageRunsItsOwnScriptsOnly() {
        HttpResponse<String> page = ledger.get("/ledger/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'")
                .doesNotContain("unsafe");
        assertThat(page.body()).doesNotContainPattern("<script>|\\son[a-z]+=|style=|javascript:");
        assertThat(ledger.get("/ledger/ledger.js").statusCode()).isEqualTo(200);
        assertThat(ledger.get("/ledger/ledger.css").statusCode()).isEqualTo(200);
    }

    private static void assertBadField(HttpResponse<String> response, String field) {
        assertProblem(response, 400);
        assertThat(parse(response).getString("field")).isEqualTo(field);
    }

    private static void assertProblem(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/problem+json");
        JsonObject problem = parse(response);
        assertThat(problem.getInt("status")).isEqualTo(status);
        assertThat(problem.getString("detail")).isNotBlank();
    }
}
