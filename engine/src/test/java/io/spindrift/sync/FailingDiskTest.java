package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.Strace;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The disk refuses some writes, forces or renames of one file, then works again: every failure is a sentence with its
 * SQLSTATE, nothing acknowledged is lost, and the process goes on without a restart.
 */
class FailingDiskTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int ROWS = 15;

    /**
     * Full, an error, read-only in between, too busy at the gate, committed without being known to be durable, or closed
     * because the database was opened again.
     */
    private static final Set<String> SQL_STATES = Set.of("53100", "58030", "08007", "08001", "57P01", "HYT00", "08003");

    @TempDir
    Path temporary;

    /** Which calls on which file fail how, and which of them, counted for each thread by itself. */
    record Failure(String file, String calls, String error, String when) {
        @Override
        public String toString() {
            return error + " in call " + when + " of " + calls + " on " + file;
        }
    }

    @BeforeAll
    static void needsStrace() {
        Programs.require(Strace.available(), "strace, to let system calls fail");
    }

    static List<Failure> some() {
        return List.of(
                new Failure("crash.db-wal", "pwrite64", "ENOSPC", "20..30"),
                new Failure("crash.db-wal", "fsync,fdatasync", "EIO", "3..4"),
                new Failure("crash.db", "pwrite64", "ENOSPC", "2..6"),
                new Failure("crash.db-spindrift/position.tmp", "write,fsync,fdatasync", "ENOSPC", "1..2"),
                new Failure("crash.db-spindrift", "fsync,fdatasync", "ENOSPC", "2..3"),
                new Failure("crash.db-spindrift/staged/segment.tmp", "write", "ENOSPC", "3..6"),
                new Failure("crash.db-spindrift/staged/segment.tmp", "rename", "EIO", "2..3"));
    }

    static List<Failure> all() {
        return Stream.of(
                        "crash.db",
                        "crash.db-wal",
                        "crash.db-spindrift/staged/segment.tmp",
                        "crash.db-spindrift/position.tmp",
                        "crash.db-spindrift/staged",
                        "crash.db-spindrift")
                .flatMap(file -> Stream.of("write", "pwrite64", "fsync,fdatasync", "rename,unlink", "openat,ftruncate")
                        .flatMap(calls -> Stream.of("ENOSPC", "EIO").flatMap(error -> Stream.of("2..3", "6..9")
                                .map(when -> new Failure(file, calls, error, when)))))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("some")
    void isSurvived(Failure failure) throws Exception {
        assertThat(survive(failure)).as("failures the process noticed").isPositive();
    }

    @ParameterizedTest
    @Tag("long")
    @MethodSource("all")
    void isSurvivedWhereverItStrikes(Failure failure) throws Exception {
        survive(failure);
    }

    /** Answers how many failures were reported. */
    private int survive(Failure failure) throws Exception {
        Path folder = Files.createDirectory(temporary.toRealPath().resolve("root"));
        Path file = Files.createDirectory(folder.resolve("data")).resolve(failure.file);
        URI replica = folder.resolve("replica").toUri();
        Survivors acknowledged = new Survivors();
        runWith(List.of(), folder, replica);
        acknowledged.acknowledge(Files.readAllBytes(folder.resolve("acks")));

        List<String> lines = runWith(
                Strace.failing(temporary.resolve("strace"), failure.calls, failure.error, failure.when, List.of(file)),
                folder,
                replica);

        acknowledged.acknowledge(Files.readAllBytes(folder.resolve("acks")));
        RecordedEvents events = new RecordedEvents();
        acknowledged.assertAliveAndReplicated(folder, replica, events);
        Set<String> states = lines.stream()
                .filter(line -> line.startsWith("failed "))
                .map(line -> line.split(" ")[1])
                .collect(Collectors.toCollection(TreeSet::new));
        List<String> sentences =
                lines.stream().filter(line -> line.startsWith("event ")).toList();
        System.out.println("FailingDiskTest: " + failure + ": SQLSTATEs " + states + ", " + sentences);
        assertThat(SQL_STATES).containsAll(states);
        assertThat(sentences).allSatisfy(sentence -> assertThat(sentence).contains("crash"));
        assertThat(lines).noneMatch(line -> line.startsWith("lost "));
        return states.size() + sentences.size();
    }

    private List<String> runWith(List<String> launcher, Path folder, URI replica) throws Exception {
        try (ChildJvm child = ChildJvm.start(
                launcher,
                List.of(),
                Map.of(),
                CrashScenario.class,
                folder.toString(),
                replica.toString(),
                Integer.toString(ROWS),
                "2",
                "endures")) {
            assertThat(child.awaitExit(PATIENCE))
                    .as(() -> String.join("\n", child.lines()))
                    .isZero();
            return child.lines();
        }
    }
}
