package io.spindrift.replica.s3;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.ReplicaStoreContract;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.StoreStatistics;
import io.spindrift.testing.Fault;
import io.spindrift.testing.FaultStore;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.testing.TcpFault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

class S3ReplicaStoreTest extends ReplicaStoreContract {
    private static final Instant TIME = Instant.parse("2026-11-20T10:15:30.123456789Z");
    private static final AtomicInteger FOLDERS = new AtomicInteger();
    private static S3Endpoint endpoint;

    private final FakeTime time = new FakeTime();
    private String prefix;
    private FaultStore faults;
    private ReplicaStore store;

    @BeforeAll
    static void startEndpoint() {
        endpoint = S3Endpoint.inMemory().withBucket("bucket");
    }

    @AfterAll
    static void stopEndpoint() {
        endpoint.close();
    }

    @BeforeEach
    void open() throws Exception {
        faults = endpoint.faults();
        prefix = "test-" + FOLDERS.incrementAndGet();
        store = open(endpoint.port(), "bucket", keys(S3Endpoint.ACCESS_KEY, S3Endpoint.SECRET_KEY));
    }

    @AfterEach
    void close() {
        faults.clear();
        store.close();
    }

    @Override
    protected ReplicaStore store() {
        return store;
    }

    @Test
    void keepsADatabaseUnderItsNameInTheLitestreamLayoutWithItsMetadata() throws Exception {
        String name = store.layout().levelPrefix(9) + "0000000000000001-0000000000000001.ltx";
        store.create(name, file("x"), "writer-1", TIME, SendGuard.ALWAYS);

        String key = prefix + "/databases/ledger/0009/0000000000000001-0000000000000001.ltx";
        assertThat(endpoint.keys("bucket", prefix)).containsExactly(key);
        try (S3Client client = client()) {
            assertThat(client.headObject(r -> r.bucket("bucket").key(key)).metadata())
                    .containsEntry("litestream-timestamp", "2026-11-20T10:15:30.123456789Z")
                    .containsEntry("spindrift-write-id", "writer-1");
        }
        assertThat(store.layout()).isEqualTo(ReplicaLayout.OBJECT_STORE);
        assertThat(store.describe())
                .isEqualTo("s3://bucket/" + prefix + "/databases/ledger at http://127.0.0.1:" + endpoint.port());
    }

    @Test
    void knowsItsOwnObjectAfterALostAnswer() throws Exception {
        try (TcpFault network = new TcpFault(endpoint.port());
                ReplicaStore distant =
                        open(network.port(), "bucket", keys(S3Endpoint.ACCESS_KEY, S3Endpoint.SECRET_KEY))) {
            network.loseNextAnswer();
            long before = faults.requests(Operation.PUT);

            assertThat(distant.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS))
                    .isEqualTo(Created.OURS);
            assertThat(faults.requests(Operation.PUT) - before).isEqualTo(2);
        }
        assertThat(text("0000/a.ltx")).isEqualTo("x");
    }

    @Test
    void knowsItsOwnObjectAfterAnErrorThatCameTooLate() throws Exception {
        faults.inject(Operation.PUT, 1, Fault.errorAfterApply());

        assertThat(store.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(time.pauses()).hasSize(1);
    }

    @Test
    void neverTakesAnothersObjectForItsOwnAfterALostAnswer() throws Exception {
        store.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS);
        faults.inject(Operation.PUT, 1, Fault.slowDown());

        assertThat(store.create("0000/a.ltx", file("x"), "writer-2", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.TAKEN);
    }

    /** Our own object would be taken for another owner's, and this process for one that has lost its database. */
    @Test
    void anAnswerThatIsCutOffAmidItsHeadersSaysNothingOfWhoWroteTheObject() throws Exception {
        store.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS);
        int ours = 0;
        for (int bytes = 100; bytes < 1_000; bytes += 9) {
            try (TcpFault network = new TcpFault(endpoint.port());
                    ReplicaStore again =
                            open(network.port(), "bucket", keys(S3Endpoint.ACCESS_KEY, S3Endpoint.SECRET_KEY))) {
                again.list(""); // opens the connection, whose answers are counted from here on
                network.endAnswersAfter(bytes);
                assertThat(again.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS))
                        .as("the answers cut off after %s bytes", bytes)
                        .isEqualTo(Created.OURS);
                ours++;
            } catch (StoreException everyAnswerIsCutOff) {
                assertThat(everyAnswerIsCutOff).hasMessageContaining("PUT of 0000/a.ltx");
            }
        }
        assertThat(ours).isPositive();
    }

    @Test
    void triesAgainWhenTheServiceIsBusy() throws Exception {
        FaultStore.Injection busy = faults.inject(Operation.PUT, 3, Fault.slowDown());

        assertThat(store.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(busy.hits()).isEqualTo(3);
        assertThat(time.pauses())
                .containsExactly(Duration.ofMillis(100), Duration.ofMillis(175), Duration.ofNanos(287_500_000));
    }

    @Test
    void countsRepeatedRequestsAndFailedOnesButNoNameThatIsTaken() throws Exception {
        faults.inject(Operation.PUT, 2, Fault.slowDown());
        store.create("0000/a.ltx", file("xyz"), "writer-1", TIME, SendGuard.ALWAYS);
        store.create("0000/a.ltx", file("other"), "writer-2", TIME, SendGuard.ALWAYS);
        faults.inject(Operation.PUT, 1, Fault.accessDenied());
        assertThatThrownBy(() -> store.put("manifest.json", new byte[1], SendGuard.ALWAYS))
                .isInstanceOf(StoreException.class);
        store.put("large", new byte[400_000], SendGuard.ALWAYS);
        faults.inject(Operation.GET, 1, Fault.truncate(200_000));
        text("large");

        assertThat(store.statistics().now())
                .containsEntry(StoreStatistics.Operation.PUT, new StoreStatistics.Requests(6, 2, 1, 400_003, 0))
                .containsEntry(StoreStatistics.Operation.GET, new StoreStatistics.Requests(3, 1, 0, 0, 400_000));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "503 | SlowDown | asks for fewer requests (answered 503 SlowDown)",
                "503 | SlowDown | raise sync-interval",
                "403 | RequestTimeTooSkewed | synchronise the clock",
                "400 | ExpiredToken | have expired (400 ExpiredToken)",
                "403 | AccessDenied | grant s3:GetObject, s3:PutObject"
            })
    void saysWhatToDoAboutAnAnswer(int status, String code, String remedy) {
        faults.inject(Operation.PUT, new Fault.Refuse(status, code));

        assertThatThrownBy(() -> store.put("manifest.json", new byte[1], SendGuard.ALWAYS))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(remedy);
    }

    @Test
    void asksItsGuardBeforeEveryTryAndStopsWhereItRefuses() throws Exception {
        FaultStore.Injection busy = faults.inject(Operation.PUT, Fault.slowDown());
        AtomicInteger asked = new AtomicInteger();

        assertThatThrownBy(() -> store.create("0000/a.ltx", file("x"), "writer-1", TIME, asked::incrementAndGet))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("answered 503 SlowDown");
        assertThat(asked).hasValue(8);
        assertThat(busy.hits()).isEqualTo(8);

        assertThatThrownBy(() -> store.create("0000/a.ltx", file("x"), "writer-1", TIME, () -> {
                    if (asked.incrementAndGet() > 10) {
                        throw new StoreException("It is too late to send.");
                    }
                }))
                .hasMessage("It is too late to send.");
        assertThat(busy.hits()).isEqualTo(10);
    }

    @Test
    void triesAgainAfterAConflict() throws Exception {
        faults.inject(Operation.PUT, 2, Fault.conflict());

        assertThat(store.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(time.pauses()).hasSize(2);
    }

    @Test
    void looksWhoWonAfterTheSecondConflict() throws Exception {
        store.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS);
        FaultStore.Injection conflict = faults.inject(Operation.PUT, Fault.conflict());

        assertThat(store.create("0000/a.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(conflict.hits()).isEqualTo(2);
        assertThat(store.create("0000/a.ltx", file("x"), "writer-2", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.TAKEN);
        assertThat(conflict.hits()).isEqualTo(4);
        assertThatThrownBy(() -> store.create("0000/b.ltx", file("x"), "writer-1", TIME, SendGuard.ALWAYS))
                .hasMessageContaining("409 ConditionalRequestConflict");
    }

    @Test
    void resumesABrokenReadAtTheByteWhereItBroke() throws Exception {
        byte[] content = new byte[1_000_000];
        new Random(11).nextBytes(content);
        store.put("object", content, SendGuard.ALWAYS);
        long before = faults.requests(Operation.GET);
        faults.inject(Operation.GET, 3, Fault.truncate(200_000));

        try (InputStream in = store.read("object", 0, -1)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(faults.requests(Operation.GET) - before).isEqualTo(4);
    }

    @Test
    void resumesABrokenRange() throws Exception {
        store.put("object", "0123456789".repeat(50_000).getBytes(UTF_8), SendGuard.ALWAYS);
        FaultStore.Injection broken = faults.inject(Operation.GET, 2, Fault.truncate(100_000));

        assertThat(text("object", 15, 400_000)).isEqualTo("5678901234".repeat(40_000));
        assertThat(broken.hits()).isEqualTo(2);
        assertThat(time.pauses()).hasSize(2);
    }

    @Test
    void givesUpAReadThatBringsNothingMore() throws Exception {
        AtomicInteger answers = new AtomicInteger();
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ReplicaStore broken = open(server.getLocalPort(), "bucket", keys("a", "b"))) {
            Thread hangingUp = new Thread(() -> promiseABodyAndHangUp(server, answers));
            hangingUp.start();

            assertThatThrownBy(() -> broken.get("object", 20_000))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("The GET of object in s3://bucket/" + prefix)
                    .hasMessageContaining("broke off at byte 0 of 10000 and 8 tries brought nothing more");
            server.close();
            hangingUp.join();
        }
        assertThat(answers).hasValue(8);
    }

    private static void promiseABodyAndHangUp(ServerSocket server, AtomicInteger answers) {
        while (true) {
            try (Socket client = server.accept()) {
                BufferedReader request = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
                while (!request.readLine().isEmpty()) {
                    // A GET ends with an empty line.
                }
                String range = answers.getAndIncrement() == 0 ? "" : "Content-Range: bytes 0-9999/10000\r\n";
                client.getOutputStream()
                        .write(("HTTP/1.1 200 OK\r\nETag: \"1\"\r\n" + range + "Content-Length: 10000\r\n\r\n")
                                .getBytes(US_ASCII));
            } catch (IOException e) {
                return; // The test is over.
            }
        }
    }

    @Test
    void refusesToJoinTwoVersionsOfAnObject() throws Exception {
        store.put("object", "a".repeat(500_000).getBytes(UTF_8), SendGuard.ALWAYS);
        faults.inject(Operation.GET, 1, Fault.truncate(100_000));

        try (InputStream in = store.read("object", 0, -1)) {
            in.readNBytes(10);
            store.put("object", "b".repeat(500_000).getBytes(UTF_8), SendGuard.ALWAYS);
            assertThatThrownBy(in::readAllBytes)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("was replaced while it was read");
        }
    }

    @Test
    void saysThatAnObjectIsMissingAlsoInTheMiddle() throws Exception {
        store.put("object", new byte[500_000], SendGuard.ALWAYS);
        faults.inject(Operation.GET, 1, Fault.truncate(100_000));

        try (InputStream in = store.read("object", 0, -1)) {
            in.readNBytes(10);
            store.delete(List.of("object"), SendGuard.ALWAYS);
            assertThatThrownBy(in::readAllBytes).isInstanceOf(ObjectMissingException.class);
        }
    }

    @Test
    void listsAgainWhenAPageFails() throws Exception {
        store.put("object", new byte[1], SendGuard.ALWAYS);
        faults.inject(Operation.LIST, 1, Fault.slowDown());

        assertThat(names(store.list(""))).containsExactly("object");
    }

    @Test
    void explainsWrongCredentialsAtOnceAndWithoutThem() throws Exception {
        for (AwsCredentialsProvider wrong : new AwsCredentialsProvider[] {
            keys(S3Endpoint.ACCESS_KEY, "a-wrong-secret"), keys("a-wrong-key", S3Endpoint.SECRET_KEY)
        }) {
            try (ReplicaStore refused = open(endpoint.port(), "bucket", wrong)) {
                assertThatThrownBy(() -> refused.list(""))
                        .isInstanceOf(StoreException.class)
                        .hasMessageContaining("The credentials for s3://bucket/" + prefix)
                        .hasMessageContaining("were refused (403 ")
                        .message()
                        .doesNotContain("a-wrong-secret", "a-wrong-key");
                assertThatThrownBy(() -> refused.create("0000/a.ltx", file("x"), "w", TIME, SendGuard.ALWAYS))
                        .hasMessageContaining("were refused (403 ");
            }
        }
        assertThat(time.pauses()).isEmpty();
    }

    @Test
    void explainsAMissingBucket() throws Exception {
        try (ReplicaStore homeless =
                open(endpoint.port(), "no-such-bucket", keys(S3Endpoint.ACCESS_KEY, S3Endpoint.SECRET_KEY))) {
            String sentence = "The bucket no-such-bucket of s3://no-such-bucket/" + prefix;
            assertThatThrownBy(() -> homeless.list("")).hasMessageContaining(sentence);
            assertThatThrownBy(() -> homeless.get("manifest.json", 10)).hasMessageContaining(sentence);
            assertThatThrownBy(() -> homeless.create("0000/a.ltx", file("x"), "w", TIME, SendGuard.ALWAYS))
                    .hasMessageContaining(sentence);
        }
    }

    @Test
    void explainsAServerThatDoesNotAnswer() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (ReplicaStore away = open(free, "bucket", keys("a", "b"))) {
            assertThatThrownBy(() -> away.list(""))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("No answer from http://127.0.0.1:" + free)
                    .hasMessageContaining("Connection refused");
        }
        assertThat(time.pauses()).hasSize(7);
    }

    @Test
    void explainsAWrongClockAWrongRegionAndMissingRights() {
        faults.inject(Operation.PUT, "", 8, Fault.clockSkew());
        assertThatThrownBy(() -> store.put("object", new byte[1], SendGuard.ALWAYS))
                .hasMessageContaining("The clock of this machine is too far from that of http://127.0.0.1");

        faults.inject(Operation.PUT, 1, new Fault.Refuse(301, "PermanentRedirect"));
        assertThatThrownBy(() -> store.put("object", new byte[1], SendGuard.ALWAYS))
                .hasMessageContaining("is not in region us-east-1");

        faults.inject(Operation.PUT, 1, Fault.accessDenied());
        assertThatThrownBy(() -> store.put("object", new byte[1], SendGuard.ALWAYS))
                .hasMessageContaining("Access was denied to the PUT of object")
                .hasMessageContaining("grant s3:GetObject");
    }

    @Test
    void explainsThatThereAreNoCredentials() throws Exception {
        AwsCredentialsProvider nobody = () -> {
            throw SdkClientException.create("Unable to load credentials from any of the providers in the chain");
        };
        try (ReplicaStore anonymous = open(endpoint.port(), "bucket", nobody)) {
            assertThatThrownBy(() -> anonymous.list(""))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("No credentials were found for s3://bucket/" + prefix);
        }
    }

    @Test
    void showsTheSdkItsOwnClassLoaderAndPutsTheCallersBack() throws Exception {
        AtomicReference<ClassLoader> seen = new AtomicReference<>();
        AwsCredentialsProvider watching = () -> {
            seen.set(Thread.currentThread().getContextClassLoader());
            return AwsBasicCredentials.create(S3Endpoint.ACCESS_KEY, S3Endpoint.SECRET_KEY);
        };
        ClassLoader application = new ClassLoader(null) {};
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (ReplicaStore watched = open(endpoint.port(), "bucket", watching)) {
            Thread.currentThread().setContextClassLoader(application);
            watched.list("");

            assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(application);
            assertThat(seen.get()).isSameAs(S3ReplicaStore.class.getClassLoader());
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private ReplicaStore open(int port, String bucket, AwsCredentialsProvider credentials) throws StoreException {
        URI url = S3Endpoint.replicaUrl(bucket, prefix, port);
        return S3ReplicaStore.open(url, "databases/ledger", credentials, time.retries());
    }

    private static AwsCredentialsProvider keys(String accessKey, String secretKey) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey));
    }

    private static S3Client client() {
        return S3Client.builder()
                .endpointOverride(endpoint.uri())
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(keys(S3Endpoint.ACCESS_KEY, S3Endpoint.SECRET_KEY))
                .build();
    }
}
