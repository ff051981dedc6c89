package io.spindrift.ledger.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One Open Liberty server, as a process of its own in a folder of its own.
 *
 * <p>Java is started directly rather than by Liberty's shell script: the process is then the server itself, so that a
 * signal reaches it and nothing else, and no shell is needed. Not safe for use by several threads, except that
 * {@link #stop} may be called while another thread is in {@link #waitFor}.
 */
public final class LibertyServer implements AutoCloseable {
    private static final String NAME = "ledger";
    private static final int JAVA_WITHOUT_SECURITY_MANAGER = 24;
    /** The adapter ships what is left for at most 25 s, and Liberty waits 30 s for its own threads. */
    private static final Duration LONGEST_STOP = Duration.ofSeconds(75);

    private final Installation installation;
    private final Path folder;
    private final int httpPort;
    private final Map<String, String> environment;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private volatile Process process;

    /**
     * Describes a server; {@link #start} runs it.
     *
     * @param folder where it keeps its configuration, logs and work area; may have been used before
     * @param environment every environment variable of the process, but those that Liberty itself needs
     */
    public LibertyServer(Installation installation, Path folder, int httpPort, Map<String, String> environment) {
        this.installation = installation;
        this.folder = folder.toAbsolutePath();
        this.httpPort = httpPort;
        this.environment = Map.copyOf(environment);
    }

    /** Copies the configuration and the archives to the folder and starts the process; does not wait for it. */
    public void start() throws IOException {
        Files.createDirectories(serverFolder().resolve("apps"));
        try (Stream<Path> files = Files.list(installation.configuration())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                copy(file, serverFolder().resolve(file.getFileName()));
            }
        }
        copy(installation.adapter(), serverFolder().resolve("spindrift.rar"));
        copy(
                installation.application(),
                serverFolder()
                        .resolve("apps")
                        .resolve(installation.application().getFileName()));
        Files.deleteIfExists(messagesLog());
        ProcessBuilder builder = new ProcessBuilder(command())
                .directory(serverFolder().toFile())
                .redirectErrorStream(true)
                .redirectOutput(consoleLog().toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("HTTP_PORT", Integer.toString(httpPort));
        builder.environment().put("WLP_USER_DIR", folder.toString());
        process = builder.start();
    }

    /** The address of a path on this server. */
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + httpPort + path);
    }

    /** The server's messages, one a line. */
    public Path messagesLog() {
        return serverFolder().resolve("logs/messages.log");
    }

    /** What the server printed. */
    public Path consoleLog() {
        return folder.resolve("console.log");
    }

    /** The server's folder, where {@code server.xml} is. */
    public Path serverFolder() {
        return folder.resolve("servers").resolve(NAME);
    }

    public boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** The process id of the running server. */
    public long pid() {
        return process.pid();
    }

    /** Whether {@code /health/ready} answers 200. */
    public boolean isReady() throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri("/health/ready"))
                .timeout(Duration.ofSeconds(10))
                .build();
        try {
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false; // not listening yet, or in the middle of a stop
        }
    }

    /** Waits for the process to end. */
    public int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /** Asks the server to stop and waits until it has; ends it by force when it takes too long. */
    public void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(LONGEST_STOP.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
    }

    /** Ends the process at once, as a crash would: {@code kill -9}. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Ends the process at once if it still runs. */
    @Override
    public void close() {
        if (isRunning()) {
            process.destroyForcibly();
        }
    }

    private List<String> command() throws IOException {
        Path tools = installation.liberty().resolve("bin/tools");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-javaagent:" + tools.resolve("ws-javaagent.jar"));
        boolean plain = Runtime.version().feature() >= JAVA_WITHOUT_SECURITY_MANAGER;
        command.addAll(options(
                installation.liberty().resolve("lib/platform/java/" + (plain ? "java24" : "java9") + ".options")));
        command.addAll(options(serverFolder().resolve("jvm.options")));
        command.addAll(List.of("-jar", tools.resolve("ws-server.jar").toString(), NAME));
        return command;
    }

    private static List<String> options(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
    }
}
