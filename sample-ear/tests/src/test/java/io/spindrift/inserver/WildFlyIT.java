package io.spindrift.inserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.ledger.ServerFolders;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The same adapter and the same application on another server, whose persistence is Hibernate's. */
@Tag("wildfly")
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WildFlyIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Path folder;
    private static WildFlyServer server;

    @BeforeAll
    static void start() throws Exception {
        folder = ServerFolders.empty("wildfly");
        Map<String, String> environment = ServerFolders.cleanEnvironment();
        environment.put("SPINDRIFT_PROBE_PATH", data().resolve("probe.db").toString());
        environment.put("SPINDRIFT_PROBE_REPLICA_URL", objects().toUri().toString());
        environment.put("SPINDRIFT_PROBE_MAX_LAG", "2s");
        server = new WildFlyServer(folder.resolve("server"), environment);
        Path application = folder.resolve("probe.ear");
        application().as(ZipExporter.class).exportTo(application.toFile());
        server.configure(script(Path.of(System.getProperty("ledger.adapter")), application));
        startAndAwaitReady();
    }

    private static Path data() {
        return folder.resolve("data");
    }

    private static Path objects() {
        return folder.resolve("objects");
    }

    /** The product's script for the tests' database, with a second connection factory and what to deploy. */
    private static String script(Path... archives) throws IOException {
        String product = Files.readString(configuration("spindrift.cli")).replace("ledger", "probe");
        String durable = product.lines()
                .filter(line -> line.contains("connection-definitions=probe"))
                .map(line -> line.replace("connection-definitions=probe", "connection-definitions=probe-durable")
                        .replace("java:/jdbc/probe", "java:/jdbc/probe-durable"))
                .map(line -> line + "\n")
                .collect(Collectors.joining());
        String replica = "/subsystem=resource-adapters/resource-adapter=spindrift"
                + "/connection-definitions=probe-durable/config-properties=durability:add(value=replica)\n";
        String deploy =
                Stream.of(archives).map(archive -> "deploy " + archive + "\n").collect(Collectors.joining());
        return product.replace("stop-embedded-server", durable + replica + deploy + "stop-embedded-server");
    }

    private static Path configuration(String file) {
        return Path.of(System.getProperty("ledger.configuration"))
                .resolveSibling("wildfly")
                .resolve(file);
    }

    private static EnterpriseArchive application() {
        EnterpriseArchive application = TestsInTheServer.application()
                .addAsManifestResource(
                        configuration("jboss-deployment-structure.xml").toFile());
        application
                .getAsType(WebArchive.class, "probe-web.war")
                .addClasses(Tally.class, TallyServlet.class)
                .setWebXML("in-server/wildfly-web.xml")
                .addAsLibrary(new File(System.getProperty("wildfly.dialects")));
        return application;
    }

    private static void startAndAwaitReady() throws IOException {
        server.start();
        await("the application; see " + server.messagesLog())
                .pollInterval(Duration.ofSeconds(1))
                .atMost(Duration.ofMinutes(3))
                .until(() -> {
                    assertThat(server.isRunning()).as("the server runs").isTrue();
                    return server.isReady()
                            && get(server.uri("/probe-web/tally")).statusCode() == 200;
                });
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.stop();
    }

    @TestFactory
    @Order(1)
    Stream<DynamicTest> insideTheServer() throws Exception {
        return TestsInTheServer.run(server);
    }

    @Test
    void aRequestThatFailsLeavesNothing() throws Exception {
        long before = tally();
        assertThat(post("").statusCode()).isEqualTo(200);
        assertThat(post("?fail").statusCode()).isEqualTo(500);
        assertThat(tally()).isEqualTo(before + 1);
    }

    @Test
    void ofTwoRequestsThatReadTheSameOneBeginsAgain() throws Exception {
        long before = tally();
        List<CompletableFuture<HttpResponse<String>>> both = Stream.of(1, 2)
                .map(request -> HTTP.sendAsync(posting("?beside"), BodyHandlers.ofString()))
                .toList();
        List<String> attempts = both.stream()
                .map(CompletableFuture::join)
                .map(HttpResponse::body)
                .sorted()
                .toList();
        assertThat(attempts).containsExactly("1", "2");
        assertThat(tally()).isEqualTo(before + 2);
    }

    @Test
    void readinessFollowsTheReplica() throws Exception {
        HttpResponse<String> up = get(server.health("ready"));
        assertThat(up.statusCode()).as(up.body()).isEqualTo(200);
        assertThat(up.body()).contains("spindrift-ready", "probe.state", "OPEN");
        Path away = folder.resolve("objects-away");
        Files.move(objects(), away);
        Files.writeString(objects(), "no folder");
        try {
            assertThat(post("").statusCode()).isEqualTo(200);
            await("DOWN").atMost(Duration.ofMinutes(1)).until(() -> !server.isReady());
            assertThat(get(server.health("ready")).body()).contains("max-lag");
            assertThat(get(server.health("live")).statusCode()).isEqualTo(200);
        } finally {
            Files.delete(objects());
            Files.move(away, objects());
        }
        await("UP").atMost(Duration.ofMinutes(2)).until(server::isReady);
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aServerThatLostItsDiskRestoresWhatItHadWhenItStopped() throws Exception {
        assertThat(post("").statusCode()).isEqualTo(200);
        long before = tally();
        server.stop();
        assertThat(server.messagesLog()).content().contains("SPIN0003I").doesNotContain("SPIN0004W", "SPIN0101I");
        ServerFolders.deleteAll(data());
        startAndAwaitReady();
        assertThat(server.messagesLog()).content().contains("SPIN0101I");
        assertThat(tally()).isEqualTo(before);
        assertThat(post("").statusCode()).isEqualTo(200);
        assertThat(tally()).isEqualTo(before + 1);
    }

    private static long tally() throws Exception {
        HttpResponse<String> answer = get(server.uri("/probe-web/tally"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Long.parseLong(answer.body());
    }

    private static HttpResponse<String> get(URI address) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String parameters) throws IOException, InterruptedException {
        return HTTP.send(posting(parameters), BodyHandlers.ofString());
    }

    private static HttpRequest posting(String parameters) {
        return HttpRequest.newBuilder(server.uri("/probe-web/tally" + parameters))
                .POST(BodyPublishers.noBody())
                .build();
    }
}
