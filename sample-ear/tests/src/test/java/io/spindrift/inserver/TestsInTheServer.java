package io.spindrift.inserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.spindrift.ledger.launcher.ServerProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherFactory;

/** {@link StandaloneAdapter}, run by {@link TestServlet} in a server and reported as tests of the caller's. */
final class TestsInTheServer {
    private TestsInTheServer() {}

    /** The application that holds them. */
    static EnterpriseArchive application() {
        return ProbeApplication.ear(ProbeApplication.war()
                .addClasses(StandaloneAdapter.class, CdiInjection.class, TestServlet.class)
                .addAsLibraries(ProbeApplication.jars(
                        Test.class,
                        LauncherFactory.class,
                        org.junit.platform.engine.TestEngine.class,
                        org.junit.platform.commons.JUnitException.class,
                        org.junit.jupiter.engine.JupiterTestEngine.class,
                        org.opentest4j.AssertionFailedError.class)));
    }

    static Stream<DynamicTest> run(ServerProcess server) throws IOException, InterruptedException {
        HttpResponse<String> report = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(server.uri("/probe-web/tests")).build(), BodyHandlers.ofString());
        assertThat(report.statusCode()).as(report.body()).isEqualTo(200);
        List<String> results = report.body().lines().toList();
        assertThat(results).hasSizeGreaterThanOrEqualTo(testsOf(AdapterInTheServer.class));
        return results.stream()
                .map(result -> dynamicTest(nameIn(result), () -> {
                    if (!result.startsWith("+ ")) {
                        fail(result.replace('\u2028', '\n'));
                    }
                }));
    }

    private static String nameIn(String result) {
        return result.split(" ", 3)[1];
    }

    private static int testsOf(Class<?> type) {
        return (int) Stream.of(type.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .count();
    }
}
