package io.spindrift.restore;

import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the official Litestream VFS has to read, in both kinds of store. The database is named {@code shop}. */
abstract class ReadByLitestream {
    @TempDir
    Path folder;

    @BeforeEach
    void requireExtension() throws Exception {
        LitestreamVfs.extension();
    }

    @Test
    void inAFolder() throws Exception {
        Path replica = folder.resolve("replica");

        assertLitestreamFollows(replica.toUri(), LitestreamVfs.environment(replica, "shop"));
    }

    @Test
    void inS3() throws Exception {
        try (S3Endpoint endpoint = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials()) {
            assertLitestreamFollows(
                    endpoint.replicaUrl("bucket", "prod"), LitestreamVfs.environment(endpoint, "bucket/prod", "shop"));
        }
    }

    /** Fills a replica and reads it with the environment. */
    abstract void assertLitestreamFollows(URI replica, Map<String, String> environment) throws Exception;
}
