package io.spindrift.inserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.ledger.ServerFolders;
import io.spindrift.ledger.launcher.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One WildFly server in a folder of its own, on free ports of the loopback interface. The unpacked product is only read:
 * {@code jboss.server.base.dir} is what it writes to.
 */
final class WildFlyServer extends ServerProcess {
    /** What bin/standalone.sh opens for WildFly's own libraries. */
    private static final List<String> OPENED = List.of(
            "java.base/java.lang",
            "java.base/java.lang.invoke",
            "java.base/java.lang.reflect",
            "java.base/java.io",
            "java.base/java.net",
            "java.base/java.security",
            "java.base/java.util",
            "java.base/java.util.concurrent",
            "java.management/javax.management",
            "java.naming/javax.naming");

    private final Path product = Path.of(System.getProperty("wildfly.home")).toAbsolutePath();
    private final Path folder;
    private final Map<String, String> environment;
    private final int httpPort = ServerFolders.freePort();
    private final int managementPort = ServerFolders.freePort();

    WildFlyServer(Path folder, Map<String, String> environment) throws IOException {
        this.folder = folder;
        this.environment = environment;
        Path from = product.resolve("standalone/configuration");
        Files.createDirectories(folder.resolve("deployments")); // which is scanned, and stays empty
        Files.createDirectories(configuration());
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, configuration().resolve(file.getFileName()));
            }
        }
    }

    private Path configuration() {
        return folder.resolve("configuration");
    }

    /** Runs a script of the command line on the server, which is stopped. */
    void configure(String script) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("configure.cli"), script);
        List<String> command = java("org.jboss.as.cli");
        command.add("--file=" + file);
        Process process = process(command, "configure.log").start();
        assertThat(process.waitFor())
                .as("jboss-cli: %s", Files.readString(folder.resolve("configure.log")))
                .isZero();
    }

    @Override
    public void start() throws IOException {
        List<String> command = java("org.jboss.as.standalone");
        command.add("-Djboss.http.port=" + httpPort);
        command.add("-Djboss.https.port=" + ServerFolders.freePort());
        command.add("-Djboss.management.http.port=" + managementPort);
        launch(process(command, "console.log"));
    }

    private List<String> java(String module) {
        List<String> command = new ArrayList<>(List.of(java(), "-Xmx512m", "--enable-native-access=ALL-UNNAMED"));
        OPENED.forEach(opened -> command.add("--add-opens=" + opened + "=ALL-UNNAMED"));
        command.add("-Djava.io.tmpdir=" + folder.resolve("tmp"));
        command.add("-Djboss.home.dir=" + product);
        command.add("-Djboss.server.base.dir=" + folder);
        command.add("-Dorg.jboss.boot.log.file=" + messagesLog());
        command.add("-Dlogging.configuration="
                + configuration().resolve("logging.properties").toUri());
        command.addAll(List.of("-jar", product.resolve("jboss-modules.jar").toString()));
        command.addAll(List.of("-mp", product.resolve("modules").toString(), module));
        return command;
    }

    private ProcessBuilder process(List<String> command, String log) throws IOException {
        Files.createDirectories(folder.resolve("tmp"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(log).toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("JBOSS_HOME", product.toString());
        return builder;
    }

    @Override
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + httpPort + path);
    }

    /** WildFly answers on the management interface. */
    @Override
    public URI health(String check) {
        return URI.create("http://127.0.0.1:" + managementPort + "/health/" + check);
    }

    @Override
    public Path messagesLog() {
        return folder.resolve("log/server.log");
    }
}
