package io.spindrift.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleCounter;
import io.opentelemetry.api.metrics.Meter;
import io.spindrift.retry.ConflictEvent;
import java.util.EnumMap;
import java.util.Map;

/** Adds each conflict to {@link RetryMetric}s. */
final class RetryMeasurement {
    private final Map<RetryMetric, DoubleCounter> counters = new EnumMap<>(RetryMetric.class);

    RetryMeasurement(Meter meter) {
        for (RetryMetric metric : RetryMetric.values()) {
            counters.put(
                    metric,
                    meter.counterBuilder(metric.key())
                            .ofDoubles()
                            .setDescription(metric.meaning())
                            .setUnit(metric.unit())
                            .build());
        }
    }

    void record(ConflictEvent event) {
        Attributes method = Attributes.builder()
                .put(DatabaseMetric.Attribute.METHOD, event.what())
                .build();
        counters.forEach((metric, counter) -> counter.add(metric.value(event), method));
    }
}
