package io.spindrift.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.DatabaseStatus;
import io.spindrift.retry.ConflictEvent;
import io.spindrift.retry.ConflictEvent.Decision;
import io.spindrift.testing.Databases;
import io.spindrift.testing.Naming;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.Extension;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenTelemetryMeterTest {
    private static final AttributeKey<String> DATABASE = AttributeKey.stringKey("spindrift.database");
    private static final AttributeKey<String> STATE = AttributeKey.stringKey("spindrift.state");
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("spindrift.operation");

    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("spindrift.method");

    /** What a new database has no value of. */
    private static final Set<DatabaseMetric> NOT_YET =
            Set.of(DatabaseMetric.RESTORED, DatabaseMetric.LAST_VERIFIED_RESTORE);

    @TempDir
    Path folder;

    private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final OpenTelemetry sdk = OpenTelemetrySdk.builder()
            .setMeterProvider(
                    SdkMeterProvider.builder().registerMetricReader(metrics).build())
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .build();
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private SeContainer container;

    @BeforeEach
    void bindTheExecutor() {
        Naming.bind("java:comp/DefaultManagedExecutorService", executor);
    }

    @AfterEach
    void stop() {
        if (container != null && container.isRunning()) {
            container.close();
        }
        Databases.closeAll();
        DatabaseRegistry.withdrawUnusable("broken");
        executor.shutdownNow();
        Naming.clear();
    }

    @Test
    void everyMetricIsCollectedFromOneLookAtTheStatus() throws Exception {
        Database ledger = Databases.open(folder, "ledger");
        Databases.commit(ledger);
        ledger.flush();
        ledger.snapshot();
        deploy();

        Map<String, MetricData> collected = collect();
        DatabaseStatus status = ledger.status();

        assertThat(collected.keySet())
                .containsAll(List.of(DatabaseMetric.values()).stream()
                        .filter(metric -> !NOT_YET.contains(metric))
                        .map(DatabaseMetric::key)
                        .toList())
                .doesNotContainAnyElementsOf(
                        NOT_YET.stream().map(DatabaseMetric::key).toList());
        assertThat(value(collected, "spindrift.database.size", Map.of())).isEqualTo(status.databaseBytes());
        assertThat(value(collected, "spindrift.sync.durable", Map.of()))
                .isEqualTo(status.durable().txid());
        assertThat(value(collected, "spindrift.database.state", Map.of(STATE, "OPEN")))
                .isOne();
        assertThat(value(collected, "spindrift.database.state", Map.of(STATE, "FAILED")))
                .isZero();
        assertThat(value(collected, "spindrift.store.requests", Map.of(OPERATION, "PUT")))
                .isGreaterThanOrEqualTo(3);
        assertThat(value(collected, "spindrift.gate.acquisitions", Map.of())).isPositive();
        assertThat(collected.get("spindrift.sync.lag").getUnit()).isEqualTo("s");
        assertThat(collected.get("spindrift.sync.segments").getDoubleSumData().isMonotonic())
                .isTrue();
    }

    @Test
    void databasesAreToldApartAndThoseThatCannotBeUsedAreIncluded() {
        Databases.open(folder, "ledger");
        Databases.open(folder, "orders");
        DatabaseRegistry.reportUnusable("broken", "it has no path");
        deploy();

        Map<String, MetricData> collected = collect();

        assertThat(points(collected, "spindrift.database.problem"))
                .extracting(point -> point.getAttributes().get(DATABASE) + " " + point.getValue())
                .containsExactlyInAnyOrder("ledger 0.0", "orders 0.0", "broken 1.0");
    }

    @Test
    void aSegmentThatBecameDurableIsASpanAndIsCountedInHistograms() throws Exception {
        Database ledger = Databases.open(folder, "ledger");
        deploy();
        await().untilAsserted(() -> {
            Databases.commit(ledger);
            ledger.flush();
            assertThat(spans.getFinishedSpanItems()).isNotEmpty();
        });

        SpanData span = spans.getFinishedSpanItems().get(0);
        assertThat(span.getName()).isEqualTo("spindrift.segment");
        assertThat(span.getParentSpanContext().isValid()).isFalse();
        assertThat(span.getAttributes().get(DATABASE)).isEqualTo("ledger");
        assertThat(span.getAttributes().get(AttributeKey.stringKey("spindrift.position")))
                .matches("[0-9a-f]{16}");
        assertThat(span.getAttributes().get(AttributeKey.longKey("spindrift.segment.commits")))
                .isPositive();
        long staged = span.getEvents().get(0).getEpochNanos();
        assertThat(span.getEvents().get(0).getName()).isEqualTo("staged");
        assertThat(staged).isBetween(span.getStartEpochNanos(), span.getEndEpochNanos());
        assertThat(span.getStartEpochNanos()).isLessThan(staged);

        Map<String, MetricData> collected = collect();
        assertThat(histogram(collected, "spindrift.segment.commits").getSum()).isPositive();
        assertThat(histogram(collected, "spindrift.segment.size").getMin()).isPositive();
        assertThat(histogram(collected, "spindrift.segment.lag").getMax()).isLessThan(60);
    }

    @Test
    void conflictsAreCountedByMethod() {
        deploy();
        Event<ConflictEvent> conflicts = container.getBeanManager().getEvent().select(ConflictEvent.class);
        Exception cause = new SQLException("conflict", "40001");
        conflicts.fire(new ConflictEvent("Transfers.transfer", 1, Decision.RETRY, Duration.ofMillis(500), cause));
        conflicts.fire(new ConflictEvent("Transfers.transfer", 2, Decision.RETRY, Duration.ofSeconds(1), cause));
        conflicts.fire(new ConflictEvent("Transfers.transfer", 3, Decision.NO_TIME_LEFT, Duration.ZERO, cause));
        conflicts.fire(new ConflictEvent("Accounts.open", 1, Decision.NO_RETRIES_LEFT, Duration.ZERO, cause));

        Map<String, MetricData> collected = collect();
        assertThat(perMethod(collected, "spindrift.retry.retries"))
                .containsExactlyInAnyOrder("Transfers.transfer 2.0", "Accounts.open 0.0");
        assertThat(perMethod(collected, "spindrift.retry.failures"))
                .containsExactlyInAnyOrder("Transfers.transfer 1.0", "Accounts.open 1.0");
        assertThat(perMethod(collected, "spindrift.retry.wait.time"))
                .containsExactlyInAnyOrder("Transfers.transfer 1.5", "Accounts.open 0.0");
    }

    private static List<String> perMethod(Map<String, MetricData> collected, String name) {
        return points(collected, name).stream()
                .map(point -> point.getAttributes().get(METHOD) + " " + point.getValue())
                .toList();
    }

    @Test
    void afterTheApplicationHasStoppedNothingIsMeasured() {
        Databases.open(folder, "ledger");
        deploy();
        assertThat(collect()).isNotEmpty();

        container.close();

        assertThat(collect()).isEmpty();
    }

    @Test
    void withoutAnOpenTelemetryToInjectNothingIsMeasured() {
        Databases.open(folder, "ledger");
        container = SeContainerInitializer.newInstance().initialize();

        assertThat(container.select(EventMeter.class).get().isOn()).isFalse();
        assertThat(collect()).isEmpty();
    }

    private void deploy() {
        container = SeContainerInitializer.newInstance()
                .addExtensions(new Extension() {
                    @SuppressWarnings("unused")
                    void offer(@Observes AfterBeanDiscovery event) {
                        event.addBean()
                                .types(OpenTelemetry.class)
                                .scope(ApplicationScoped.class)
                                .createWith(context -> sdk);
                    }
                })
                .initialize();
    }

    private Map<String, MetricData> collect() {
        return metrics.collectAllMetrics().stream().collect(Collectors.toMap(MetricData::getName, Function.identity()));
    }

    private static double value(
            Map<String, MetricData> collected, String name, Map<AttributeKey<String>, String> attributes) {
        return points(collected, name).stream()
                .filter(point -> "ledger".equals(point.getAttributes().get(DATABASE)))
                .filter(point -> holds(point.getAttributes(), attributes))
                .mapToDouble(DoublePointData::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static boolean holds(Attributes attributes, Map<AttributeKey<String>, String> expected) {
        return expected.entrySet().stream().allMatch(entry -> entry.getValue().equals(attributes.get(entry.getKey())));
    }

    private static Collection<DoublePointData> points(Map<String, MetricData> collected, String name) {
        MetricData metric = collected.get(name);
        return switch (metric.getType()) {
            case DOUBLE_GAUGE -> metric.getDoubleGaugeData().getPoints();
            case DOUBLE_SUM -> metric.getDoubleSumData().getPoints();
            default -> throw new IllegalStateException(metric.toString());
        };
    }

    private static HistogramPointData histogram(Map<String, MetricData> collected, String name) {
        return collected.get(name).getHistogramData().getPoints().iterator().next();
    }
}
