package io.spindrift.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.spindrift.Position;
import io.spindrift.compaction.SimulatedOwner.Time;
import io.spindrift.compaction.SimulatedStore.Killed;
import io.spindrift.compaction.SimulatedStore.Request;
import io.spindrift.compaction.SimulatedStore.StoredObject;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import io.spindrift.restore.RestorePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compaction and retention, one pass at a time. */
class PassesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @TempDir
    Path folder;

    private Time time;
    private SimulatedStore store;
    private SimulatedDatabase database;
    private SimulatedOwner owner;

    @BeforeEach
    void begin() throws IOException {
        time = new Time();
        store = new SimulatedStore(time::instant);
        database = new SimulatedDatabase(new Random(5), 12);
        owner = new SimulatedOwner(store, time, folder);
    }

    @Test
    void groupsOfHalfAMinuteBecomeLevel1ThenFiveMinutesLevel2ThenAnHourLevel3() throws Exception {
        for (int i = 0; i < 4_100; i++) {
            group(SECOND);
            owner.compaction.runOnce(SendGuard.ALWAYS);
        }

        assertThat(firstOf(1)).isEqualTo(30);
        assertThat(firstOf(2)).isBetween(300L, 330L);
        assertThat(firstOf(3)).isBetween(3_600L, 3_930L);
        assertThat(RestorePlan.find(owner.replica.outline(), Position.NONE, Optional.empty())
                        .segments())
                .hasSizeLessThan(40)
                .first()
                .satisfies(segment -> assertThat(segment.name().level()).isEqualTo(3));
    }

    /** Where the object of a level ends that begins the history. */
    private long firstOf(int level) throws IOException {
        return owner.replica.list().stream()
                .map(Segment::name)
                .filter(name -> name.level() == level && name.minTxid() == 1)
                .findFirst()
                .orElseThrow()
                .maxTxid();
    }

    @Test
    void sixtyFourGroupsAreMergedWhateverTheTime() throws Exception {
        for (int i = 0; i < 65; i++) {
            group(Duration.ofMillis(1));
        }

        owner.compaction.runOnce(SendGuard.ALWAYS);

        assertThat(owner.replica.list()).extracting(Segment::name).contains(new SegmentName(1, 1, 64));
    }

    @Test
    void nothingIsMergedAcrossASnapshotNotEvenOneUnderWay() throws Exception {
        for (int i = 0; i < 20; i++) {
            group(SECOND);
            if (i == 6) {
                owner.levels.snapshotBegins(7);
            }
        }
        time.pass(Duration.ofHours(2));
        owner.compaction.runOnce(SendGuard.ALWAYS);

        assertThat(owner.replica.list())
                .extracting(Segment::name)
                .contains(new SegmentName(1, 1, 7), new SegmentName(1, 8, 20))
                .noneMatch(name -> name.minTxid() <= 7 && name.maxTxid() > 7);
    }

    @Test
    void whatIsFarApartIsNotMerged() throws Exception {
        for (int i = 0; i < 5; i++) {
            group(Duration.ofHours(2));
        }
        time.pass(Duration.ofDays(1));

        assertThat(owner.compaction.due()).isFalse();
    }

    @Test
    void anIdleReplicaIsAskedNothing() throws Exception {
        for (int i = 0; i < 40; i++) {
            group(SECOND);
        }
        time.pass(Duration.ofHours(3));
        assertThat(owner.compaction.runOnce(SendGuard.ALWAYS)).isEqualTo(3); // two of level 1, then one of 2
        int requests = store.requests();

        for (int i = 0; i < 100; i++) {
            time.pass(Duration.ofHours(1));
            assertThat(owner.compaction.runOnce(SendGuard.ALWAYS)).isZero();
        }

        assertThat(store.requests()).isEqualTo(requests);
    }

    @Test
    void aDamagedObjectIsNamedAndLeftOutAndTheRestIsMerged() throws Exception {
        for (int i = 0; i < 20; i++) {
            group(SECOND);
        }
        String damaged = SegmentName.group(9).path(store.layout());
        byte[] content = store.objects().get(damaged).content().clone();
        content[content.length - 1] ^= 1; // its own checksum: nothing else is to blame
        store.objects().put(damaged, new StoredObject(content, time.instant()));
        time.pass(Duration.ofHours(2));

        assertThatThrownBy(() -> owner.compaction.runOnce(SendGuard.ALWAYS))
                .isInstanceOf(DamagedSegmentException.class)
                .hasMessageContaining("0/0000000000000009");
        owner.compaction.runOnce(SendGuard.ALWAYS);

        assertThat(owner.replica.list())
                .extracting(Segment::name)
                .contains(new SegmentName(1, 1, 8), new SegmentName(1, 10, 20))
                .noneMatch(name -> name.level() > 0 && name.minTxid() <= 9 && name.maxTxid() >= 9);
    }

    @Test
    void aCompactionKilledAtAnyRequestIsFinishedByTheNextOne() throws Exception {
        for (boolean beforeItsEffect : new boolean[] {true, false}) {
            boolean killed = true;
            for (int at = 0; killed; at++) {
                begin();
                for (int i = 0; i < 100; i++) {
                    group(SECOND);
                }
                time.pass(Duration.ofHours(2));
                killed = killedAt(at, beforeItsEffect, () -> owner.compaction.runOnce(SendGuard.ALWAYS));
                owner = new SimulatedOwner(store, time, folder);

                owner.compaction.runOnce(SendGuard.ALWAYS);

                assertThat(owner.compaction.due()).as("killed at %d", at).isFalse();
                assertThat(RestorePlan.find(owner.replica.outline(), Position.NONE, Optional.empty())
                                .segments())
                        .as("killed at %d", at)
                        .extracting(Segment::name)
                        .containsExactly(new SegmentName(2, 1, 100));
            }
        }
    }

    @Test
    void aRetentionPassKilledAtAnyRequestIsFinishedByTheNextOne() throws Exception {
        for (boolean beforeItsEffect : new boolean[] {true, false}) {
            boolean killed = true;
            for (int at = 0; killed; at++) {
                twoDaysOfHistory();
                killed = killedAt(at, beforeItsEffect, () -> owner.retention.runOnce(SendGuard.ALWAYS));
                assertThat(Chain.reachable(owner.replica.list(), 0).last()).isEqualTo(database.txid());
                assertThat(RestorePlan.find(owner.replica.outline(), Position.NONE, Optional.empty())
                                .target()
                                .txid())
                        .isEqualTo(database.txid());
                owner = new SimulatedOwner(store, time, folder);
                time.pass(Retention.FIRST_PASS_AFTER);
                owner.renew();

                owner.retention.runOnce(SendGuard.ALWAYS);

                assertThat(owner.replica.list())
                        .as("killed at %d", at)
                        .extracting(Segment::name)
                        .doesNotContain(SegmentName.group(2))
                        .contains(SegmentName.group(database.txid()));
            }
        }
    }

    @Test
    void aStoreThatDeletesNothingIsNoticedAtTheNextPass() throws Exception {
        twoDaysOfHistory();
        store.ignoreDeletions();
        assertThat(owner.retention.runOnce(SendGuard.ALWAYS).deleted()).isPositive();

        assertThatThrownBy(() -> owner.retention.runOnce(SendGuard.ALWAYS))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("said it had deleted");
    }

    @Test
    void aRetentionPassSendsNothingOnceOwnershipIsLost() throws Exception {
        twoDaysOfHistory();
        int before = store.objects().size();

        assertThat(catchThrowable(() -> owner.retention.runOnce(() -> {
                    throw new StoreException("lost");
                })))
                .hasMessage("lost");

        assertThat(store.objects()).hasSize(before);
        assertThat(store.requests(Request.DELETE)).isZero();
    }

    @Test
    void whenEverythingHasExpiredTheLatestAndTheNewestGroupAreLeftAndNoPassIsDue() throws Exception {
        twoDaysOfHistory();
        time.pass(Duration.ofDays(30));
        owner.renew();

        Optional<?> next = owner.retention.runOnce(SendGuard.ALWAYS).nextAt();

        assertThat(next).isEmpty();
        List<Segment> left = owner.replica.list();
        assertThat(left.size()).isLessThan(12);
        assertThat(left).extracting(Segment::name).contains(SegmentName.group(database.txid()));
        assertThat(RestorePlan.find(owner.replica.outline(), Position.NONE, Optional.empty())
                        .target()
                        .txid())
                .isEqualTo(database.txid());
        Manifest manifest =
                Manifest.decode(store.objects().get(Manifest.NAME).content()).orElseThrow();
        assertThat(manifest.segments()).isNotEmpty().allSatisfy(segment -> assertThat(left)
                .extracting(Segment::name)
                .contains(segment.name()));
    }

    private void twoDaysOfHistory() throws IOException {
        begin();
        for (int i = 0; i < 80; i++) {
            group(Duration.ofSeconds(20));
        }
        time.pass(Duration.ofHours(2));
        owner.compaction.runOnce(SendGuard.ALWAYS);
        time.pass(Duration.ofHours(46));
        group(SECOND);
        owner.renew();
    }

    private void group(Duration after) throws IOException {
        owner.write(database.nextGroup(time.instant(), 1));
        time.pass(after);
    }

    @FunctionalInterface
    private interface Pass {
        void run() throws IOException;
    }

    private boolean killedAt(int request, boolean beforeItsEffect, Pass pass) throws IOException {
        store.killAt(request, beforeItsEffect);
        try {
            pass.run();
            return false;
        } catch (Killed e) {
            return true;
        } finally {
            store.undisturbed();
        }
    }
}
