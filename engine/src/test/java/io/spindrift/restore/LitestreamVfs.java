package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.spindrift.Position;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.S3Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The official Litestream VFS, a SQLite extension, as npm delivers it. Kept under {@code target/}. Where it cannot be
 * had the test is skipped with the reason, or fails if {@code -Dspindrift.require=all}.
 */
final class LitestreamVfs {
    private static final String PACKAGE = "litestream-vfs@0.5.17";
    private static final Path FOLDER = Path.of("target", "litestream-vfs-0.5.17");
    private static final long INSTALL_MINUTES = 2;
    private static final Duration READING = Duration.ofMinutes(1);

    private LitestreamVfs() {}

    /** The extension's file. */
    static Path extension() throws IOException, InterruptedException {
        Optional<Path> present = find();
        if (present.isPresent()) {
            return present.get();
        }
        String problem = install();
        return find().orElseGet(() -> missing(problem));
    }

    /** What the extension has to know of a database's replica in a folder. */
    static Map<String, String> environment(Path replica, String database) {
        return Map.of("LITESTREAM_REPLICA_URL", "file://" + replica + "/databases/" + database);
    }

    /** What the extension has to know of a database's replica at an S3 endpoint. */
    static Map<String, String> environment(S3Endpoint endpoint, String bucketAndPrefix, String database) {
        return Map.of(
                "LITESTREAM_REPLICA_URL",
                "s3://" + bucketAndPrefix + "/databases/" + database
                        + "?region=us-east-1&force-path-style=true&endpoint=" + endpoint.uri(),
                "AWS_CA_BUNDLE", // where it is set, the extension cannot start
                "",
                "AWS_ACCESS_KEY_ID",
                endpoint.accessKey(),
                "AWS_SECRET_ACCESS_KEY",
                endpoint.secretKey());
    }

    /**
     * Reads a replica in a process of its own and compares position and content.
     *
     * @param at the instant to read it at, none for now
     */
    static void assertReads(Map<String, String> environment, Position position, String content, Instant... at)
            throws Exception {
        Stream<String> instants = Arrays.stream(at).map(Instant::toString);
        String[] arguments =
                Stream.concat(Stream.of(extension().toString()), instants).toArray(String[]::new);
        try (ChildJvm reader = ChildJvm.start(List.of(), environment, LitestreamReader.class, arguments)) {
            assertThat(reader.awaitExit(READING))
                    .as("exit of the reader, which said %s", reader.lines())
                    .isZero();
            assertThat(reader.lines()).contains("txid " + position, "content " + content);
        }
    }

    private static Optional<Path> find() throws IOException {
        if (!Files.isDirectory(FOLDER)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(file -> file.getFileName().toString().matches("litestream-vfs\\.(so|dylib)"))
                    .map(Path::toAbsolutePath)
                    .findFirst();
        }
    }

    /** Answers what went wrong, if anything did. */
    private static String install() throws IOException, InterruptedException {
        Files.createDirectories(FOLDER);
        Path output = FOLDER.resolve("npm.log");
        List<String> npm = List.of(
                "npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", FOLDER.toString(), PACKAGE);
        try {
            Process process = new ProcessBuilder(npm)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                return "npm did not finish within " + INSTALL_MINUTES + " minutes";
            }
            return "npm ended with " + process.exitValue() + ", see " + output;
        } catch (IOException e) {
            return "npm cannot be run (" + e.getMessage() + ")";
        }
    }

    private static Path missing(String problem) {
        String reason = PACKAGE + " is not available for this machine: " + problem;
        assertThat(System.getProperty("spindrift.require"))
                .as(reason + "; -Dspindrift.require=all forbids to skip")
                .isNotEqualTo("all");
        return abort(reason);
    }
}
