package io.spindrift.ledger.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * One application server, as a process of its own that is started as Java itself, so that a signal reaches the server
 * and nothing else. Not safe for use by several threads, except that {@link #stop} may be called while another thread is
 * in {@link #waitFor}.
 */
public abstract class ServerProcess implements AutoCloseable {
    /** The adapter ships what is left for at most 25 s, and Liberty waits 30 s for its own threads. */
    private static final Duration LONGEST_STOP = Duration.ofSeconds(75);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private volatile Process process;

    /** Prepares the server's folder and starts the process; does not wait for it. */
    public abstract void start() throws IOException;

    /** The address of a path of the applications. */
    public abstract URI uri(String path);

    /** The address of {@code /health/ready}, {@code /health/live} or {@code /health/started}. */
    public abstract URI health(String check);

    /** The server's messages, one a line. */
    public abstract Path messagesLog();

    protected final void launch(ProcessBuilder builder) throws IOException {
        process = builder.start();
    }

    /** The Java that runs this. */
    protected static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    public final boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** The process id of the running server. */
    public final long pid() {
        return process.pid();
    }

    /** Whether {@code /health/ready} answers 200. */
    public final boolean isReady() throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(health("ready"))
                .timeout(Duration.ofSeconds(10))
                .build();
        try {
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false; // not listening yet, or in the middle of a stop
        }
    }

    /** Waits for the process to end. */
    public final int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /** Asks the server to stop and waits until it has; ends it by force when it takes too long. */
    public final void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(LONGEST_STOP.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
    }

    /** Ends the process at once, as a crash would: {@code kill -9}. */
    public final void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Ends the process at once if it still runs. */
    @Override
    public final void close() {
        if (isRunning()) {
            process.destroyForcibly();
        }
    }
}
