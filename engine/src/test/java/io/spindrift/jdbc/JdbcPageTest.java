package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

/** Keeps {@code docs/jdbc.md} true: every line of its tables names tests, and they exist. */
class JdbcPageTest {
    private static final Path PAGE = Path.of("../docs/jdbc.md");
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

    @Test
    void everyLineOfATableNamesATest() throws IOException {
        List<String> rows = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| ") && !line.endsWith("| test |"))
                .toList();
        assertThat(rows).hasSizeGreaterThan(50).allMatch(row -> TEST.matcher(row)
                .find());
    }

    @Test
    void everyTestThePageNamesExists() throws IOException {
        List<String> missing = new ArrayList<>();
        for (MatchResult named : TEST.matcher(Files.readString(PAGE)).results().toList()) {
            if (!isTest(named.group(1), named.group(2))) {
                missing.add(named.group());
            }
        }
        assertThat(missing).isEmpty();
    }

    private static boolean isTest(String type, String method) {
        try {
            return Arrays.stream(Class.forName(SqlTypes.class.getPackageName() + "." + type)
                            .getDeclaredMethods())
                    .anyMatch(found ->
                            found.getName().equals(method) && AnnotationSupport.isAnnotated(found, Testable.class));
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
