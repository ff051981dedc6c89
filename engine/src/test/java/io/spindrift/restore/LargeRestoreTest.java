package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.testing.ChildJvm;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Databases beyond 1 GiB, where SQLite leaves a page out, restored by a process with a heap of 64 MiB. */
@Tag("long")
class LargeRestoreTest {
    private static final int BLOB_BYTES = 280_000_000;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"512, 4", "65536, 4", "4096, 8"})
    void aDatabaseThatCrossesTheLockPageIsRestoredByteForByte(int pageSize, int blobs) throws Exception {
        Path file = folder.resolve("ledger.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size=" + pageSize);
            statement.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB)");
            for (int i = 0; i < blobs; i++) {
                statement.execute("INSERT INTO entry (body) VALUES (zeroblob(" + BLOB_BYTES + "))");
            }
            statement.execute("INSERT INTO entry (body) VALUES (randomblob(1000000))");
        }
        assertThat(Files.size(file)).isGreaterThan((long) PageChecksums.lockPage(pageSize) * pageSize);
        URI replica = folder.resolve("replica").toUri();
        Database.open(DatabaseConfig.builder()
                        .name("ledger")
                        .path(file)
                        .replica(replica)
                        .build())
                .close();

        try (ChildJvm child =
                ChildJvm.start(List.of("-Xmx64m"), Map.of(), Restoring.class, replica.toString(), copy().toString())) {
            assertThat(child.awaitExit(Duration.ofMinutes(10)))
                    .as("exit of the restoring process, which said %s", child.lines())
                    .isZero();
            System.out.println("pages of " + pageSize + ": " + child.lines());
        }

        assertThat(Files.mismatch(file, copy())).as("first differing byte").isEqualTo(-1);
    }

    private Path copy() {
        return folder.resolve("copy.db");
    }

    static final class Restoring {
        private Restoring() {}

        public static void main(String[] arguments) {
            RestoreResult result = Database.restore(RestoreRequest.builder()
                    .replica(URI.create(arguments[0]))
                    .name("ledger")
                    .output(Path.of(arguments[1]))
                    .build());
            System.out.println(result);
        }
    }
}
