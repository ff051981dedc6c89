package io.spindrift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandLineTest {
    @TempDir
    Path folder;

    private String url;
    private String out;
    private String err;

    @BeforeEach
    void replicateADatabase() throws Exception {
        url = folder.resolve("replica").toUri().toString();
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("data/ledger.db"))
                .replica(folder.resolve("replica").toUri())
                .build();
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (body TEXT)");
            database.snapshot();
            statement.execute("INSERT INTO entry VALUES ('a')");
            database.flush();
        }
    }

    @Test
    void restoresToANewFile() {
        Path copy = folder.resolve("copy.db");

        assertThat(run("restore", "--replica", url, "--name", "ledger", "--output", copy.toString()))
                .isZero();

        assertThat(out).contains("Restored position 0000000000000003").contains("checksum proven");
        assertThat(copy).exists();
    }

    @Test
    void failsWithOneSentenceAndExitCode1() throws IOException {
        Path copy = Files.createFile(folder.resolve("copy.db"));

        assertThat(run("restore", "--replica", url, "--name", "ledger", "--output", copy.toString()))
                .isEqualTo(1);

        assertThat(err.lines()).singleElement().asString().contains("exists already");
    }

    @Test
    void wrongUsageIsExitCode2() {
        assertThat(run("restore", "--replica", url)).isEqualTo(2);
        assertThat(run("restore", "--replica", url, "--output", "x", "--txid", "zz"))
                .isEqualTo(2);
        assertThat(err).contains("1 to 16 hexadecimal digits");
    }

    @Test
    void listsAndSaysTheStatusAsJson() {
        assertThat(run("list", "--replica", url, "--name", "ledger", "--json")).isZero();
        assertThat(out).contains("\"level\":9").contains("\"max\":\"0000000000000003\"");

        assertThat(run("status", "--replica", url, "--name", "ledger", "--json"))
                .isZero();
        assertThat(out)
                .contains("\"position\":\"0000000000000003\"")
                .contains("\"newestSnapshot\":\"0000000000000002\"");
    }

    @Test
    void verifyFindsOneFlippedByteInAnyObject() throws IOException {
        assertThat(run("verify", "--replica", url, "--name", "ledger")).isZero();
        try (Stream<Path> files = Files.walk(folder.resolve("replica"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".ltx")).toList()) {
                byte[] content = Files.readAllBytes(file);
                byte[] damaged = content.clone();
                damaged[content.length * 2 / 3] ^= 4;
                Files.write(file, damaged);
                assertThat(run("verify", "--replica", url, "--name", "ledger"))
                        .as("verify with %s damaged", file.getFileName())
                        .isEqualTo(1);
                Files.write(file, content);
            }
        }
    }

    @Test
    void verifyFindsAMissingObject() throws IOException {
        Files.delete(folder.resolve("replica/databases/ledger/ltx/0/0000000000000003-0000000000000003.ltx"));
        Files.copy(
                folder.resolve("replica/databases/ledger/ltx/0/0000000000000002-0000000000000002.ltx"),
                folder.resolve("replica/databases/ledger/ltx/0/0000000000000004-0000000000000004.ltx"));

        assertThat(run("verify", "--replica", url, "--name", "ledger")).isEqualTo(1);
    }

    private int run(String... arguments) {
        StringWriter output = new StringWriter();
        StringWriter errors = new StringWriter();
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(output, true)).setErr(new PrintWriter(errors, true));
        int exit = commandLine.execute(arguments);
        out = output.toString();
        err = errors.toString();
        return exit;
    }
}
