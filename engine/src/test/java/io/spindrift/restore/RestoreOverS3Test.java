package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import io.spindrift.RestoreProgress;
import io.spindrift.RestoreProgress.Phase;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.sync.PlainSqlite;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore;
import io.spindrift.testing.FaultStore.Injection;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.testing.TcpFault;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore in several pieces over the S3 protocol, and what happens when the store fails on the way. */
class RestoreOverS3Test {
    private static final int BIG_ROWS = 12;

    /** Where the keys of all segments begin. */
    private static final String SEGMENTS = "prod/databases/ledger/0";

    private static S3Endpoint endpoint;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path original;
    private static Position latest;
    private final FaultStore faults = endpoint.faults();

    /** About 13 MB that do not compress, in a snapshot, and some groups of which each changes a little after it. */
    @BeforeAll
    static void replicate() throws Exception {
        endpoint = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials();
        original = shared.resolve("ledger.db");
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(original)
                .replica(endpoint.replicaUrl("bucket", "prod"))
                .snapshotMinBytes(1L << 30)
                .build();
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB)");
            for (int i = 0; i < BIG_ROWS; i++) {
                statement.execute("INSERT INTO entry (body) VALUES (randomblob(1000000))");
            }
            database.flush();
            database.snapshot();
            for (int i = 1; i <= 30; i++) {
                statement.execute("INSERT INTO entry (body) VALUES (randomblob(5000))");
                statement.execute("UPDATE entry SET body = randomblob(700000) WHERE id = " + (i % BIG_ROWS + 1));
                latest = database.flush();
            }
        }
        PlainSqlite.checkpoint(original);
    }

    @AfterAll
    static void stopEndpoint() {
        endpoint.close();
    }

    @AfterEach
    void endFaults() {
        faults.clear();
    }

    @Test
    void theCopyIsTheOriginalByteForByte() throws Exception {
        RestoreResult result = restore();

        assertThat(result.position()).isEqualTo(latest);
        assertThat(result.proven()).isTrue();
        assertThat(result.objects()).isGreaterThan(1);
        assertSameAsOriginal();
    }

    @Test
    void bodiesThatBreakOffAreResumedByRange() throws Exception {
        try (Injection broken = faults.inject(Operation.GET, "prod", 25, Fault.truncate(100_000))) {
            restore();
            assertThat(broken.hits()).isEqualTo(25);
        }
        assertSameAsOriginal();
    }

    @Test
    void connectionsThatBreakOffAreResumedByRange() throws Exception {
        try (TcpFault network = new TcpFault(endpoint.port())) {
            network.resetAnswersAfter(1_500_000);
            restore(S3Endpoint.replicaUrl("bucket", "prod", network.port()));
        }
        assertSameAsOriginal();
    }

    @Test
    void aStoreThatRefusesAndDelaysIsAskedAgain() throws Exception {
        faults.inject(Operation.GET, 3, Fault.slowDown());
        faults.inject(Operation.LIST, 1, Fault.slowDown());
        faults.inject(Operation.GET, 5, Fault.delay(Duration.ofMillis(100)));

        restore();

        assertSameAsOriginal();
    }

    @Test
    void anObjectThatVanishesIsPlannedAround() throws Exception {
        try (Injection gone = faults.inject(Operation.GET, SEGMENTS, 1, new Fault.Refuse(404, "NoSuchKey"))) {
            restore();
            assertThat(gone.hits()).isEqualTo(1);
        }
        assertSameAsOriginal();
    }

    @Test
    void anObjectThatStaysAwayIsGivenUpAndLeavesNothingBehind() throws IOException {
        try (Injection gone = faults.inject(Operation.GET, SEGMENTS, 100, new Fault.Refuse(404, "NoSuchKey"))) {
            assertThatThrownBy(this::restore)
                    .isInstanceOf(SpindriftException.class)
                    .hasMessageContaining("There is no object 000");
            assertThat(gone.hits()).isLessThan(60);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void theCallersThreadIsEnoughWhenTheExecutorRefuses() throws Exception {
        Executor full = task -> {
            throw new RejectedExecutionException("no thread is free");
        };

        Database.restore(request(endpoint.replicaUrl("bucket", "prod")).build(), full);

        assertSameAsOriginal();
    }

    @Test
    void helpersThatComeTooLateDoNothing() throws Exception {
        List<Runnable> late = new ArrayList<>();

        Database.restore(request(endpoint.replicaUrl("bucket", "prod")).build(), late::add);

        assertThat(late).isNotEmpty();
        late.forEach(Runnable::run);
        assertSameAsOriginal();
    }

    @Test
    void noThreadIsLeftBehind() throws Exception {
        restore();

        // An unused thread goes after two seconds.
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("spindrift"));
    }

    @Test
    void progressGoesForwardAndEndsWithEverything() throws Exception {
        List<RestoreProgress> reports = new ArrayList<>();

        Database.restore(request(endpoint.replicaUrl("bucket", "prod"))
                .progress(reports::add)
                .build());

        assertThat(reports)
                .extracting(RestoreProgress::phase)
                .isSorted()
                .endsWith(Phase.PROVE, Phase.CHECK, Phase.DONE);
        assertThat(reports).extracting(RestoreProgress::bytesDone).isSorted();
        RestoreProgress last = reports.get(reports.size() - 1);
        assertThat(last.bytesDone()).isEqualTo(last.bytesTotal()).isPositive();
        assertThat(last.position()).isEqualTo(latest);
    }

    @Test
    void aLatestRestoreAsksForTheManifestOneListAndThePiecesOnly() throws Exception {
        long lists = faults.requests(Operation.LIST);
        long gets = faults.requests(Operation.GET);

        RestoreResult result = restore();

        assertThat(faults.requests(Operation.LIST) - lists).isEqualTo(1);
        long pieces = result.bytes() / (4 << 20) + result.objects();
        assertThat(faults.requests(Operation.GET) - gets).isLessThanOrEqualTo(1 + pieces + result.objects());
    }

    @Test
    void memoryIsBoundedWhateverTheSizeOfTheDatabase() throws Exception {
        try (ChildJvm child = ChildJvm.start(
                List.of("-Xmx32m"),
                Map.of(),
                SmallHeap.class,
                endpoint.replicaUrl("bucket", "prod").toString(),
                folder.resolve("copy.db").toString(),
                endpoint.accessKey(),
                endpoint.secretKey())) {
            assertThat(child.awaitExit(Duration.ofMinutes(2)))
                    .as("exit of the restoring process, which said %s", child.lines())
                    .isZero();
        }
        assertSameAsOriginal();
    }

    /** Restores in a process whose heap is smaller than the objects are together. */
    static final class SmallHeap {
        private SmallHeap() {}

        public static void main(String[] arguments) {
            System.setProperty("aws.accessKeyId", arguments[2]);
            System.setProperty("aws.secretAccessKey", arguments[3]);
            System.out.println(Database.restore(RestoreRequest.builder()
                    .replica(URI.create(arguments[0]))
                    .name("ledger")
                    .output(Path.of(arguments[1]))
                    .build()));
        }
    }

    private RestoreResult restore() {
        return restore(endpoint.replicaUrl("bucket", "prod"));
    }

    private RestoreResult restore(URI url) {
        return Database.restore(request(url).build());
    }

    private RestoreRequest.Builder request(URI url) {
        return RestoreRequest.builder().replica(url).name("ledger").output(folder.resolve("copy.db"));
    }

    private void assertSameAsOriginal() throws IOException {
        assertThat(Files.mismatch(original, folder.resolve("copy.db")))
                .as("first differing byte")
                .isEqualTo(-1);
    }
}
