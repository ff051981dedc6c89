package io.spindrift.inserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.ledger.ServerFolders;
import io.spindrift.ledger.launcher.Installation;
import io.spindrift.ledger.launcher.LibertyServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The README's way: the adapter by itself, the application with {@code classProviderRef}. */
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StandaloneAdapterIT {
    private static LibertyServer server;
    private static TelemetryReceiver telemetry;

    @BeforeAll
    static void start() throws Exception {
        Path folder = ServerFolders.empty("standalone");
        Path application = folder.resolve("probe.ear");
        TestsInTheServer.application().as(ZipExporter.class).exportTo(application.toFile());
        Path configuration = ServerFolders.configuration(folder.resolve("configuration"), "/in-server/standalone.xml");
        Installation product = Installation.fromSystemProperties();
        telemetry = new TelemetryReceiver();
        Map<String, String> environment = ServerFolders.cleanEnvironment();
        environment.putAll(telemetry.environment());
        server = new LibertyServer(
                new Installation(product.liberty(), configuration, product.adapter(), application),
                folder.resolve("liberty"),
                ServerFolders.freePort(),
                environment);
        server.start();
        await("the application; see " + server.messagesLog())
                .atMost(Duration.ofMinutes(3))
                .until(server::isReady);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.stop();
        assertThat(server.messagesLog()).content().doesNotContain("CWWKF0001E");
        telemetry.close();
    }

    @Test
    @Order(2) // the tests in the server ship something
    void metricsAndSpansArriveWhereTheServerExportsThem() {
        await("metrics; see " + server.messagesLog())
                .atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(telemetry.metrics())
                        .contains("io.spindrift", "spindrift.sync.lag", "spindrift.store.requests", "probe"));
        await("spans of the segments that the tests in the server shipped")
                .atMost(Duration.ofMinutes(1))
                .untilAsserted(() ->
                        assertThat(telemetry.traces()).contains("spindrift.segment", "staged", "spindrift.position"));
    }

    @TestFactory
    @Order(1)
    Stream<DynamicTest> insideTheServer() throws Exception {
        return TestsInTheServer.run(server);
    }
}
