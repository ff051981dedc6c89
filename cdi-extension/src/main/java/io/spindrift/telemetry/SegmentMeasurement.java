package io.spindrift.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Tracer;
import io.spindrift.SyncEvent.SegmentDurable;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/** Turns each segment that became durable into a span, from its oldest commit on, and into {@link SegmentMetric}s. */
final class SegmentMeasurement {
    static final String SPAN = "spindrift.segment";
    static final String STAGED = "staged";
    static final String POSITION = "spindrift.position";

    private final Tracer tracer;
    private final Map<SegmentMetric, DoubleHistogram> histograms = new EnumMap<>(SegmentMetric.class);

    SegmentMeasurement(Meter meter, Tracer tracer) {
        this.tracer = tracer;
        for (SegmentMetric metric : SegmentMetric.values()) {
            histograms.put(
                    metric,
                    meter.histogramBuilder(metric.key())
                            .setDescription(metric.meaning())
                            .setUnit(metric.unit())
                            .build());
        }
    }

    void record(SegmentDurable event) {
        Attributes database = Attributes.builder()
                .put(DatabaseMetric.Attribute.DATABASE, event.database())
                .build();
        histograms.forEach((metric, histogram) -> histogram.record(metric.value(event), database));
        Instant staged = event.at().minus(event.shipping());
        tracer.spanBuilder(SPAN)
                .setNoParent()
                .setStartTimestamp(event.at().minus(event.lag()))
                .setAllAttributes(database)
                .setAttribute(POSITION, event.position().toString())
                .setAttribute(SegmentMetric.SIZE.key(), event.bytes())
                .setAttribute(SegmentMetric.COMMITS.key(), event.commits())
                .startSpan()
                .addEvent(STAGED, staged)
                .end(event.at());
    }
}
