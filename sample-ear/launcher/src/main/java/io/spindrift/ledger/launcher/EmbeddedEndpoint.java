package io.spindrift.ledger.launcher;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An S3 endpoint on this machine, as a process of its own, so that it outlives the server's last upload. It ends by
 * itself when this process ends.
 */
final class EmbeddedEndpoint implements AutoCloseable {
    private static final String BUCKET = "spindrift";
    /** Not a secret: the endpoint listens on this machine only, and its objects are plain files beside it. */
    private static final Map<String, String> KEYS =
            Map.of("AWS_ACCESS_KEY_ID", "spindrift", "AWS_SECRET_ACCESS_KEY", "spindrift-local");

    private static final long LONGEST_STOP_SECONDS = 10;

    private final Process process;
    private final int port;

    private EmbeddedEndpoint(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts the endpoint and returns when it answers.
     *
     * @param classPath where its main class is
     * @param objects the folder the objects are kept in
     * @throws IOException if it ends instead; the log says why
     */
    static EmbeddedEndpoint start(String classPath, Path objects, int port, Path log) throws IOException {
        Files.createDirectories(objects);
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        "io.spindrift.testing.S3EndpointMain",
                        objects.toString(),
                        Integer.toString(port),
                        BUCKET))
                .redirectError(log.toFile());
        builder.environment().putAll(KEYS);
        Process process = builder.start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        if (output.readLine() == null) {
            throw new IOException("The embedded S3 endpoint did not start; see " + log);
        }
        return new EmbeddedEndpoint(process, port);
    }

    /** What a client needs to find the endpoint and be let in. */
    Map<String, String> clientEnvironment() {
        Map<String, String> environment = new HashMap<>(KEYS);
        environment.put(
                "SPINDRIFT_LEDGER_REPLICA_URL",
                "s3://" + BUCKET + "/demo?region=us-east-1&endpoint=http://127.0.0.1:" + port + "&path-style=true");
        return environment;
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close(); // it reads this stream and ends with it
        try {
            if (!process.waitFor(LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
