package io.spindrift.ownership;

import io.spindrift.testing.S3Endpoint;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests of one replica behind the S3 protocol, each with a prefix of its own. */
abstract class OverS3 {
    static S3Endpoint endpoint;

    @TempDir
    Path folder;

    @BeforeAll
    static void startEndpoint() {
        endpoint = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials();
    }

    @AfterAll
    static void stopEndpoint() {
        endpoint.close();
    }

    URI url() {
        return endpoint.replicaUrl("bucket", folder.getFileName().toString());
    }

    /** What the keys of the database begin with. */
    String prefix() {
        return folder.getFileName() + "/databases/ledger/";
    }
}
