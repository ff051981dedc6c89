package io.spindrift.web;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HeldBodyTest {
    private final HeldBody body = new HeldBody(4, 10);

    @Test
    void nothingLeavesBeforeItIsSent() throws Exception {
        body.write(text("ab"));
        body.flush();
        body.close();
        body.write('c');
        assertThat(sent()).isEqualTo("abc");
    }

    @Test
    void aLongerBodyGoesThroughAFileThatIsDeletedAfterwards() throws Exception {
        List<Path> before = temporaryFiles();
        body.write(text("abc"));
        body.write(text("defg"));
        assertThat(temporaryFiles()).hasSize(before.size() + 1);
        body.write('h');
        assertThat(sent()).isEqualTo("abcdefgh");
        body.discard();
        assertThat(temporaryFiles()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void aBodyMayBeReplacedByAnother() throws Exception {
        body.write(text("abcdefgh"));
        body.discard();
        body.write(text("xy"));
        assertThat(sent()).isEqualTo("xy");
    }

    @Test
    void aBodyThatIsTooLongIsAnError() throws Exception {
        body.write(text("abcdefghij"));
        assertThatThrownBy(() -> body.write('k'))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("more than 10 bytes");
        body.discard();
    }

    private String sent() throws IOException {
        ByteArrayOutputStream client = new ByteArrayOutputStream();
        body.sendTo(client);
        return client.toString(US_ASCII);
    }

    private static byte[] text(String text) {
        return text.getBytes(US_ASCII);
    }

    private static List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("spindrift-response"))
                    .toList();
        }
    }
}
