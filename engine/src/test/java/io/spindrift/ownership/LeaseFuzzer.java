package io.spindrift.ownership;

import io.spindrift.replica.Json;
import io.spindrift.replica.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;

/** Reads leases as whoever looks at them does. */
public final class LeaseFuzzer {
    private LeaseFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) {
        try {
            JsonNode lease = Json.read(input, "lease/0000000000000001.json");
            for (String name : List.of("version", "epoch", "renewals")) {
                Json.number(lease, name);
            }
            for (String name : List.of("node", "home", "instance", "since", "expires", "ttl", "claim")) {
                Json.text(lease, name);
            }
        } catch (StoreException declared) {
            return;
        }
    }

    public static List<byte[]> seeds() {
        return List.of(
                utf8(
                        "{\"version\":1,\"epoch\":42,\"node\":\"host:/data/ledger.db\",\"home\":\"4f\",\"instance\":\"9c\","
                                + "\"since\":\"2026-11-20T10:30:41Z\",\"expires\":\"2026-11-20T10:31:00Z\",\"ttl\":\"PT15S\","
                                + "\"renewals\":7,\"released\":false,\"claim\":\"000000000000002b\"}"),
                utf8(
                        "{\"version\":1,\"epoch\":-1,\"ttl\":\"PT-9999999999999999S\",\"since\":\"+999999999-12-31T23:59Z\"}"),
                utf8("{\"epoch\":1e400,\"node\":{}}"),
                utf8("{\"a\":".repeat(20_000)),
                utf8("null"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
