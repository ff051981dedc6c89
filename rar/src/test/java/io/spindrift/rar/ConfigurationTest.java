package io.spindrift.rar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigurationTest {
    @Test
    void doesNotTakeANameGuessedFromTheEnvironmentForOneThatSomebodyWrote() {
        assertThat(Configuration.guessedFrom(
                        Set.of("SPINDRIFT_LEDGER_SYNC_INTERVAL"),
                        Set.of("spindrift.ledger.sync.interval", "spindrift.ledger.sync-intervall")))
                .containsExactly("spindrift.ledger.sync.interval");
    }
}
