package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.sync.ShippingProgress.Cut;
import io.spindrift.sync.ShippingProgress.Group;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShippingProgressTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final ShippingProgress progress = new ShippingProgress("ledger", HOUR, Duration.ZERO);

    @Test
    void whatIsDurableIsNotPendingAnyMoreThoughThatIsNotNoted() throws Exception {
        long commit = progress.committed();
        Group group = stage(1);
        assertThat(progress.stagedBytes()).isEqualTo(100);

        progress.durable(group);

        assertThat(progress.awaitCommit(commit, Duration.ZERO)).isEqualTo(1);
        assertThat(progress.stagedBytes()).isZero();
        assertThat(progress.lag()).isZero();
        assertThat(progress.firstStaged()).as("what is left to be noted").contains(group);
        assertThat(progress.anythingToNote()).isTrue();
        progress.shipped();
        assertThat(progress.anythingToNote()).isFalse();
        assertThat(progress.anythingStaged()).isFalse();
    }

    @Test
    void aCommitThatTurnsOutToBeInADurableSegmentIsDurableOnceThatIsNoted() throws Exception {
        progress.committed();
        Group group = stage(1);
        progress.durable(group);
        long inTheSameFrames = progress.committed(); // counted only after the cut had taken its frames
        Cut cut = progress.beginCut();
        progress.endCut(cut, Optional.empty(), HOUR);

        progress.shipped();

        assertThat(progress.awaitCommit(inTheSameFrames, Duration.ZERO)).isEqualTo(1);
    }

    private Group stage(long txid) {
        LtxHeader header = new LtxHeader(
                4096, 1, txid, txid, Instant.EPOCH, 0, 0, 0, 0, 1, Optional.of(new RollingChecksums(0, 1)));
        StagedSegment segment = new StagedSegment(Path.of("segment"), StagedSegment.newWriteId(), 1, 100, header);
        return progress.endCut(progress.beginCut(), Optional.of(segment), HOUR).orElseThrow();
    }
}
