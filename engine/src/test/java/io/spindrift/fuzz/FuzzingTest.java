package io.spindrift.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.Jazzer;
import io.spindrift.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Jazzer on every target, 10 minutes each, or as many seconds as the system property {@code fuzz.seconds} says. An input
 * that takes longer than 10 s, more than the small heap, or throws what was not foreseen is a finding; it is kept in
 * {@code target/fuzz}.
 */
@Tag("long")
class FuzzingTest {
    private static final int SECONDS = Integer.getInteger("fuzz.seconds", 600);
    private static final Duration MARGIN = Duration.ofMinutes(2);

    @TempDir
    Path corpus;

    @ParameterizedTest
    @EnumSource
    void findsNothing(FuzzTarget target) throws Exception {
        int number = 0;
        for (byte[] seed : target.seeds()) {
            Files.write(corpus.resolve("seed-" + number++), seed);
        }
        Path findings = Files.createDirectories(Path.of("target/fuzz"));
        try (ChildJvm fuzzer = ChildJvm.start(
                List.of("-Xmx256m", "-Xss1m"),
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
            List<String> said = fuzzer.lines();
            said.stream()
                    .filter(line -> line.startsWith("stat::"))
                    .forEach(line -> System.out.println(target + " " + line));
            assertThat(exit).as("%s", String.join("\n", said)).isZero();
        }
    }
}
