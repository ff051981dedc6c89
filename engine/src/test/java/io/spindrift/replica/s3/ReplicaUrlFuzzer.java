package io.spindrift.replica.s3;

import io.spindrift.ConfigKey;
import io.spindrift.DatabaseConfig;
import io.spindrift.SpindriftException;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.file.FileReplicaStore;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads replica URLs, from configuration and by the stores. What stands before an {@code @} is never repeated. */
public final class ReplicaUrlFuzzer {
    private static final String SECRET = "hunter2";

    private ReplicaUrlFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        try {
            DatabaseConfig.builder()
                    .name("ledger")
                    .set(ConfigKey.PATH, "ledger.db")
                    .set(ConfigKey.REPLICA_URL, text)
                    .build()
                    .replica();
        } catch (SpindriftException declared) {
            requireDiscreet(declared, text);
        }
        try {
            URI url = new URI(text);
            if ("s3".equals(url.getScheme())) {
                S3Address.parse(url, "databases/ledger").describe();
            } else if ("file".equals(url.getScheme())) {
                FileReplicaStore.open(url, "databases/ledger").describe();
            }
        } catch (StoreException declared) {
            requireDiscreet(declared, text);
        } catch (URISyntaxException notAUrl) {
            return;
        }
    }

    public static List<byte[]> seeds() {
        return List.of(
                utf8("s3://bucket/prefix?region=eu-central-1"),
                utf8("s3://bucket?endpoint=http://127.0.0.1:9000&path-style=true"),
                utf8("s3://bucket/a//b/?endpoint=https%3A%2F%2Fs3.example.com&region=%20x"),
                utf8("s3://key:hunter2@bucket/prefix?region=x"),
                utf8("s3://bucket?region=x&endpoint=http://key:hunter2@host"),
                utf8("s3:bucket"),
                utf8("s3://bucket:80?region=%zz#x"),
                utf8("s3://bucket?region=%"),
                utf8("file:///replica/folder"),
                utf8("file:/a/../b%00c"),
                utf8("file://host/x?y"),
                utf8("http://[::1]/x"));
    }

    private static void requireDiscreet(Exception e, String url) {
        boolean mayHoldASecret = url.startsWith("s3:"); // a folder's name is none
        if (mayHoldASecret && url.contains(SECRET + "@") && e.getMessage().contains(SECRET)) {
            throw new AssertionError("A message repeats a secret: " + e.getMessage());
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
