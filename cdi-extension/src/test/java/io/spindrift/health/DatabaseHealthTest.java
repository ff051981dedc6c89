package io.spindrift.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.DatabaseStatus;
import io.spindrift.DatabaseStatus.State;
import io.spindrift.Position;
import io.spindrift.jdbc.GateStatistics;
import io.spindrift.replica.StoreStatistics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class DatabaseHealthTest {
    @Test
    void aWritableDatabaseIsStartedReadyAndLive() {
        DatabaseHealth open = health(State.OPEN, null, Duration.ZERO, false);
        assertThat(open.notStarted()).isEmpty();
        assertThat(open.notReady()).isEmpty();
        assertThat(open.notLive()).isEmpty();
    }

    @Test
    void aReadableDatabaseIsStartedButNotReady() {
        DatabaseHealth reader = health(State.READ_ONLY, "Another node owns ledger", Duration.ZERO, false);
        assertThat(reader.notStarted()).isEmpty();
        assertThat(reader.notReady()).contains("Another node owns ledger");
        assertThat(reader.notLive()).isEmpty();
    }

    @Test
    void aDatabaseThatIsRestoredOrFailedIsNeitherStartedNorReadyButLive() {
        for (State state : List.of(State.OPENING, State.FAILED, State.CLOSED)) {
            DatabaseHealth health = health(state, null, Duration.ZERO, false);
            assertThat(health.notStarted()).contains("Database ledger is " + state);
            assertThat(health.notReady()).contains("Database ledger is " + state);
            assertThat(health.notLive()).isEmpty();
        }
    }

    @Test
    void aReplicaThatFallsBehindEndsReadinessOnly() {
        assertThat(health(State.OPEN, null, Duration.ofSeconds(30), false).notReady())
                .isEmpty();
        DatabaseHealth late = health(State.OPEN, "The bucket answers 503", Duration.ofSeconds(31), false);
        assertThat(late.notReady())
                .contains("The oldest commit of ledger that is not durable is PT31S old, more than max-lag (PT30S):"
                        + " The bucket answers 503");
        assertThat(late.notStarted()).isEmpty();
        assertThat(late.notLive()).isEmpty();
    }

    @Test
    void aDiskThatHangsEndsLiveness() {
        assertThat(health(State.OPEN, null, Duration.ZERO, true).notLive())
                .hasValueSatisfying(sentence -> assertThat(sentence).startsWith("A step of ledger"));
    }

    @Test
    void aResultCarriesTheFiguresOfEveryDatabase() {
        HealthCheckResponse result = CheckResult.of(
                "check",
                List.of(health(State.OPEN, "The bucket answers 503", Duration.ofMillis(1500), false)),
                DatabaseHealth::notReady);
        assertThat(result.getStatus()).isEqualTo(Status.UP);
        assertThat(result.getData())
                .contains(Map.of(
                        "ledger.state", "OPEN",
                        "ledger.committed", "00000000000000ff",
                        "ledger.durable", "0000000000000010",
                        "ledger.lagMillis", 1500L,
                        "ledger.problem", "The bucket answers 503"));
    }

    @Test
    void oneDatabaseWithAProblemIsEnoughForDown() {
        HealthCheckResponse result = CheckResult.of(
                "check",
                List.of(
                        health(State.FAILED, null, Duration.ZERO, false),
                        health(State.OPEN, null, Duration.ZERO, false)),
                DatabaseHealth::notReady);
        assertThat(result.getStatus()).isEqualTo(Status.DOWN);
    }

    @Test
    void aDatabaseThatStallsOrHoldsWritersUpIsNotReadyButAlive() {
        DatabaseHealth stalled = health(State.OPEN, "The bucket answers 503", Duration.ZERO, false, true, false);
        assertThat(stalled.notReady()).get().asString().contains("stall-after", "The bucket answers 503");
        assertThat(stalled.notLive()).isEmpty();
        DatabaseHealth limited = health(State.OPEN, null, Duration.ZERO, true, false, false);
        assertThat(limited.notReady()).get().asString().contains("held up or refused");
        assertThat(limited.notLive()).isEmpty();
    }

    private static DatabaseHealth health(State state, String problem, Duration lag, boolean hung) {
        return health(state, problem, lag, false, false, hung);
    }

    private static DatabaseHealth health(
            State state, String problem, Duration lag, boolean limited, boolean stalled, boolean hung) {
        DatabaseStatus status = new DatabaseStatus(
                "ledger",
                state,
                Optional.ofNullable(problem),
                true,
                1,
                new Position(255),
                new Position(16),
                0,
                lag,
                0,
                0,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                limited,
                stalled,
                hung,
                0,
                GateStatistics.NONE,
                StoreStatistics.none());
        return new DatabaseHealth(status, Duration.ofSeconds(30));
    }
}
