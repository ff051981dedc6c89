package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.replica.encryption.EncryptionKeys;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An encrypted replica behind the S3 protocol: its owner is killed, its disk is lost, and another key opens nothing. */
class EncryptedOverS3Test {
    private static final String BUCKET = "crash";

    @TempDir
    Path folder;

    @Test
    void anOwnerThatIsKilledLosesNothingAndWithoutItsKeyNothingIsRead() throws Exception {
        Path keys = folder.resolve("keys.json");
        EncryptionKeys.create(keys);
        Files.createDirectory(folder.resolve("data"));
        int request = 8 + new Random().nextInt(8);
        System.out.println("EncryptedOverS3Test: killed at request " + request);
        try (S3Endpoint s3 = S3Endpoint.inMemory().withBucket(BUCKET).asDefaultCredentials()) {
            URI url = s3.replicaUrl(BUCKET, "prod");
            String[] arguments = {folder.toString(), url.toString(), "6", "2", "ships"};
            assertThat(KilledProgram.killAt(s3, request, true, CrashScenario.class, arguments))
                    .isTrue();
            Survivors acknowledged = new Survivors();
            acknowledged.acknowledge(Files.readAllBytes(folder.resolve("acks")));

            acknowledged.assertAliveAndReplicated(folder, url, new RecordedEvents());
            TestFolders.delete(folder.resolve("data"));
            acknowledged.assertAliveAndReplicated(folder, url, new RecordedEvents());

            assertRefusedWithAnotherKey(s3, url);
        }
    }

    /** Neither the disk nor the store has a byte more, or less, than before. */
    private void assertRefusedWithAnotherKey(S3Endpoint s3, URI url) throws IOException {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        EncryptionKeys.create(elsewhere.resolve("keys.json"));
        List<String> objects = s3.keys(BUCKET, "");
        long puts = s3.faults().requests(Operation.PUT);

        assertThatThrownBy(
                        () -> Database.open(CrashScenario.config(elsewhere, url).build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("is encrypted with key");
        assertThatThrownBy(() -> Database.restore(RestoreRequest.builder()
                        .replica(url)
                        .name("crash")
                        .encryptionKeyset(elsewhere.resolve("keys.json"))
                        .output(elsewhere.resolve("data/copy.db"))
                        .build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("is encrypted with key");

        assertThat(elsewhere.resolve("data")).isDirectoryNotContaining("glob:**.{db,db-wal,restoring}");
        assertThat(s3.keys(BUCKET, "")).isEqualTo(objects);
        assertThat(s3.faults().requests(Operation.PUT)).isEqualTo(puts);
    }
}
