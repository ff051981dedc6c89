package io.spindrift.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
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
    void neverOverwritesUnlessToldTo() throws IOException {
        Path copy = Files.writeString(folder.resolve("copy.db"), "mine");

        assertThat(run("restore", "--replica", url, "--name", "ledger", "--output", copy.toString()))
                .isEqualTo(1);
        assertThat(copy).hasContent("mine");
        assertThat(run("restore", "--replica", url, "--name", "ledger", "--output", copy.toString(), "--overwrite"))
                .isZero();
        assertThat(Files.size(copy)).isGreaterThan(4096);
    }

    @Test
    void aFileThatADatabaseHasOpenIsNotOverwritten() throws Exception {
        Path file = folder.resolve("data/ledger.db");
        try (Database database = Database.open(DatabaseConfig.builder()
                .name("ledger")
                .path(file)
                .replica(folder.resolve("replica").toUri())
                .build())) {
            assertThat(run("restore", "--replica", url, "--name", "ledger", "--output", file.toString(), "--overwrite"))
                    .isEqualTo(1);
            assertThat(err).contains("is in use by");
            assertThat(database.status().writable()).isTrue();
        }
    }

    /** Otherwise the engine would take the past for an edit of the present, and ship it. */
    @Test
    void aDatabasesOwnFileThatWasOverwrittenWithThePastIsNotTakenForThePresent() {
        Path file = folder.resolve("data/ledger.db");
        assertThat(run(
                        "restore",
                        "--replica",
                        url,
                        "--name",
                        "ledger",
                        "--output",
                        file.toString(),
                        "--txid",
                        "2",
                        "--overwrite"))
                .isZero();

        assertThatThrownBy(() -> Database.open(DatabaseConfig.builder()
                        .name("ledger")
                        .path(file)
                        .replica(folder.resolve("replica").toUri())
                        .build()))
                .hasMessageContaining("restore=replace")
                .hasMessageContaining("restore=adopt-local");
    }

    @Test
    void restoresTheLastPositionAtOrBeforeATime() {
        String copy = folder.resolve("copy.db").toString();

        assertThat(run(
                        "restore",
                        "--replica",
                        url,
                        "--name",
                        "ledger",
                        "--output",
                        copy,
                        "--timestamp",
                        "1999-12-31T23:00:00+01:00"))
                .isEqualTo(1);
        assertThat(err.lines())
                .singleElement()
                .asString()
                .contains("the earliest restorable position is 0000000000000001");
        assertThat(run(
                        "restore",
                        "--replica",
                        url,
                        "--name",
                        "ledger",
                        "--output",
                        copy,
                        "--timestamp",
                        "2999-01-01T00:00:00Z"))
                .isZero();
        assertThat(out).contains("Restored position 0000000000000003");
    }

    @Test
    void aTimeAndAPositionExcludeEachOther() {
        assertThat(run(
                        "restore",
                        "--replica",
                        url,
                        "--output",
                        "x",
                        "--txid",
                        "2",
                        "--timestamp",
                        "2026-11-20T10:00:00Z"))
                .isEqualTo(2);
        assertThat(run("restore", "--replica", url, "--output", "x", "--timestamp", "yesterday"))
                .isEqualTo(2);
        assertThat(err.lines())
                .singleElement()
                .asString()
                .contains("with its offset from UTC")
                .contains("--help");
    }

    @Test
    void everyCommandExplainsItselfWithExamplesAndExitCodes() {
        for (String command : List.of("restore", "list", "status")) {
            assertThat(run(command, "--help")).isZero();
            assertThat(out)
                    .as(command)
                    .contains("Example")
                    .contains("Exit codes:")
                    .contains("--json")
                    .contains("--replica");
        }
        assertThat(run("restore", "--help")).isZero();
        assertThat(out)
                .contains("--promote")
                .contains("--overwrite")
                .contains("--timestamp")
                .contains("--txid");
        assertThat(run("--help")).isZero();
        assertThat(out)
                .contains("restore")
                .contains("verify")
                .contains("status")
                .contains("list");
    }

    @Test
    void listsEveryPositionThatCanBeRestored() {
        assertThat(run("list", "--replica", url, "--name", "ledger", "--points"))
                .isZero();

        assertThat(out.lines().skip(1).map(line -> line.substring(0, 16)))
                .containsExactly("0000000000000001", "0000000000000002", "0000000000000003");
    }

    @Test
    void theStatusTellsTheOwner() {
        assertThat(run("status", "--replica", url, "--name", "ledger")).isZero();

        assertThat(out)
                .contains("owner")
                .contains("epoch 1")
                .contains("lease released")
                .contains("data/ledger.db");
    }

    @Test
    void noProgressBarIsPrintedWhereThereIsNoTerminal() {
        assertThat(run(
                        "restore",
                        "--replica",
                        url,
                        "--name",
                        "ledger",
                        "--output",
                        folder.resolve("copy.db").toString()))
                .isZero();
        assertThat(err).isEmpty();
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
