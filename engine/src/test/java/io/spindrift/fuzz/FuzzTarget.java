package io.spindrift.fuzz;

import io.spindrift.ConfigurationFuzzer;
import io.spindrift.ltx.LtxFuzzer;
import io.spindrift.ownership.LeaseFuzzer;
import io.spindrift.replica.ManifestFuzzer;
import io.spindrift.replica.encryption.EncryptedObjectFuzzer;
import io.spindrift.replica.s3.ReplicaUrlFuzzer;
import io.spindrift.wal.WalFuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What is fuzzed: everything that comes from outside the process. A target takes one input and throws nothing but what
 * it catches itself, the declared errors. Inputs that once were findings are in {@code src/test/resources/fuzz/<target>}.
 */
enum FuzzTarget {
    WAL(WalFuzzer.class, WalFuzzer::fuzzerTestOneInput, WalFuzzer::seeds),
    LTX(LtxFuzzer.class, LtxFuzzer::fuzzerTestOneInput, LtxFuzzer::seeds),
    MANIFEST(ManifestFuzzer.class, ManifestFuzzer::fuzzerTestOneInput, ManifestFuzzer::seeds),
    LEASE(LeaseFuzzer.class, LeaseFuzzer::fuzzerTestOneInput, LeaseFuzzer::seeds),
    REPLICA_URL(ReplicaUrlFuzzer.class, ReplicaUrlFuzzer::fuzzerTestOneInput, ReplicaUrlFuzzer::seeds),
    CONFIGURATION(ConfigurationFuzzer.class, ConfigurationFuzzer::fuzzerTestOneInput, ConfigurationFuzzer::seeds),
    ENCRYPTED_OBJECT(
            EncryptedObjectFuzzer.class, EncryptedObjectFuzzer::fuzzerTestOneInput, EncryptedObjectFuzzer::seeds);

    private static final Path FINDINGS = Path.of("src/test/resources/fuzz");

    private final Class<?> type;
    private final Target target;
    private final Supplier<List<byte[]>> seeds;

    @FunctionalInterface
    interface Target {
        void run(byte[] input) throws Exception;
    }

    FuzzTarget(Class<?> type, Target target, Supplier<List<byte[]>> seeds) {
        this.type = type;
        this.target = target;
        this.seeds = seeds;
    }

    /** The class that the fuzzer calls. */
    String className() {
        return type.getName();
    }

    void run(byte[] input) throws Exception {
        target.run(input);
    }

    /** Small inputs of every kind, and what once was a finding. */
    List<byte[]> seeds() throws IOException {
        List<byte[]> all = new ArrayList<>(seeds.get());
        Path findings = FINDINGS.resolve(name().toLowerCase(Locale.ROOT));
        if (Files.isDirectory(findings)) {
            try (Stream<Path> files = Files.list(findings)) {
                for (Path file : files.sorted().toList()) {
                    all.add(Files.readAllBytes(file));
                }
            }
        }
        return all;
    }
}
