package io.spindrift.telemetry;

import io.spindrift.SyncEvent.SegmentDurable;
import java.util.function.ToDoubleFunction;

/** The histograms over the segments that became durable; {@code docs/telemetry.md} explains them. */
enum SegmentMetric {
    SIZE("spindrift.segment.size", "By", "Bytes of each segment", SegmentDurable::bytes),
    COMMITS("spindrift.segment.commits", "{commit}", "Commits in each segment", SegmentDurable::commits),
    LAG(
            "spindrift.segment.lag",
            "s",
            "From the oldest commit of each segment to its durability",
            event -> DatabaseMetric.seconds(event.lag()));

    private final String key;
    private final String unit;
    private final String meaning;
    private final ToDoubleFunction<SegmentDurable> value;

    SegmentMetric(String key, String unit, String meaning, ToDoubleFunction<SegmentDurable> value) {
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

    double value(SegmentDurable event) {
        return value.applyAsDouble(event);
    }
}
