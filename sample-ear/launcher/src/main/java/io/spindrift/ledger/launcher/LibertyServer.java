package io.spindrift.ledger.launcher;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One Open Liberty server, in a folder of its own. */
public final class LibertyServer extends ServerProcess {
    private static final String NAME = "ledger";
    private static final int JAVA_WITHOUT_SECURITY_MANAGER = 24;

    private final Installation installation;
    private final Path folder;
    private final int httpPort;
    private final Map<String, String> environment;

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
    @Override
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
        launch(builder);
    }

    @Override
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + httpPort + path);
    }

    @Override
    public URI health(String check) {
        return uri("/health/" + check);
    }

    @Override
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

    private List<String> command() throws IOException {
        Path tools = installation.liberty().resolve("bin/tools");
        List<String> command = new ArrayList<>();
        command.add(java());
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
