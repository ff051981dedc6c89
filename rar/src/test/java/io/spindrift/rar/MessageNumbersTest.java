package io.spindrift.rar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Operators look a message up by its number: each stands for one thing, and is in the runbook. */
class MessageNumbersTest {
    private static final Path PROJECT = Path.of("..");
    private static final Pattern NUMBER = Pattern.compile("SPIN(\\d{4})([A-Z]?)");

    @Test
    void everyNumberStandsForOneMessage() throws IOException {
        assertThat(numbers(sources())).doesNotHaveDuplicates().hasSizeGreaterThan(20);
    }

    @Test
    void everyMessageIsInTheRunbook() throws IOException {
        String runbook = Files.readString(PROJECT.resolve("docs/operations.md"));
        assertThat(new TreeSet<>(numbers(runbook))).isEqualTo(new TreeSet<>(numbers(sources())));
    }

    private static String sources() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String module : List.of("rar", "cdi-extension")) {
            try (Stream<Path> files = Files.walk(PROJECT.resolve(module).resolve("src/main"))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    text.append(Files.readString(file));
                }
            }
        }
        return text.toString();
    }

    private static List<String> numbers(String text) {
        List<String> numbers = new ArrayList<>();
        Matcher matcher = NUMBER.matcher(text);
        while (matcher.find()) {
            numbers.add(matcher.group(1));
        }
        return numbers;
    }
}
