package io.spindrift.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

class S3EndpointMainTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void keepsItsObjectsAndTheirMetadataWhenItIsKilled() throws Exception {
        try (ChildJvm endpoint = start();
                S3Client client = client(endpoint)) {
            client.putObject(
                    r -> r.bucket("bucket").key("a/b").metadata(Map.of("spindrift-write-id", "w1")),
                    RequestBody.fromString("content"));
            endpoint.kill();
        }
        try (ChildJvm endpoint = start();
                S3Client client = client(endpoint)) {
            assertThat(client.getObjectAsBytes(r -> r.bucket("bucket").key("a/b"))
                            .asUtf8String())
                    .isEqualTo("content");
            assertThat(client.headObject(r -> r.bucket("bucket").key("a/b")).metadata())
                    .containsEntry("spindrift-write-id", "w1");
        }
    }

    @Test
    void outlivesCtrlCAndEndsWithItsInput() throws Exception {
        try (ChildJvm endpoint = start();
                S3Client client = client(endpoint)) {
            signal("-INT", endpoint);
            assertThat(client.listBuckets().buckets()).hasSize(1);

            endpoint.closeInput();
            assertThat(endpoint.awaitExit(PATIENCE)).isZero();
        }
    }

    @Test
    void endsOnSigterm() throws Exception {
        try (ChildJvm endpoint = start()) {
            assertThat(endpoint.terminate()).isEqualTo(128 + 15);
        }
    }

    @Test
    void refusesToStartWithoutAKeyPair() throws Exception {
        try (ChildJvm endpoint = ChildJvm.start(
                List.of(), Map.of("AWS_ACCESS_KEY_ID", ""), S3EndpointMain.class, folder.toString(), "0", "bucket")) {
            endpoint.awaitLine("The environment variable AWS_ACCESS_KEY_ID is missing", PATIENCE);
            assertThat(endpoint.awaitExit(PATIENCE)).isEqualTo(2);
        }
    }

    private ChildJvm start() throws Exception {
        ChildJvm endpoint = ChildJvm.start(
                List.of(),
                Map.of("AWS_ACCESS_KEY_ID", "key", "AWS_SECRET_ACCESS_KEY", "secret"),
                S3EndpointMain.class,
                folder.toString(),
                "0",
                "bucket");
        endpoint.awaitLine(S3EndpointMain.READY, PATIENCE);
        return endpoint;
    }

    private static S3Client client(ChildJvm endpoint) throws Exception {
        String ready = endpoint.awaitLine(S3EndpointMain.READY, PATIENCE);
        return S3Client.builder()
                .endpointOverride(URI.create(ready.substring(S3EndpointMain.READY.length())))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .build();
    }

    private static void signal(String signal, ChildJvm child) throws Exception {
        // Every POSIX shell has kill built in; a program of that name need not be installed.
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill " + signal + " " + child.pid()).start();
        assertThat(kill.waitFor()).isZero();
    }
}
