package io.spindrift.fuzz;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Malformed input is an error that was foreseen: here the seeds and some changes of each, {@link FuzzingTest} the rest. */
class MalformedInputTest {
    private static final int CHANGES_A_SEED = 150;
    private static final Duration LOOP = Duration.ofSeconds(60);

    @ParameterizedTest
    @EnumSource
    void everySeedAndSomeChangesOfItAreHandled(FuzzTarget target) throws Exception {
        long seed = System.nanoTime();
        System.out.println(target + ": seed " + seed);
        Random random = new Random(seed);
        List<byte[]> inputs = target.seeds();
        assertTimeoutPreemptively(LOOP, () -> {
            for (byte[] input : inputs) {
                handle(target, input, seed);
                for (int i = 0; i < CHANGES_A_SEED; i++) {
                    handle(target, changed(input, random), seed);
                }
            }
        });
    }

    private static void handle(FuzzTarget target, byte[] input, long seed) {
        assertThatCode(() -> target.run(input))
                .as(
                        "%s with seed %d and input %s",
                        target,
                        seed,
                        input.length > 2_000
                                ? input.length + " bytes"
                                : Base64.getEncoder().encodeToString(input))
                .doesNotThrowAnyException();
    }

    private static byte[] changed(byte[] input, Random random) {
        byte[] changed = random.nextInt(8) == 0
                ? Arrays.copyOf(input, random.nextInt(input.length + 1))
                : Arrays.copyOf(input, input.length + random.nextInt(3));
        for (int i = random.nextInt(6); i >= 0 && changed.length > 0; i--) {
            int at = random.nextInt(changed.length);
            changed[at] = (byte) (random.nextBoolean() ? random.nextInt() : changed[at] ^ 1 << random.nextInt(8));
        }
        return changed;
    }
}
