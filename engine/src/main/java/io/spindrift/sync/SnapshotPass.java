package io.spindrift.sync;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The engine's snapshots, when the log has grown past the last one.
 *
 * @param name what it is called in sentences
 * @param shipping what ships now, empty if nothing does
 * @param work writes a snapshot
 */
record SnapshotPass(String name, Supplier<Optional<Replicator>> shipping, Work work) implements BackgroundPasses.Pass {

    /** One snapshot. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException, SQLException, InterruptedException;
    }

    @Override
    public Optional<Duration> untilDue() throws IOException {
        Optional<Replicator> current = shipping.get();
        boolean due = current.isPresent() && current.get().snapshotDue();
        return due ? Optional.of(Duration.ZERO) : Optional.empty();
    }

    @Override
    public void run() throws IOException, SQLException, InterruptedException {
        work.run();
    }
}
