package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.testing.ChildJvm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was shipped is, byte for byte, the database, whatever SQL made it. */
class RandomWorkloadsRestoreTest {
    private static final int WORKLOADS = 200;
    private static final int PHASES = 6;
    private static final int SMALLEST_GROUPS = 5;
    private static final int FEWEST_CHECKPOINTS = 2;

    @TempDir
    Path folder;

    @Test
    void aFreshProcessRestoresEveryWorkloadByteForByte() throws Exception {
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        System.out.println("RandomWorkloadsRestoreTest: -Dspindrift.seed=" + seed);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < WORKLOADS; i++) {
            String name = "w" + i;
            names.add(name);
            runWorkload(name, seed + i);
        }

        restoreInAFreshProcess(names);

        for (String name : names) {
            Path original = original(name);
            PlainSqlite.checkpoint(original);
            assertThat(Files.mismatch(original, copy(name)))
                    .as("first differing byte of %s, seed %d", name, seed)
                    .isEqualTo(-1);
        }
    }

    private void runWorkload(String name, long seed) throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name(name)
                .path(original(name))
                .replica(replica().toUri())
                .walMaxBytes(16 * 64 * 1024) // a checkpoint every 64 KiB of log
                .cacheSize(64 * 1024) // 8 KiB a connection, so that transactions spill
                .syncInterval(Duration.ofHours(1)) // groups end where the test flushes
                .build();
        try (Database database = Database.open(config);
                Connection connection = database.dataSource().getConnection()) {
            RandomWorkload workload = new RandomWorkload(seed, connection);
            workload.createSchema();
            for (int phase = 0; phase < PHASES; phase++) {
                workload.run(8);
                database.flush();
            }
        }
        List<LtxHeader> groups = groups(name);
        long logs = groups.stream()
                .map(h -> h.walSalt1() + "/" + h.walSalt2())
                .distinct()
                .count();
        assertThat(groups).as("groups of %s, seed %d", name, seed).hasSizeGreaterThanOrEqualTo(SMALLEST_GROUPS);
        assertThat(logs)
                .as("runs of the write-ahead log of %s, seed %d", name, seed)
                .isGreaterThan(FEWEST_CHECKPOINTS);
    }

    private List<LtxHeader> groups(String name) throws IOException {
        List<LtxHeader> headers = new ArrayList<>();
        try (Stream<Path> files = Files.list(replica().resolve("databases/" + name + "/ltx/0"))) {
            for (Path file : files.sorted().toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    headers.add(LtxHeader.decode(in.readNBytes(LtxHeader.BYTES), file.toString()));
                }
            }
        }
        return headers;
    }

    /** The process is given the replica and empty folders; the originals are elsewhere and unknown to it. */
    private void restoreInAFreshProcess(List<String> names) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(replica().toUri().toString()));
        for (String name : names) {
            arguments.add(name);
            arguments.add(copy(name).toString());
        }
        try (ChildJvm child = ChildJvm.start(RestoringProcess.class, arguments.toArray(String[]::new))) {
            assertThat(child.awaitExit(Duration.ofMinutes(3)))
                    .as("exit of the restoring process, which said %s", child.lines())
                    .isZero();
            assertThat(child.lines()).filteredOn(line -> line.endsWith(" true")).hasSameSizeAs(names);
        }
    }

    private Path original(String name) {
        return folder.resolve("originals").resolve(name + ".db");
    }

    private Path replica() {
        return folder.resolve("replica");
    }

    private Path copy(String name) {
        return folder.resolve("copies").resolve(name + ".db");
    }
}
