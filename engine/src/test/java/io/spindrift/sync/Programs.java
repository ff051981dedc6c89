package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

/** What a test needs of the machine: without it the test is skipped, or fails if {@code -Dspindrift.require=all}. */
final class Programs {
    private Programs() {}

    static void require(boolean there, String what) {
        if (!there) {
            String reason = "This machine has no " + what;
            assertThat(System.getProperty("spindrift.require"))
                    .as(reason + "; -Dspindrift.require=all forbids to skip")
                    .isNotEqualTo("all");
            abort(reason);
        }
    }
}
