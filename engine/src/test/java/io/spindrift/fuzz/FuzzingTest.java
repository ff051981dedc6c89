package io.spindrift.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.Jazzer;
import io.spindrift.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Jazzer on every target, two at a time, 10 minutes each, or as many seconds as the system property {@code fuzz.seconds}
 * says. An input that takes longer than 10 s, more than the small heap, or throws what was not foreseen is a finding; it
 * is kept in {@code target/fuzz}.
 */
@Tag("long")
class FuzzingTest {
    private static final int SECONDS = Integer.getInteger("fuzz.seconds", 600);
    private static final Duration MARGIN = Duration.ofMinutes(3);
    private static final int AT_A_TIME = 2;

    @TempDir
    Path corpora;

    @Test
    void findsNothing() throws Exception {
        List<Callable<String>> runs = new ArrayList<>();
        Arrays.stream(FuzzTarget.values()).forEach(target -> runs.add(() -> fuzz(target)));
        ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
        Map<FuzzTarget, String> findings = new EnumMap<>(FuzzTarget.class);
        try {
            List<Future<String>> answers = threads.invokeAll(runs);
            for (FuzzTarget target : FuzzTarget.values()) {
                String said = answers.get(target.ordinal()).get();
                if (!said.isEmpty()) {
                    findings.put(target, said);
                }
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(findings).isEmpty();
    }

    /** What the fuzzer said if it found something, else nothing. */
    private String fuzz(FuzzTarget target) throws Exception {
        Path corpus = Files.createDirectory(corpora.resolve(target.name()));
        int number = 0;
        for (byte[] seed : target.seeds()) {
            Files.write(corpus.resolve("seed-" + number++), seed);
        }
        Path findings = Files.createDirectories(Path.of("target/fuzz"));
        try (ChildJvm fuzzer = ChildJvm.start(
                List.of("-Xmx256m"),
                Map.of(),
                Jazzer.class,
                "--target_class=" + target.className(),
                "--instrumentation_includes=io.spindrift.**",
                "--reproducer_path=" + findings,
                "-artifact_prefix=" + findings + "/" + target + "-",
                "-max_total_time=" + SECONDS,
                "-max_len=20000",
                "-timeout=10",
                "-print_final_stats=1",
                corpus.toString())) {
            int exit = fuzzer.awaitExit(Duration.ofSeconds(SECONDS).plus(MARGIN));
            fuzzer.lines().stream()
                    .filter(line -> line.startsWith("stat::number_of_executed") || line.startsWith("stat::peak"))
                    .forEach(line -> System.out.println(target + " " + line));
            return exit == 0 ? "" : "exit " + exit + "\n" + String.join("\n", fuzzer.lines());
        }
    }
}
