package io.spindrift.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.spindrift.compaction.RetentionModel.Omission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a retention pass may delete, over random histories; and that each of its rules is needed. */
class RetentionModelTest {
    private static final int STEPS = 60;
    private static final int SEEDS_TO_FIND_A_LOSS = 400;

    @TempDir
    Path folder;

    @Test
    void whatIsPromisedStaysRestorableThroughPassesOwnersCrashesAndClocks() throws IOException {
        runAll(1, 40);
    }

    @Test
    @Tag("long")
    void whatIsPromisedStaysRestorableThroughManyMore() throws IOException {
        runAll(1, 2_000);
    }

    private void runAll(long first, long count) throws IOException {
        for (long seed = first; seed < first + count; seed++) {
            RetentionModel model = model(seed, EnumSet.noneOf(Omission.class));
            try {
                model.run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + model.story(), e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Omission.class)
    void withoutAnyOneRuleSomethingPromisedIsLost(Omission omission) throws IOException {
        for (long seed = omission.firstSeed; seed < omission.firstSeed + SEEDS_TO_FIND_A_LOSS; seed++) {
            try {
                model(seed, EnumSet.of(omission)).run(STEPS);
            } catch (AssertionError lost) {
                System.out.println("Without " + omission + ", seed " + seed + ": "
                        + lost.getMessage()
                                .lines()
                                .filter(l -> !l.isBlank())
                                .findFirst()
                                .orElse(""));
                assertThat(lost).hasMessageNotContaining("content at");
                return;
            }
        }
        fail("Without " + omission + " nothing was lost in " + SEEDS_TO_FIND_A_LOSS + " histories");
    }

    private RetentionModel model(long seed, Set<Omission> omitted) throws IOException {
        return new RetentionModel(seed, Files.createTempDirectory(folder, "model"), omitted);
    }
}
