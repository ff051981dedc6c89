package io.spindrift.compaction;

import io.spindrift.compaction.SimulatedDatabase.Encoded;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.SegmentName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Set;

/** An owner on a simulated store, with one clock for both that a test moves. */
final class SimulatedOwner {
    private static final Duration DAY = Duration.ofDays(1);

    /** A clock that stands still until it is moved. */
    static final class Time extends Clock {
        private Instant now = Instant.parse("2026-11-20T10:00:00Z");

        void pass(Duration time) {
            now = now.plus(time);
        }

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

    final SimulatedStore store;
    final Replica replica;
    final Levels levels;
    final Compaction compaction;
    final Retention retention;
    private final Time time;

    SimulatedOwner(SimulatedStore store, Time time, Path folder) throws IOException {
        this.store = store;
        this.time = time;
        replica = new Replica(store);
        levels = new Levels(replica.list(), time);
        store.get(Manifest.NAME, Manifest.MAX_BYTES).flatMap(Manifest::decode).ifPresent(levels::learn);
        compaction = new Compaction(replica, levels, new LocalSegments(folder), 1, DAY);
        retention = new Retention(
                replica,
                levels,
                Set::of,
                new RetentionPlan.Terms(DAY, DAY.multipliedBy(7), Duration.ofHours(1)),
                time,
                () -> Duration.between(Instant.EPOCH, time.now).toNanos());
    }

    void write(Encoded group) throws IOException {
        put(SegmentName.group(group.header().maxTxid()), group);
    }

    void snapshot(Encoded snapshot) throws IOException {
        put(SegmentName.snapshot(snapshot.header().maxTxid()), snapshot);
        levels.publish(replica, SendGuard.ALWAYS);
    }

    private void put(SegmentName name, Encoded content) throws IOException {
        store.create(name.path(store.layout()), content.content(), "w", SendGuard.ALWAYS);
        levels.written(name, content.content().length, content.header());
    }

    /** As the lease tells the store's clock. */
    void renew() throws IOException {
        store.put("lease/0000000000000001.json", new byte[0], SendGuard.ALWAYS);
    }
}
