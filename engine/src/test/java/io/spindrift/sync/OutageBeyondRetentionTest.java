package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import io.spindrift.jdbc.WriterGate;
import io.spindrift.ownership.Candidacy;
import io.spindrift.ownership.Lease;
import io.spindrift.ownership.TimeFence;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.file.FileReplicaStore;
import io.spindrift.sync.Replicator.OwnershipLostException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A staged segment whose fence has closed, that is, the store was away for longer than exact-retention. */
class OutageBeyondRetentionTest {
    @TempDir
    Path folder;

    private DatabaseConfig config;
    private Replica replica;
    private Sidecar sidecar;
    private ShippingProgress progress;
    private EngineConnections connections;
    private Replicator replicator;

    @BeforeEach
    void openByHand() throws Exception {
        config = DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("ledger.db"))
                .replica(folder.resolve("replica").toUri())
                .build();
        replica = new Replica(FileReplicaStore.open(config.replica().orElseThrow(), "databases/ledger"));
        sidecar = Sidecar.open(config.path());
        progress = new ShippingProgress(config.name(), config.syncInterval(), config.commitWindow());
        LocalSqlite sqlite = new LocalSqlite(config);
        Lease lease = new Candidacy(
                        replica, "here", sidecar.id(), true, config.leaseTtl(), Clock.systemUTC(), System::nanoTime)
                .look()
                .orElseThrow();
        replicator = new Replicator(
                config,
                replica,
                lease,
                sidecar,
                Clock.systemUTC(),
                new WriterGate(config.name()),
                progress,
                new OpenConnections(),
                event -> {});
        TimeFence fence = TimeFence.startingNow(config.exactRetention());
        StartUp startUp = new StartUp(config, sidecar, Clock.systemUTC(), sqlite, Runnable::run, event -> {});
        assertThat(replicator.claim(startUp.reconcile(replica, fence), fence)).isTrue();
        connections = EngineConnections.open(sqlite);
        replicator.attach(connections);
        commit("CREATE TABLE entry (body TEXT)");
        replicator.cut(true);
    }

    @AfterEach
    void close() throws Exception {
        connections.close();
        replicator.close();
        sidecar.close();
    }

    @Test
    void whatWasNeverStoredIsStoredAfterAnotherListing() throws Exception {
        closeFence();

        replicator.renewAndShip();

        assertThat(progress.durableTxid()).isEqualTo(2);
        assertThat(progress.anythingStaged()).isFalse();
        assertThat(Chain.latest(replica.list())).isEqualTo(2);
    }

    @Test
    void whatWasStoredWithoutAnAnswerIsRecognised() throws Exception {
        store(progress.firstStaged().orElseThrow().segment(), 2);
        closeFence();

        replicator.renewAndShip();

        assertThat(progress.durableTxid()).isEqualTo(2);
        assertThat(progress.anythingStaged()).isFalse();
    }

    @Test
    void whatAnotherOwnerHasWrittenMeanwhileIsTheEndOfThisOwnership() throws Exception {
        store(progress.firstStaged().orElseThrow().segment(), 3); // what is in it does not matter
        closeFence();

        assertThatThrownBy(replicator::renewAndShip)
                .isInstanceOf(OwnershipLostException.class)
                .hasMessageContaining(new Position(3).toString());
        assertThat(replica.has(SegmentName.group(2))).as("nothing was sent").isFalse();
    }

    private void store(StagedSegment segment, long txid) throws IOException {
        assertThat(replica.create(
                        SegmentName.group(txid),
                        segment.file(),
                        segment.writeId(),
                        segment.header().timestamp(),
                        SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
    }

    private void closeFence() {
        progress.replaceFence(progress.firstStaged().orElseThrow(), TimeFence.startingNow(Duration.ZERO));
    }

    private void commit(String sql) throws Exception {
        PlainSqlite.run(config.path(), sql); // the holder keeps the write-ahead log
        progress.committed();
    }
}
