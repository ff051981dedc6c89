package io.spindrift.ledger.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs the ledger until Ctrl-C: an S3 endpoint unless {@code SPINDRIFT_LEDGER_REPLICA_URL} names a real bucket, and Open
 * Liberty. Stops Liberty first, so that its last commits still find the endpoint.
 *
 * <p>System properties: {@code http.port}, {@code s3.port}, {@code run.dir} (where data, objects and logs are), and what
 * {@link Installation} reads.
 */
public final class RunLedger {
    private static final String REPLICA_URL = "SPINDRIFT_LEDGER_REPLICA_URL";
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(300);
    private static final int LARGEST_PORT = 65_535;

    private final Path folder;
    private final int httpPort;
    private final int s3Port;
    private EmbeddedEndpoint endpoint;
    private LibertyServer server;
    private volatile boolean stopping;

    private RunLedger(Path folder, int httpPort, int s3Port) {
        this.folder = folder;
        this.httpPort = httpPort;
        this.s3Port = s3Port;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try {
            new RunLedger(
                            Path.of(System.getProperty("run.dir"))
                                    .toAbsolutePath()
                                    .normalize(),
                            port("http.port"),
                            port("s3.port"))
                    .run();
        } catch (CannotRunException e) {
            System.err.println(e.getMessage());
            // Ends Maven too, without a stack trace: the sentence is all there is to know.
            System.exit(1);
        }
    }

    private void run() throws IOException, InterruptedException {
        requireFree(httpPort, "http.port");
        Map<String, String> environment = new HashMap<>(System.getenv());
        boolean embedded = environment.getOrDefault(REPLICA_URL, "").isBlank();
        if (embedded) {
            requireFree(s3Port, "s3.port");
        }
        Files.createDirectories(folder);
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop-ledger"));
        if (embedded) {
            endpoint = EmbeddedEndpoint.start(
                    System.getProperty("ledger.endpoint.classpath"),
                    folder.resolve("s3"),
                    s3Port,
                    folder.resolve("s3.log"));
            environment.putAll(endpoint.clientEnvironment());
            say("Objects are kept in " + folder.resolve("s3") + ", served at http://127.0.0.1:" + s3Port);
        } else {
            say("Objects are kept at " + environment.get(REPLICA_URL));
        }
        environment.put(
                "SPINDRIFT_LEDGER_PATH", folder.resolve("data/ledger.db").toString());
        server = new LibertyServer(
                Installation.fromSystemProperties(), folder.resolve("liberty"), httpPort, environment);
        say("Starting Open Liberty; its log is " + server.messagesLog());
        server.start();
        announce();
        int status = server.waitFor();
        if (!stopping) {
            throw new CannotRunException("Open Liberty ended with status " + status + "; see " + server.consoleLog());
        }
    }

    private void announce() throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean late = false;
        while (server.isRunning() && !server.isReady()) {
            if (!late && System.nanoTime() > deadline) {
                late = true;
                say("The ledger is not ready yet; " + server.uri("/health/ready") + " says why");
            }
            Thread.sleep(BETWEEN_LOOKS.toMillis());
        }
        if (server.isRunning() && !stopping) {
            say("The ledger is ready at " + server.uri("/ledger/") + " (Ctrl-C stops it)");
        }
    }

    /** In the shutdown hook. On a terminal Ctrl-C reaches Liberty too, which is then stopping already. */
    private void stop() {
        stopping = true;
        try {
            if (server != null && server.isRunning()) {
                say("Stopping Open Liberty");
                server.stop();
            }
            if (endpoint != null) {
                endpoint.close();
            }
            say("Stopped");
        } catch (IOException e) {
            say("The S3 endpoint could not be stopped: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int port(String property) {
        String value = System.getProperty(property);
        try {
            int port = Integer.parseInt(value);
            if (port > 0 && port <= LARGEST_PORT) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Answered below, together with numbers out of range.
        }
        throw new CannotRunException(
                property + " must be a port from 1 to " + LARGEST_PORT + ", found \"" + value + "\"");
    }

    private static void requireFree(int port, String property) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (java.net.BindException e) {
            throw new CannotRunException("Port " + port + " on 127.0.0.1 cannot be used (" + e.getMessage()
                    + "): stop the program that listens there, or choose another port with -D" + property + "=…");
        }
    }

    private static void say(String sentence) {
        System.out.println(sentence);
    }

    /** The ledger cannot run; the message is for the person who started it. */
    private static final class CannotRunException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CannotRunException(String sentence) {
            super(sentence);
        }
    }
}
