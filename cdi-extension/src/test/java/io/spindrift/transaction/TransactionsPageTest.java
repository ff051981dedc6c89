package io.spindrift.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.retry.RetryPolicy;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/transactions.md} true. */
class TransactionsPageTest {
    private static final Path PAGE = Path.of("../docs/transactions.md");
    private static final Path EXAMPLES = Path.of("src/test/java/io/spindrift/transaction/RetryExamples.java");
    private static final Pattern EXAMPLE = Pattern.compile("(?s)```java\n(.*?)```");

    @Test
    void everyExampleIsCodeThatCompiles() throws IOException {
        String code = plain(Files.readString(EXAMPLES));
        List<String> examples = EXAMPLE.matcher(Files.readString(PAGE))
                .results()
                .map(MatchResult::group)
                .map(example -> example.replaceAll("```(java)?", ""))
                .toList();

        assertThat(examples).hasSizeGreaterThan(5);
        assertThat(examples)
                .allSatisfy(example -> assertThat(code).contains(plain(example).strip()));
    }

    /** Where lines are broken differs with their indentation. */
    private static String plain(String code) {
        return code.replaceAll("\\s+", "");
    }

    @Test
    void everyMemberIsInTheTable() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(Stream.of(RetryOnConflict.class.getDeclaredMethods()).map(Method::getName))
                .hasSize(10)
                .allSatisfy(member -> assertThat(page).containsPattern("(?m)^\\|.*`" + member + "`"));
        assertThat(page)
                .contains("| `maxRetries` | " + RetryPolicy.DEFAULT.maxRetries() + " |")
                .contains("| " + RetryPolicy.DEFAULT.delay().toMillis() + " ms |")
                .contains("| " + RetryPolicy.DEFAULT.maxDelay().toMillis() + " ms |")
                .contains("| " + RetryPolicy.DEFAULT.maxDuration().toSeconds() + " s |");
    }
}
