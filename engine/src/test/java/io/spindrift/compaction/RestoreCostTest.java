package io.spindrift.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Position;
import io.spindrift.compaction.SimulatedDatabase.Encoded;
import io.spindrift.compaction.SimulatedOwner.Time;
import io.spindrift.replica.Chain;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.restore.RestorePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a restore of a 100 MB database reads after 100,000 small groups, one a second, with compaction running, compared
 * with a restore right after a snapshot.
 */
@Tag("long")
class RestoreCostTest {
    private static final int PAGE_SIZE = 4096;
    private static final int PAGES = 100_000_000 / PAGE_SIZE;
    private static final int GROUPS = 100_000;

    @TempDir
    Path folder;

    private record Cost(long bytes, int objects) {}

    @Test
    void readsAtMostTwiceTheBytesOfASnapshotAndAFewMoreObjects() throws Exception {
        Time time = new Time();
        SimulatedStore store = new SimulatedStore(time::instant);
        SimulatedDatabase database = new SimulatedDatabase(new Random(1), PAGES, PAGE_SIZE);
        SimulatedOwner owner = new SimulatedOwner(store, time, folder);
        owner.write(database.fill(PAGES, time.instant(), 1));
        Cost afterSnapshot = snapshot(owner, database, time);
        long logBytes = 0;
        List<Cost> costs = new ArrayList<>();
        for (int i = 1; i <= GROUPS; i++) {
            Encoded group = database.change(3, time.instant(), 1);
            owner.write(group);
            logBytes += group.content().length;
            time.pass(Duration.ofSeconds(1));
            owner.compaction.runOnce(SendGuard.ALWAYS);
            if (logBytes > afterSnapshot.bytes) { // as the engine's snapshot clock says
                afterSnapshot = snapshot(owner, database, time);
                logBytes = 0;
            }
            if (i % 997 == 0 || i == GROUPS) {
                costs.add(cost(owner));
            }
        }
        double worstBytes = costs.stream().mapToLong(Cost::bytes).max().orElseThrow() / (double) afterSnapshot.bytes;
        int[] objects = costs.stream().mapToInt(Cost::objects).sorted().toArray();
        System.out.printf(
                "database %d bytes, snapshot %d bytes; at %d moments: bytes / snapshot's at most %.2f, at the end %.2f;"
                        + " bytes / database size at most %.2f; objects median %d, at most %d; GET manifest and LIST 2%n",
                (long) PAGES * PAGE_SIZE,
                afterSnapshot.bytes,
                costs.size(),
                worstBytes,
                costs.get(costs.size() - 1).bytes / (double) afterSnapshot.bytes,
                costs.stream().mapToLong(Cost::bytes).max().orElseThrow() / ((double) PAGES * PAGE_SIZE),
                objects[objects.length / 2],
                objects[objects.length - 1]);
        assertThat(worstBytes).isLessThan(2.01); // the group that makes a snapshot due comes on top
        assertThat(objects[objects.length - 1]).isLessThan(100);
    }

    private Cost snapshot(SimulatedOwner owner, SimulatedDatabase database, Time time) throws IOException {
        owner.snapshot(database.snapshot(time.instant(), 1));
        String newest = String.format("%016x", database.txid());
        // What a restore of the latest does not read would only fill the memory of this program.
        List<String> earlier = owner.store.objects().keySet().stream()
                .filter(name -> name.endsWith(".ltx") && !name.contains(newest))
                .toList();
        earlier.forEach(owner.store.objects()::remove);
        owner.levels.replace(owner.replica.list());
        owner.levels.publish(owner.replica, SendGuard.ALWAYS);
        return cost(owner);
    }

    private static Cost cost(SimulatedOwner owner) throws IOException {
        int before = owner.store.requests();
        List<Segment> outline = owner.replica.outline();
        assertThat(owner.store.requests() - before).isEqualTo(2);
        RestorePlan plan = RestorePlan.find(outline, Position.NONE, Optional.empty());
        assertThat(plan.target().txid()).isEqualTo(Chain.latest(outline));
        return new Cost(
                plan.segments().stream().mapToLong(Segment::bytes).sum(),
                plan.segments().size());
    }
}
