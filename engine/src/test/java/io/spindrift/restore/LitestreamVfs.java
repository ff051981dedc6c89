package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
