package io.spindrift.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.BatchCallback;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import io.opentelemetry.api.metrics.ObservableMeasurement;
import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.DatabaseStatus;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Hands {@link DatabaseMetric}s over whenever they are collected, each database's from one look at its status. */
final class MetricCollection implements AutoCloseable {
    private final Map<DatabaseMetric, ObservableDoubleMeasurement> instruments = new EnumMap<>(DatabaseMetric.class);
    private final BatchCallback callback;

    MetricCollection(Meter meter) {
        for (DatabaseMetric metric : DatabaseMetric.values()) {
            instruments.put(metric, instrument(meter, metric));
        }
        List<ObservableMeasurement> all = List.copyOf(instruments.values());
        callback = meter.batchCallback(
                this::collect, all.get(0), all.subList(1, all.size()).toArray(ObservableMeasurement[]::new));
    }

    private static ObservableDoubleMeasurement instrument(Meter meter, DatabaseMetric metric) {
        return switch (metric.kind()) {
            case GAUGE ->
                meter.gaugeBuilder(metric.key())
                        .setDescription(metric.meaning())
                        .setUnit(metric.unit())
                        .buildObserver();
            case COUNTER ->
                meter.counterBuilder(metric.key())
                        .setDescription(metric.meaning())
                        .setUnit(metric.unit())
                        .ofDoubles()
                        .buildObserver();
        };
    }

    private void collect() {
        statuses()
                .forEach(status -> instruments.forEach((metric, instrument) -> metric.read(
                        status, (value, attributes) -> instrument.record(value, attributes(status, attributes)))));
    }

    /** Of every database, those included that cannot even be tried to open. */
    private static Stream<DatabaseStatus> statuses() {
        return Stream.concat(
                DatabaseRegistry.all().stream().map(Database::status),
                DatabaseRegistry.unusable().entrySet().stream()
                        .map(entry -> DatabaseStatus.unusable(entry.getKey(), entry.getValue())));
    }

    private static Attributes attributes(DatabaseStatus status, Map<String, String> own) {
        AttributesBuilder attributes = Attributes.builder().put(DatabaseMetric.Attribute.DATABASE, status.name());
        own.forEach(attributes::put);
        return attributes.build();
    }

    @Override
    public void close() {
        callback.close();
    }
}
