package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.RestoreResult;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.sync.RandomWorkload;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random histories, restored to every position and every instant, against applying one group after another. */
class EveryPositionTest {
    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");
    private static final int HISTORIES = 4;
    private static final int GROUPS = 25;

    @TempDir
    Path folder;

    /** A clock that stands until it is moved. */
    private static final class TestClock extends Clock {
        private volatile Instant now = START;

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private final TestClock clock = new TestClock();

    @Test
    void everyPositionOfRandomHistoriesIsRestoredByteForByte() throws Exception {
        long seed = Long.getLong("spindrift.seed", new Random().nextLong());
        System.out.println("EveryPositionTest: -Dspindrift.seed=" + seed);
        for (int history = 0; history < HISTORIES; history++) {
            URI url = folder.resolve("replica" + history).toUri();
            commit(url, seed + history);
            compareEveryPosition(url, "seed " + seed + ", history " + history);
        }
    }

    private void commit(URI url, long seed) throws Exception {
        DatabaseConfig config = DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve(seed + "/ledger.db"))
                .replica(url)
                .syncInterval(Duration.ofHours(1)) // groups end where the test flushes
                .build();
        Random random = new Random(seed);
        try (Database database = Database.open(
                        config,
                        new DatabaseEnvironment(
                                DatabaseEnvironment.standalone(DatabaseListener.NONE)
                                        .executor(),
                                DatabaseListener.NONE,
                                clock));
                Connection connection = database.dataSource().getConnection()) {
            RandomWorkload workload = new RandomWorkload(seed, connection);
            workload.createSchema();
            for (int group = 0; group < GROUPS; group++) {
                clock.now = clock.now.plusSeconds(10);
                workload.run(1 + random.nextInt(3));
                database.flush();
                if (random.nextInt(8) == 0) {
                    database.snapshot();
                }
            }
        }
    }

    private void compareEveryPosition(URI url, String what) throws Exception {
        Path expected = folder.resolve("expected.db");
        Files.deleteIfExists(expected);
        try (Replica replica = Replica.open(url, Optional.of("ledger"), Optional.empty());
                FileChannel file = FileChannel.open(
                        expected, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            SegmentApplier oneByOne = new SegmentApplier(file);
            List<Segment> groups =
                    replica.list().stream().filter(s -> s.name().level() == 0).toList();
            assertThat(groups).hasSizeGreaterThan(GROUPS);
            for (Segment group : groups) {
                try (InputStream in = replica.open(group.name())) {
                    oneByOne.apply(group.name(), in);
                }
                Path copy = folder.resolve("copy.db");
                RestoreResult result = Database.restore(request(url)
                        .position(new Position(group.name().maxTxid()))
                        .build());
                assertThat(Files.mismatch(expected, copy))
                        .as("first differing byte at %s, %s", group.name(), what)
                        .isEqualTo(-1);
                assertThat(result.rollingChecksum())
                        .isEqualTo(oneByOne.checksums().rolling());
                assertThat(result.time()).isEqualTo(replica.header(group.name()).timestamp());
                Files.delete(copy);
            }
        }
    }

    // ---- instants

    @Test
    void anInstantIsTheLastPositionAtOrBeforeItWithoutManyRequests() throws Exception {
        try (S3Endpoint endpoint = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials()) {
            URI url = endpoint.replicaUrl("bucket", "prod"); // its clock is not the owner's, so guesses are far off
            commit(url, 7);
            try (Replica replica = Replica.open(url, Optional.of("ledger"), Optional.empty())) {
                List<Instant> times = new ArrayList<>();
                List<Position> positions = new ArrayList<>();
                for (Segment group : replica.list()) {
                    if (group.name().level() == 0) {
                        times.add(replica.header(group.name()).timestamp());
                        positions.add(new Position(group.name().maxTxid()));
                    }
                }
                for (int i = 0; i < times.size(); i++) {
                    long gets = endpoint.faults().requests(Operation.GET);
                    assertThat(find(replica, times.get(i))).isEqualTo(lastAt(times, positions, times.get(i)));
                    assertThat(endpoint.faults().requests(Operation.GET) - gets).isLessThanOrEqualTo(12);
                    Instant justBefore = times.get(i).minusMillis(1);
                    if (!justBefore.isBefore(times.get(0))) {
                        assertThat(find(replica, justBefore)).isEqualTo(lastAt(times, positions, justBefore));
                    }
                }
                assertThat(find(replica, Instant.MAX)).isEqualTo(positions.get(positions.size() - 1));
                assertThatThrownBy(() -> find(replica, times.get(0).minusMillis(1)))
                        .hasMessageContaining("Nothing can be restored at or before")
                        .hasMessageContaining(positions.get(0).toString());
            }
        }
    }

    @Test
    void anInstantAmongMergedGroupsIsTheLastPositionThatIsLeft() throws Exception {
        URI url = folder.resolve("replica").toUri();
        commit(url, 8);
        List<SegmentName> snapshots = new ArrayList<>();
        try (Replica replica = Replica.open(url, Optional.of("ledger"), Optional.empty())) {
            List<Segment> all = replica.list();
            all.stream().map(Segment::name).filter(n -> n.level() == 9).forEach(snapshots::add);
            long snapshot = snapshots.get(0).maxTxid();
            Instant ofSnapshot = replica.header(SegmentName.group(snapshot)).timestamp();
            for (Segment segment : all) {
                if (segment.name().level() == 0 && segment.name().maxTxid() <= snapshot) {
                    Files.delete(folder.resolve("replica/databases/ledger")
                            .resolve(segment.name().path(replica.store().layout())));
                }
            }
            assertThat(find(replica, ofSnapshot)).isEqualTo(new Position(snapshot));
            assertThatThrownBy(() -> find(replica, ofSnapshot.minusMillis(1)))
                    .hasMessageContaining("the earliest restorable position is " + new Position(snapshot));
        }
    }

    @Test
    void withAGapInTheChainAnInstantBehindItIsAnError() throws Exception {
        URI url = folder.resolve("replica").toUri();
        commit(url, 9);
        Files.delete(folder.resolve("replica/databases/ledger/ltx/0/0000000000000005-0000000000000005.ltx"));
        deleteAbove0();

        assertThatThrownBy(() -> Database.restore(request(url).at(clock.now).build()))
                .hasMessageContaining("is not certain")
                .hasMessageContaining("the nearest restorable positions are 0000000000000004");
        RestoreResult before =
                Database.restore(request(url).at(START.plusSeconds(5)).build());
        assertThat(before.position()).isLessThan(new Position(5));
    }

    private void deleteAbove0() throws Exception {
        try (Stream<Path> files = Files.walk(folder.resolve("replica/databases/ledger/ltx"))) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(f -> !f.getParent().endsWith("0"))
                    .toList()) {
                Files.delete(file);
            }
        }
        Files.deleteIfExists(folder.resolve("replica/databases/ledger/manifest.json"));
    }

    private static Position lastAt(List<Instant> times, List<Position> positions, Instant instant) {
        Position last = Position.NONE;
        for (int i = 0; i < times.size(); i++) {
            if (!times.get(i).isAfter(instant)) {
                last = positions.get(i);
            }
        }
        return last;
    }

    private static Position find(Replica replica, Instant instant) throws Exception {
        return PointSearch.find(replica, replica.list(), instant).orElseThrow();
    }

    private RestoreRequest.Builder request(URI url) {
        return RestoreRequest.builder().replica(url).name("ledger").output(folder.resolve("copy.db"));
    }
}
