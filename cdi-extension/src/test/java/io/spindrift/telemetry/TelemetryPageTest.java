package io.spindrift.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.DatabaseStatus;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/telemetry.md} true, and the metrics complete. */
class TelemetryPageTest {
    private static final Path PAGE = Path.of("../docs/telemetry.md");

    @Test
    void thePageDescribesEveryMetricAndNoOther() throws IOException {
        List<String> rows = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `"))
                .toList();

        assertThat(rows).containsExactlyElementsOf(expectedRows().toList());
    }

    @Test
    void everyFieldOfTheStatusIsShownByAMetric() {
        List<String> fields = Stream.of(DatabaseStatus.class.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !name.equals("name")) // the attribute spindrift.database
                .toList();

        assertThat(Stream.of(DatabaseMetric.values()).map(DatabaseMetric::statusField))
                .containsAll(fields)
                .allMatch(fields::contains);
    }

    private static Stream<String> expectedRows() {
        return Stream.of(
                        Stream.of(DatabaseMetric.values())
                                .map(metric ->
                                        row(metric.key(), metric.kind().name(), metric.unit(), metric.meaning())),
                        Stream.of(SegmentMetric.values())
                                .map(metric -> row(metric.key(), "HISTOGRAM", metric.unit(), metric.meaning())),
                        Stream.of(RetryMetric.values())
                                .map(metric -> row(metric.key(), "COUNTER", metric.unit(), metric.meaning())))
                .flatMap(rows -> rows);
    }

    private static String row(String key, String kind, String unit, String meaning) {
        return "| `" + key + "` | " + kind.toLowerCase(Locale.ROOT) + " | `" + unit + "` | " + meaning + " |";
    }
}
