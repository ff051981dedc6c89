package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotClockTest {
    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);
    private static final long DATABASE = 100_000_000;
    private static final long LEAST = 1_000_000;

    @Test
    void theLogIsComparedWithWhatASnapshotTakesInTheReplica() {
        SnapshotClock clock = SnapshotClock.of(List.of(), DATABASE, NOON);
        clock.taken(7, NOON, DATABASE / 4, DATABASE);

        clock.shipped(DATABASE / 4);
        assertThat(due(clock, DATABASE)).isFalse();
        clock.shipped(1);
        assertThat(due(clock, DATABASE)).isTrue();
    }

    @Test
    void whatOnlyMakesTheDatabaseLargerIsNoReason() {
        SnapshotClock clock = SnapshotClock.of(List.of(), DATABASE, NOON);
        clock.shippedWhole(DATABASE / 2, DATABASE);

        clock.shipped(DATABASE);

        assertThat(due(clock, 3 * DATABASE)).isFalse();
    }

    @Test
    void aShortLogIsNoReason() {
        SnapshotClock clock = SnapshotClock.of(List.of(), DATABASE, NOON);
        clock.taken(7, NOON, LEAST / 10, LEAST / 2);

        clock.shipped(LEAST);
        assertThat(due(clock, LEAST / 2)).isFalse();
        clock.shipped(1);
        assertThat(due(clock, LEAST / 2)).isTrue();
    }

    @Test
    void aStartGoesByTheLastSnapshotAndTheGroupsBehindIt() {
        Segment snapshot = new Segment(SegmentName.snapshot(7), DATABASE / 4, NOON);
        Segment before = new Segment(SegmentName.group(6), DATABASE, NOON);
        Segment behind = new Segment(SegmentName.group(8), DATABASE / 4, NOON);
        SnapshotClock clock = SnapshotClock.of(List.of(snapshot, before, behind), DATABASE, NOON);

        assertThat(due(clock, DATABASE)).isFalse();
        clock.shipped(1);
        assertThat(due(clock, DATABASE)).isTrue();
    }

    @Test
    void aChangeWaitsForADayAtMost() {
        SnapshotClock clock = SnapshotClock.of(List.of(), DATABASE, NOON);
        clock.taken(7, NOON, DATABASE, DATABASE);

        assertThat(clock.due(7, DATABASE, LEAST, NOON.plus(DAY), DAY)).isFalse();
        assertThat(clock.due(8, DATABASE, LEAST, NOON.plus(DAY).minusNanos(1), DAY))
                .isFalse();
        assertThat(clock.due(8, DATABASE, LEAST, NOON.plus(DAY), DAY)).isTrue();
    }

    private static boolean due(SnapshotClock clock, long databaseBytes) {
        return clock.due(7, databaseBytes, LEAST, NOON, DAY);
    }
}
