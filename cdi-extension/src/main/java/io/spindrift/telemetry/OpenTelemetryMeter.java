package io.spindrift.telemetry;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.spindrift.SyncEvent;
import io.spindrift.SyncEvent.SegmentDurable;
import io.spindrift.retry.ConflictEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;

/**
 * Measures for as long as the application runs, with the {@link OpenTelemetry} that the server injects. A server
 * without that API leaves this bean out.
 */
@ApplicationScoped
class OpenTelemetryMeter implements EventMeter {
    private static final String SCOPE = "io.spindrift";

    private final Instance<OpenTelemetry> openTelemetry;
    private MetricCollection metrics;
    private volatile SegmentMeasurement segments;
    private volatile RetryMeasurement retries;

    @Inject
    OpenTelemetryMeter(Instance<OpenTelemetry> openTelemetry) {
        this.openTelemetry = openTelemetry;
    }

    /** For the client proxy. */
    OpenTelemetryMeter() {
        this(null);
    }

    synchronized void start(@Observes Startup startup) {
        if (isOn() && metrics == null) {
            Meter meter = openTelemetry.get().getMeter(SCOPE);
            metrics = new MetricCollection(meter);
            segments = new SegmentMeasurement(meter, openTelemetry.get().getTracer(SCOPE));
            retries = new RetryMeasurement(meter);
        }
    }

    void stop(@Observes Shutdown shutdown) {
        stop();
    }

    @PreDestroy
    synchronized void stop() {
        segments = null;
        retries = null;
        if (metrics != null) {
            metrics.close();
            metrics = null;
        }
    }

    @Override
    public boolean isOn() {
        return openTelemetry.isResolvable();
    }

    @Override
    public void record(SyncEvent event) {
        SegmentMeasurement current = segments;
        if (current != null && event instanceof SegmentDurable durable) {
            current.record(durable);
        }
    }

    void record(@Observes ConflictEvent event) {
        RetryMeasurement current = retries;
        if (current != null) {
            current.record(event);
        }
    }
}
