package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A replica that Litestream 0.5.16 wrote; {@code expected.txt} says what each restore has to give. */
class LitestreamReplicaTest {
    private static final Path ORIGINAL = Path.of("src/test/resources/litestream-0.5");

    @TempDir
    Path folder;

    private Path replica;

    @BeforeEach
    void copyReplica() throws IOException {
        replica = folder.resolve("replica");
        try (Stream<Path> files = Files.walk(ORIGINAL.resolve("replica"))) {
            for (Path file : files.toList()) {
                Files.copy(file, replica.resolve(ORIGINAL.resolve("replica").relativize(file)));
            }
        }
    }

    private record Expected(Position position, String sha256) {}

    static List<Expected> everyListedPosition() throws IOException {
        return Files.readAllLines(ORIGINAL.resolve("expected.txt")).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split(" "))
                .map(fields -> new Expected(Position.parse(fields[0]), fields[1]))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("everyListedPosition")
    void restoresToEveryListedPosition(Expected expected) throws Exception {
        RestoreResult result = restore(expected.position);

        assertThat(result.position()).isEqualTo(expected.position);
        assertThat(result.proven()).isFalse();
        assertThat(sha256(output())).isEqualTo(expected.sha256);
    }

    @ParameterizedTest
    @MethodSource("everyListedPosition")
    void restoresFromSnapshotsAndCompactedLevelsOnceLevel0IsGone(Expected expected) throws Exception {
        deleteLevel0();
        boolean endsACompactedSegment =
                List.of(2L, 0x11L, 0x17L, 0x28L, 0x1dL, 0x24L).contains(expected.position.txid());
        if (endsACompactedSegment) {
            restore(expected.position);
            assertThat(sha256(output())).isEqualTo(expected.sha256);
        } else {
            assertThatThrownBy(() -> restore(expected.position)).isInstanceOf(SpindriftException.class);
        }
    }

    @Test
    void refusesAPositionBetweenTwoRestorableOnesAndNamesThem() throws IOException {
        deleteLevel0();

        assertThatThrownBy(() -> restore(new Position(0x27)))
                .isInstanceOf(SpindriftException.class)
                .hasMessage("Position 0000000000000027 cannot be restored exactly: the nearest restorable positions are"
                        + " 0000000000000024 and 0000000000000028");
        assertThat(output()).doesNotExist();
    }

    @Test
    void restoresTheLatestPositionByDefault() throws Exception {
        RestoreResult result = Database.restore(RestoreRequest.builder()
                .replica(replica.toUri())
                .output(output())
                .build());

        assertThat(result.position()).isEqualTo(new Position(0x28));
    }

    @Test
    void neverOverwritesAFile() throws IOException {
        Files.writeString(output(), "mine");

        assertThatThrownBy(() -> restore(new Position(2))).hasMessageContaining("exists already");
        assertThat(output()).hasContent("mine");
    }

    @Test
    void oneFlippedByteInAnySegmentOfThePlanIsFound() throws IOException {
        Path segment = replica.resolve("ltx/9/0000000000000001-0000000000000017.ltx");
        byte[] content = Files.readAllBytes(segment);
        content[content.length / 2] ^= 1;
        Files.write(segment, content);

        assertThatThrownBy(() -> restore(new Position(0x17)))
                .hasMessageContaining("Segment 9/0000000000000001-0000000000000017")
                .hasMessageContaining("damaged");
        assertThat(output()).doesNotExist();
        assertThat(folder).isDirectoryNotContaining("glob:**restoring*");
    }

    @Test
    void leftOverCompanionsAreMovedOutOfTheRestoredFilesWay() throws IOException {
        Files.writeString(folder.resolve("copy.db-wal"), "an old log");
        Files.writeString(folder.resolve("copy.db-journal"), "an old journal");

        restore(new Position(2));

        assertThat(folder.resolve("copy.db-wal")).doesNotExist();
        assertThat(folder.resolve("copy.db-journal")).doesNotExist();
        assertThat(folder.resolve("copy.db-spindrift/lost/copy.db-wal")).hasContent("an old log");
        assertThat(folder.resolve("copy.db-spindrift/lost/copy.db-journal")).hasContent("an old journal");
    }

    private RestoreResult restore(Position position) {
        return Database.restore(RestoreRequest.builder()
                .replica(replica.toUri())
                .output(output())
                .position(position)
                .build());
    }

    private Path output() {
        return folder.resolve("copy.db");
    }

    private void deleteLevel0() throws IOException {
        try (Stream<Path> files = Files.list(replica.resolve("ltx/0"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(replica.resolve("ltx/0"));
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
