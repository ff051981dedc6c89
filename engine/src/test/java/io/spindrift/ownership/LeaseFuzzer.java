package io.spindrift.ownership;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads leases as a candidate does: whatever is there, it is a lease of the epoch its name says. */
public final class LeaseFuzzer {
    private LeaseFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Lease.Read lease = Lease.Read.of(42, input);
        boolean bearable = lease.ttl().map(ttl -> ttl.toDays() <= 1).orElse(true);
        if (lease.epoch() != 42 || !bearable) {
            throw new AssertionError("A lease took its epoch from its content, or lives for ever: " + lease);
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
                utf8("{\"version\":1,\"ttl\":\"PT2562047788015215H\"}"),
                utf8("{\"epoch\":1e400,\"node\":{}}"),
                utf8("{\"a\":".repeat(20_000)),
                utf8("null"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
