package io.spindrift;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/configuration.md} true. */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("../docs/configuration.md");
    private static final String HEADING = "## Keys of a database";

    @Test
    void thePageDescribesEveryKeyAndNoOther() throws IOException {
        List<String> expected =
                Stream.of(ConfigKey.values()).map(ConfigurationPageTest::row).toList();

        assertThat(rowsOfThePage()).containsExactlyElementsOf(expected);
    }

    private static List<String> rowsOfThePage() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.equals(HEADING))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("| `"))
                .toList();
    }

    private static String row(ConfigKey key) {
        String defaultValue = key.defaultValue().map(value -> "`" + value + "`").orElse("–");
        return "| `" + key.key() + "` | " + key.kind().name().toLowerCase(Locale.ROOT) + " | " + defaultValue + " | "
                + key.description() + " |";
    }
}
