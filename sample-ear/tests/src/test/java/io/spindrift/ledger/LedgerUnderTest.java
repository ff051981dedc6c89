package io.spindrift.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.ledger.launcher.Installation;
import io.spindrift.ledger.launcher.LibertyServer;
import io.spindrift.testing.S3Endpoint;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A ledger server of a test's own, on a free port, in an empty folder, and what a client says to it. */
final class LedgerUnderTest implements AutoCloseable {
    private static final Duration LONGEST_START = Duration.ofMinutes(3);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final Path folder;
    private final LibertyServer server;

    /** @param settings environment variables of the server, beside the path of its database */
    LedgerUnderTest(String name, Map<String, String> settings) throws IOException {
        folder = ServerFolders.empty(name);
        Map<String, String> environment = ServerFolders.cleanEnvironment();
        environment.put("SPINDRIFT_LEDGER_PATH", data().resolve("ledger.db").toString());
        environment.putAll(settings);
        server = new LibertyServer(
                Installation.fromSystemProperties(), folder.resolve("liberty"), ServerFolders.freePort(), environment);
    }

    /** Settings that put the replica into the bucket {@code ledger}, with the prefix {@code prod}. */
    static Map<String, String> replicaIn(S3Endpoint s3) {
        Map<String, String> settings = new HashMap<>();
        settings.put(
                "SPINDRIFT_LEDGER_REPLICA_URL", s3.replicaUrl("ledger", "prod").toString());
        settings.put("AWS_ACCESS_KEY_ID", s3.accessKey());
        settings.put("AWS_SECRET_ACCESS_KEY", s3.secretKey());
        return settings;
    }

    Path folder() {
        return folder;
    }

    /** The folder of the database file, which is all a server keeps. */
    Path data() {
        return folder.resolve("data");
    }

    LibertyServer server() {
        return server;
    }

    void start() throws IOException {
        server.start();
    }

    void startAndAwaitReady() throws IOException {
        start();
        awaitReady();
    }

    void awaitReady() {
        await("readiness; see " + server.messagesLog()).atMost(LONGEST_START).until(() -> {
            assertThat(server.isRunning()).as("the server runs").isTrue();
            assertNoApplicationFailed();
            return server.isReady();
        });
        assertEveryFeatureIsKnown();
    }

    /** Liberty goes on without an application that cannot start; a test need not wait for it. */
    private void assertNoApplicationFailed() {
        if (Files.exists(server.messagesLog())) {
            assertThat(server.messagesLog()).content().doesNotContain("CWWKZ0002E", "CWWKZ0106E");
        }
    }

    void assertEveryFeatureIsKnown() {
        assertThat(server.messagesLog()).content().doesNotContain("CWWKF0001E");
    }

    /** How often a class of that name is loaded in the server. */
    long loadersOf(String className) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(server.pid()),
                        "VM.class_hierarchy",
                        className)
                .redirectErrorStream(true)
                .start();
        List<String> lines = jcmd.inputReader().lines().toList();
        assertThat(jcmd.waitFor()).as("jcmd: %s", lines).isZero();
        return lines.stream().filter(line -> line.contains(className + "/")).count();
    }

    long openAccount(String owner, long balance) {
        JsonObject account = created(post("/ledger/api/accounts", json("owner", owner, "balance", balance)));
        return account.getJsonNumber("id").longValue();
    }

    HttpResponse<String> transfer(long from, long to, long amount) {
        return post("/ledger/api/transfers", json("from", from, "to", to, "amount", amount));
    }

    JsonObject totals() {
        return ok(get("/ledger/api/totals"));
    }

    JsonObject sync() {
        return ok(get("/ledger/api/sync"));
    }

    /** Returns when everything is durable, with the position up to which it is. */
    String flush() {
        return ok(post("/ledger/api/sync/flush", "{}")).getString("position");
    }

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(server.uri(path)));
    }

    HttpResponse<String> post(String path, String body) {
        return post(path, body, "application/json");
    }

    HttpResponse<String> post(String path, String body, String contentType) {
        return send(HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", contentType)
                .POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static JsonObject ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return parse(response);
    }

    static JsonObject created(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
        return parse(response);
    }

    static JsonObject parse(HttpResponse<String> response) {
        return Json.createReader(new StringReader(response.body())).readObject();
    }

    private static String json(Object... namesAndValues) {
        Map<String, Object> object = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return Json.createObjectBuilder(object).build().toString();
    }

    @Override
    public void close() {
        server.close();
    }
}
