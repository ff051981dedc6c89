package io.spindrift.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.file.FileReplicaStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for whom, and for how long. Every wall clock in here stands still: none may matter. */
class CandidacyTest {
    private static final Duration TTL = Duration.ofSeconds(15);
    private static final Duration MOMENT = Duration.ofMillis(1);
    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

    @TempDir
    Path folder;

    private Replica replica;
    private Duration clockOfWaiter = Duration.ZERO;

    @BeforeEach
    void openReplica() throws IOException {
        replica = new Replica(FileReplicaStore.open(folder.toUri(), ""));
    }

    @Test
    void nobodyIsWaitedForAtAnEmptyReplica() throws Exception {
        assertThat(candidate("a").look().orElseThrow().epoch()).isEqualTo(1);
    }

    @Test
    void anOwnerIsWaitedForAndNamed() throws Exception {
        candidate("a").look();
        Candidacy waiter = candidate("b");

        assertThat(waiter.look()).isEmpty();

        Candidacy.Holder holder = waiter.holder().orElseThrow();
        assertThat(holder.node()).isEqualTo("a");
        assertThat(holder.epoch()).isEqualTo(1);
        assertThat(holder.since()).contains(NOON);
        assertThat(holder.sentence()).startsWith("a, which owns it since 2026-11-20T12:00:00Z (epoch 1)");
        assertThat(waiter.untilNextLook()).isEqualTo(TTL.dividedBy(5));
    }

    @Test
    void aReleasedLeaseIsFollowedAtOnce() throws Exception {
        Lease first = candidate("a").look().orElseThrow();
        Candidacy waiter = candidate("b");
        assertThat(waiter.look()).isEmpty();
        first.release();

        assertThat(waiter.look().orElseThrow().epoch()).isEqualTo(2);
        assertThat(leases()).containsExactly("0000000000000002.json");
    }

    @Test
    void aLeaseThatStaysTheSameForItsTimeToLiveIsOver() throws Exception {
        candidate("a").look();
        Candidacy waiter = candidate("b");
        assertThat(waiter.look()).isEmpty();
        pass(TTL.minus(MOMENT));
        assertThat(waiter.look()).isEmpty();
        pass(MOMENT);

        assertThat(waiter.look().orElseThrow().epoch()).isEqualTo(2);
    }

    @Test
    void anOwnerThatRenewsIsWaitedForHoweverLong() throws Exception {
        Lease first = candidate("a").look().orElseThrow();
        Candidacy waiter = candidate("b");
        for (int i = 0; i < 10; i++) {
            assertThat(waiter.look()).isEmpty();
            pass(TTL.minus(MOMENT));
            first.renew();
        }
        assertThat(waiter.look()).isEmpty();
        assertThat(waiter.holder()).isPresent();
    }

    @Test
    void theOwnersTimeToLiveCountsIfItIsLonger() throws Exception {
        candidate("a", "home-a", true, TTL.multipliedBy(4)).look();
        Candidacy waiter = candidate("b");
        assertThat(waiter.look()).isEmpty();
        pass(TTL.multipliedBy(4).minus(MOMENT));
        assertThat(waiter.look()).isEmpty();
        pass(MOMENT);
        assertThat(waiter.look()).isPresent();
    }

    @Test
    void ofTwoThatWaitOneFollowsAndTheOtherWaitsForIt() throws Exception {
        Lease first = candidate("a").look().orElseThrow();
        Candidacy b = candidate("b");
        Candidacy c = candidate("c");
        assertThat(b.look()).isEmpty();
        assertThat(c.look()).isEmpty();
        first.release();

        assertThat(c.look()).isPresent();
        assertThat(b.look()).isEmpty();
        assertThat(b.untilNextLook()).isLessThanOrEqualTo(Duration.ZERO);
        assertThat(b.look()).isEmpty();
        assertThat(b.holder().orElseThrow().node()).isEqualTo("c");
    }

    @Test
    void theEarlierProcessOfTheSameFolderIsKnownToBeDead() throws Exception {
        candidate("a", "home", true, TTL).look();

        assertThat(candidate("a", "home", true, TTL).look().orElseThrow().epoch())
                .isEqualTo(2);
    }

    @Test
    void aCopyOfTheFolderThatTookTheOwnershipAwayIsWaitedFor() throws Exception {
        candidate("a", "home", true, TTL).look();

        assertThat(candidate("a", "home", false, TTL).look()).isEmpty();
    }

    @Test
    void theSameNameAloneProvesNothing() throws Exception {
        candidate("a", "one home", true, TTL).look();

        assertThat(candidate("a", "another home", true, TTL).look()).isEmpty();
    }

    @Test
    void aLeaseAlreadyTakenIsRenewedUntilAnotherTakesALaterOne() throws Exception {
        Candidacy first = candidate("a");
        Lease lease = first.look().orElseThrow();
        lease.release(); // opening failed

        assertThat(first.look()).containsSame(lease);
        assertThat(candidate("b").look()).as("it is not released any more").isEmpty();

        lease.release();
        candidate("b").look();
        assertThat(first.look()).isEmpty();
    }

    @Test
    void aLeaseThatCannotBeReadIsWaitedForLikeAnyOther() throws Exception {
        Files.createDirectories(folder.resolve("lease"));
        Files.writeString(
                folder.resolve("lease/0000000000000007.json"), "{\"released\": maybe", StandardCharsets.UTF_8);
        Candidacy waiter = candidate("b");

        assertThat(waiter.look()).isEmpty();
        assertThat(waiter.holder().orElseThrow().sentence()).startsWith("an unknown process");
        pass(TTL);
        assertThat(waiter.look().orElseThrow().epoch()).isEqualTo(8);
    }

    @Test
    void onlyTheLatestOwnerIsToldWhatARetentionPassMayNotDelete() throws Exception {
        Lease first = candidate("a").look().orElseThrow();
        Claims.announce(replica, 7, SendGuard.ALWAYS);
        assertThat(first.claims()).containsExactly(7L);
        first.release();
        Lease second = candidate("b").look().orElseThrow();

        assertThat(second.claims()).containsExactly(7L);
        assertThatThrownBy(first::claims).isInstanceOf(StoreException.class).hasMessageContaining("epoch 2");
    }

    private void pass(Duration time) {
        clockOfWaiter = clockOfWaiter.plus(time);
    }

    private Candidacy candidate(String node) {
        return candidate(node, "home of " + node, true, TTL);
    }

    private Candidacy candidate(String node, String home, boolean firstInThisProcess, Duration ttl) {
        return new Candidacy(
                replica,
                node,
                home,
                firstInThisProcess,
                ttl,
                Clock.fixed(NOON, ZoneOffset.UTC),
                () -> clockOfWaiter.toNanos());
    }

    private List<String> leases() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("lease"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
