package io.spindrift.telemetry;

import io.spindrift.retry.ConflictEvent;
import io.spindrift.retry.ConflictEvent.Decision;
import java.util.function.ToDoubleFunction;

/** The counters over conflicts, each with the attribute {@code spindrift.method}; {@code docs/telemetry.md} explains them. */
enum RetryMetric {
    RETRIES(
            "spindrift.retry.retries",
            "{retry}",
            "Times a method ran again after a conflict",
            event -> event.decision() == Decision.RETRY ? 1 : 0),
    FAILURES(
            "spindrift.retry.failures",
            "{call}",
            "Calls that ended with a conflict: no retry or no time was left, or the thread was interrupted",
            event -> event.decision() == Decision.RETRY ? 0 : 1),
    WAITED(
            "spindrift.retry.wait.time",
            "s",
            "How long was paused before retries, all together",
            event -> DatabaseMetric.seconds(event.pause()));

    private final String key;
    private final String unit;
    private final String meaning;
    private final ToDoubleFunction<ConflictEvent> value;

    RetryMetric(String key, String unit, String meaning, ToDoubleFunction<ConflictEvent> value) {
        this.key = key;
        this.unit = unit;
        this.meaning = meaning;
        this.value = value;
    }

    /** Its name to the outside. */
    String key() {
        return key;
    }

    String unit() {
        return unit;
    }

    /** What it says, in Markdown. */
    String meaning() {
        return meaning;
    }

    /** What an event adds to it. */
    double value(ConflictEvent event) {
        return value.applyAsDouble(event);
    }
}
