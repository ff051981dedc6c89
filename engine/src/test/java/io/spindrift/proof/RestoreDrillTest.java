package io.spindrift.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Position;
import io.spindrift.RestoreResult;
import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.proof.RestoreDrill.Expected;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.encryption.EncryptionKeys;
import io.spindrift.restore.RestorePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreDrillTest {
    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private static final Executor THREADS = task -> new Thread(task, "drill").start();

    @TempDir
    Path folder;

    private SampleReplica sample;
    private Replica replica;
    private Path sidecar;
    private Expected expected;
    private RestoreDrill drill;

    @BeforeEach
    void makeAReplica() throws Exception {
        Path keyset = folder.resolve("keys.json");
        EncryptionKeys.create(keyset);
        sample = new SampleReplica(folder.resolve("sample"), Optional.of(keyset));
        replica = sample.replica();
        sidecar = Files.createDirectory(folder.resolve("sidecar"));
        long latest = Chain.latest(replica.list());
        LtxHeader header = replica.header(SegmentName.group(latest));
        expected = new Expected(
                new Position(latest),
                (long) header.pages() * header.pageSize(),
                header.checksums().orElseThrow().after());
        drill = drillAt(START);
    }

    @AfterEach
    void close() {
        replica.close();
    }

    @Test
    void aSoundReplicaPassesAndNothingIsLeftOnTheDisk() throws Exception {
        RestoreResult result = drill.runOnce(expected);

        assertThat(result.position()).isEqualTo(expected.position());
        assertThat(result.bytes()).isEqualTo(expected.bytes());
        assertThat(sidecar).isDirectoryNotContaining("glob:**drill");
    }

    @Test
    void oneFlippedBitInAnyObjectThatTheRestoreReadsIsFound() throws Exception {
        Random random = new Random(42);
        List<Segment> needed = RestorePlan.find(replica.list(), Position.NONE, Optional.empty())
                .segments();
        Map<SegmentName, Path> files = sample.objects();
        for (Segment segment : needed) {
            Path file = files.get(segment.name());
            byte[] content = Files.readAllBytes(file);
            for (int at : new int[] {0, 7, 50, content.length - 1, random.nextInt(content.length)}) {
                byte[] damaged = content.clone();
                damaged[at] ^= 1;
                Files.write(file, damaged);
                assertThatThrownBy(() -> drill.runOnce(expected))
                        .as("byte %d of %s", at, segment.name())
                        .isInstanceOfAny(SpindriftException.class, IOException.class)
                        .hasMessageContaining(segment.name().toString());
                assertThat(sidecar.resolve("drill")).doesNotExist();
            }
            Files.write(file, content);
        }
        drill.runOnce(expected);
    }

    @Test
    void itFailsExactlyWhenNoOtherWayLeadsPastAMissingObject() throws Exception {
        int failures = 0;
        for (Map.Entry<SegmentName, Path> object : sample.objects().entrySet()) {
            Path away = folder.resolve("away");
            Files.move(object.getValue(), away);
            boolean reachable = Chain.reachable(replica.list(), 0)
                    .contains(expected.position().txid());
            if (reachable) {
                assertThatCode(() -> drill.runOnce(expected))
                        .as("without %s", object.getKey())
                        .doesNotThrowAnyException();
            } else {
                assertThatThrownBy(() -> drill.runOnce(expected)).hasMessageContaining("cannot be restored exactly");
                failures++;
            }
            Files.move(away, object.getValue());
        }
        assertThat(failures).isPositive();
    }

    @Test
    void anotherDatabaseThanTheOwnersIsFound() {
        Expected other = new Expected(expected.position(), expected.bytes(), expected.checksum() ^ 2);

        assertThatThrownBy(() -> drill.runOnce(other))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("restores another database than this one");
    }

    @Test
    void itDoesNotFillTheDisk() {
        Expected huge = new Expected(expected.position(), Long.MAX_VALUE / 4, expected.checksum());

        assertThatThrownBy(() -> drill.runOnce(huge))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("A restore drill needs");
        assertThat(sidecar.resolve("drill")).doesNotExist();
    }

    @Test
    void whatACrashLeftIsRemovedAtTheNextStart() throws Exception {
        Path left = Files.createDirectories(sidecar.resolve("drill")).resolve("restored.db.restoring");
        Files.writeString(left, "half a database");

        drillAt(START);

        assertThat(sidecar.resolve("drill")).doesNotExist();
    }

    @Test
    void theIntervalIsCountedAcrossRestartsAndAFailureIsTriedAgainSooner() throws Exception {
        Duration week = Duration.ofDays(7);
        assertThat(drill.untilDue()).hasValue(week);
        assertThat(drill.lastVerifiedAt()).isEmpty();

        RestoreDrill sixDaysLater = drillAt(START.plus(Duration.ofDays(6)));
        assertThat(sixDaysLater.untilDue()).hasValue(Duration.ofDays(1));
        sixDaysLater.failed("a sentence\nof two lines");
        assertThat(sixDaysLater.untilDue()).hasValue(RestoreDrill.RETRY);
        assertThat(drillAt(START).problem()).hasValue("a sentence of two lines");

        RestoreDrill eightDaysLater = drillAt(START.plus(Duration.ofDays(8)));
        eightDaysLater.succeeded();
        assertThat(eightDaysLater.problem()).isEmpty();
        assertThat(eightDaysLater.untilDue()).hasValue(week);
        assertThat(drillAt(START).lastVerifiedAt()).hasValue(START.plus(Duration.ofDays(8)));
    }

    @Test
    void withoutAnIntervalNoneIsDue() throws Exception {
        assertThat(new RestoreDrill(replica, Runnable::run, sidecar, Clock.systemUTC(), Duration.ZERO).untilDue())
                .isEmpty();
    }

    private RestoreDrill drillAt(Instant now) throws IOException {
        return new RestoreDrill(replica, THREADS, sidecar, Clock.fixed(now, ZoneOffset.UTC), Duration.ofDays(7));
    }
}
