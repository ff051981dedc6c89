package io.spindrift.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.sync.PlainSqlite;
import io.spindrift.testing.S3Endpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar as it is handed out, in a process of its own, with everything it needs inside. */
class CommandLineJarIT {
    private static final Path JAR = Path.of("target", "spindrift-cli.jar").toAbsolutePath();
    private static final Path TERMINAL = Path.of("/usr/bin/script");
    private static final int ROWS = 2_000;

    @TempDir
    static Path folder;

    private static S3Endpoint s3;
    private static URI replica;
    private static Path keys;

    private record Answer(int exitCode, String text) {}

    @BeforeAll
    static void replicateAnEncryptedDatabase() throws Exception {
        s3 = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials();
        replica = s3.replicaUrl("bucket", "prod");
        keys = folder.resolve("keys.json");
        assertThat(run(command("keyset", "create", keys.toString())).exitCode()).isZero();
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("data/ledger.db"))
                .replica(replica)
                .encryptionKeyset(keys)
                .build();
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (body BLOB)");
            for (int i = 0; i < ROWS; i++) {
                statement.execute("INSERT INTO entry VALUES (randomblob(1000))");
            }
            database.flush();
        }
    }

    @AfterAll
    static void stopTheStore() {
        s3.close();
    }

    @Test
    void restoresAnEncryptedReplicaFromS3() throws Exception {
        Path copy = folder.resolve("copy.db");

        Answer answer = run(restore(copy, keys));

        assertThat(answer.exitCode()).as(answer.text()).isZero();
        assertThat(answer.text()).contains("checksum proven");
        assertThat(PlainSqlite.run(copy, "SELECT count(*) FROM entry")).isEqualTo(Integer.toString(ROWS));
    }

    @Test
    void refusesAWrongKeyBeforeAByteIsWritten() throws Exception {
        Path copy = folder.resolve("refused.db");
        Path others = folder.resolve("others.json");
        assertThat(run(command("keyset", "create", others.toString())).exitCode())
                .isZero();

        Answer answer = run(restore(copy, others));

        assertThat(answer.exitCode()).isEqualTo(1);
        assertThat(answer.text().lines().filter(line -> !line.isBlank())).hasSize(1);
        assertThat(answer.text()).contains("others.json");
        assertThat(copy).doesNotExist();
    }

    @Test
    void showsABarOnATerminal() throws Exception {
        assumeTrue(Files.isExecutable(TERMINAL), "needs util-linux's script, which makes a terminal");
        Path copy = folder.resolve("seen.db");
        String restore = String.join(
                " ", restore(copy, keys).stream().map(word -> "'" + word + "'").toList());

        Answer answer = run(List.of(TERMINAL.toString(), "-qec", restore, "/dev/null"));

        assertThat(answer.exitCode()).as(answer.text()).isZero();
        assertThat(answer.text())
                .contains("\r\u001b[K0000000000000002 comparing its checksum")
                .contains("checksum proven");
    }

    @Test
    void provesTheReplica() throws Exception {
        Answer answer = run(command(
                "verify",
                "--json",
                "--replica",
                replica.toString(),
                "--name",
                "ledger",
                "--encryption-keyset",
                keys.toString()));

        assertThat(answer.exitCode()).as(answer.text()).isZero();
        assertThat(answer.text()).startsWith("{").contains("\"proven\":true");
    }

    private static List<String> restore(Path copy, Path keyset) {
        return command(
                "restore",
                "--replica",
                replica.toString(),
                "--name",
                "ledger",
                "--encryption-keyset",
                keyset.toString(),
                "--output",
                copy.toString());
    }

    private static List<String> command(String... words) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-jar");
        command.add(JAR.toString());
        command.addAll(List.of(words));
        return command;
    }

    private static Answer run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY);
        builder.environment().put("AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY);
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return new Answer(process.exitValue(), text);
    }
}
