package io.spindrift.replica;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Reads manifests: one that is understood is the same after it was written and read again. */
public final class ManifestFuzzer {
    private ManifestFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Optional<Manifest> manifest = Manifest.decode(input);
        manifest.ifPresent(found -> {
            if (!Manifest.decode(found.encode()).equals(manifest)) {
                throw new AssertionError("A manifest changed when it was written again: " + found);
            }
        });
    }

    public static List<byte[]> seeds() {
        return List.of(
                utf8(
                        "{\"version\":1,\"segments\":[{\"level\":9,\"min\":\"0000000000000001\",\"max\":\"000000000000002a\","
                                + "\"bytes\":123456,\"time\":\"2026-11-20T10:30:41Z\",\"before\":\"0000000000000000\","
                                + "\"after\":\"b90956c775a41001\"},{\"level\":1,\"min\":\"000000000000002b\","
                                + "\"max\":\"0000000000000030\",\"bytes\":1,\"time\":\"2026-11-20T10:30:41.123Z\"}]}"),
                utf8("{\"version\":1,\"segments\":[]}"),
                utf8("{\"version\":2}"),
                utf8("{\"version\":1e9,\"segments\":{}}"),
                utf8("{\"version\":1,\"segments\":[null,[],{\"level\":-1}]}"),
                utf8("[".repeat(100_000)),
                utf8("{\"a\":".repeat(20_000)));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
