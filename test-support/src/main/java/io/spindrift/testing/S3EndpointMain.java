package io.spindrift.testing;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Runs an {@link S3Endpoint} as a process of its own: {@code S3EndpointMain <folder> <port> <bucket>}, the key pair in
 * {@code AWS_ACCESS_KEY_ID} and {@code AWS_SECRET_ACCESS_KEY}, port 0 for a free one.
 *
 * <p>Prints {@code S3 endpoint ready at http://127.0.0.1:<port>} once it answers, and ends when its standard input
 * closes or on SIGTERM. It ignores SIGINT: Ctrl-C reaches every process of a terminal at once, and a server that is
 * still shipping its last commits needs the endpoint for a moment longer.
 */
public final class S3EndpointMain {
    static final String READY = "S3 endpoint ready at ";

    private S3EndpointMain() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            System.err.println("Usage: S3EndpointMain <folder> <port> <bucket>");
            System.exit(2);
        }
        ignoreInterrupt();
        S3Endpoint endpoint = S3Endpoint.onDisk(
                Path.of(arguments[0]).toAbsolutePath(),
                Integer.parseInt(arguments[1]),
                environment("AWS_ACCESS_KEY_ID"),
                environment("AWS_SECRET_ACCESS_KEY"));
        endpoint.withBucket(arguments[2]);
        System.out.println(READY + endpoint.uri());
        while (System.in.read() >= 0) {
            // Whoever started us keeps this open as long as we are needed.
        }
        System.exit(0);
    }

    private static String environment(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            System.err.println("The environment variable " + name + " is missing; set the endpoint's key pair");
            System.exit(2);
        }
        return value;
    }

    /** By reflection, because the compiler warns of every mention of {@code sun.misc} and cannot be told not to. */
    private static void ignoreInterrupt() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance("INT"),
                            handler.getField("SIG_IGN").get(null));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("SIGINT cannot be ignored on this Java", e);
        }
    }
}
