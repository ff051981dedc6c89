package io.spindrift.replica.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.testing.S3EndpointMain;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** The endpoint runs in a process of its own, so that every new thread in this one would be the store's. */
class S3ReplicaStoreThreadsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void startsNoThread() throws Exception {
        Map<String, String> keys =
                Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY);
        try (ChildJvm server = ChildJvm.start(
                List.of(), keys, S3EndpointMain.class, folder.resolve("s3").toString(), "0", "bucket")) {
            String ready = server.awaitLine("S3 endpoint ready at ", PATIENCE);
            URI url = S3Endpoint.replicaUrl(
                    "bucket",
                    "threads",
                    URI.create(ready.substring(ready.lastIndexOf(' ') + 1)).getPort());
            Set<Thread> before = Thread.getAllStackTraces().keySet();

            useEverything(url);

            Set<Thread> started = new HashSet<>(Thread.getAllStackTraces().keySet());
            started.removeAll(before);
            assertThat(started).isEmpty();

            server.closeInput();
            assertThat(server.awaitExit(PATIENCE)).isZero();
        }
    }

    private void useEverything(URI url) throws Exception {
        Path content = Files.write(folder.resolve("content"), new byte[100_000]);
        try (S3ReplicaStore store = S3ReplicaStore.open(
                url,
                "",
                StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(S3Endpoint.ACCESS_KEY, S3Endpoint.SECRET_KEY)),
                Retries.standard())) {
            store.create("0000/a.ltx", content, "writer-1", Instant.EPOCH, SendGuard.ALWAYS);
            assertThat(store.create("0000/a.ltx", content, "writer-1", Instant.EPOCH, SendGuard.ALWAYS))
                    .isEqualTo(Created.OURS);
            store.put("manifest.json", "{}".getBytes(UTF_8), SendGuard.ALWAYS);
            assertThat(store.list("")).hasSize(2);
            try (InputStream in = store.read("0000/a.ltx", 0, -1)) {
                in.read(); // Left in the middle: this is where the SDK's own stream would start a thread.
            }
            store.delete(List.of("0000/a.ltx"), SendGuard.ALWAYS);
        }
    }
}
