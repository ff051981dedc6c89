package io.spindrift.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.ledger.launcher.RunLedger;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code mvn -Prun} starts. */
@Timeout(300)
class RunLedgerIT {
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void startsStopsLibertyBeforeTheEndpointAndFindsItsDataAgain() throws Exception {
        Path folder = ServerFolders.empty("run-ledger");
        int httpPort = ServerFolders.freePort();
        int s3Port = ServerFolders.freePort();
        Process first = run(folder, httpPort, s3Port);
        try {
            awaitLine(folder, "The ledger is ready at http://127.0.0.1:" + httpPort + "/ledger/");
            openAccount(httpPort);
            // Without a flush: what stopping does not ship is lost with the folder deleted below.
            stop(first);
            assertThat(output(folder)).contains("Stopping Open Liberty").contains("Stopped");
            assertThat(folder.resolve("data/ledger.db")).exists();
            assertThat(folder.resolve("s3")).isNotEmptyDirectory();
        } finally {
            first.destroyForcibly();
        }

        ServerFolders.deleteAll(folder.resolve("data"));
        Process second = run(folder, httpPort, s3Port);
        try {
            awaitLine(folder, "The ledger is ready at");
            assertThat(get(httpPort, "/ledger/api/totals")).contains("\"accounts\":1");
            stop(second);
        } finally {
            second.destroyForcibly();
        }
    }

    @Test
    void saysWhichPortIsTakenAndWhatToDo() throws Exception {
        Path folder = ServerFolders.empty("run-ledger-port");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process process = run(folder, taken.getLocalPort(), ServerFolders.freePort());
            assertThat(process.waitFor()).isEqualTo(1);
            assertThat(output(folder))
                    .startsWith("Port " + taken.getLocalPort() + " on 127.0.0.1 cannot be used")
                    .contains("-Dhttp.port=")
                    .hasLineCount(1);
        }
    }

    private static Process run(Path folder, int httpPort, int s3Port) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dhttp.port=" + httpPort);
        command.add("-Ds3.port=" + s3Port);
        command.add("-Drun.dir=" + folder);
        command.add("-Dledger.endpoint.classpath=" + System.getProperty("java.class.path"));
        for (String property : List.of("liberty", "configuration", "adapter", "application")) {
            command.add("-Dledger." + property + "=" + System.getProperty("ledger." + property));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), RunLedger.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(folder).toFile());
        Map<String, String> environment = ServerFolders.cleanEnvironment();
        builder.environment().keySet().retainAll(environment.keySet());
        return builder.start();
    }

    private static void stop(Process process) throws InterruptedException {
        process.destroy();
        process.waitFor();
    }

    private static void awaitLine(Path folder, String line) {
        await("\"" + line + "\" in " + log(folder))
                .atMost(Duration.ofMinutes(2))
                .until(() -> output(folder).contains(line));
    }

    private static String output(Path folder) throws IOException {
        return Files.readString(log(folder));
    }

    private static Path log(Path folder) {
        return folder.resolve("launcher.log");
    }

    private void openAccount(int port) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ledger/api/accounts"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"owner\":\"Ada\",\"balance\":1}"))
                .build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(201);
    }

    private String get(int port, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }
}
