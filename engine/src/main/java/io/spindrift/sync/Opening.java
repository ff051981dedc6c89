package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.jdbc.WriterGate;
import io.spindrift.ownership.Candidacy;
import io.spindrift.ownership.Lease;
import io.spindrift.ownership.TimeFence;
import io.spindrift.replica.Replica;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The steps by which a database is opened; {@link OpenDatabase} knows when each is due. */
final class Opening {
    private static final int CLAIM_TRIES = 16;

    private final DatabaseConfig config;
    private final DatabaseEnvironment environment;
    private final LocalSqlite sqlite;
    private final WriterGate gate;
    private final ShippingProgress progress;
    private final OpenConnections connections;
    private final Consumer<SyncEvent> events;

    Opening(
            DatabaseConfig config,
            DatabaseEnvironment environment,
            LocalSqlite sqlite,
            WriterGate gate,
            ShippingProgress progress,
            OpenConnections connections,
            Consumer<SyncEvent> events) {
        this.config = config;
        this.environment = environment;
        this.sqlite = sqlite;
        this.gate = gate;
        this.progress = progress;
        this.connections = connections;
        this.events = events;
    }

    /** Refuses a path that cannot be a database of this process; its folder is created. */
    void requireFile() {
        Path path = config.path();
        if (Files.isDirectory(path)) {
            throw new SpindriftException(
                    "The path " + path + " of database " + config.name() + " is a directory; name a file in it");
        }
        try {
            Files.createDirectories(path.getParent());
        } catch (IOException e) {
            throw new SpindriftException(
                    "The folder " + path.getParent() + " of database " + config.name() + " cannot be created (" + e
                            + "); create it for this process, or name another path",
                    e);
        }
        if (Files.exists(path) && !(Files.isReadable(path) && Files.isWritable(path))) {
            throw new SpindriftException("The file " + path + " of database " + config.name()
                    + " cannot be read and written by this process; change its permissions");
        }
    }

    /** The start-up table. */
    StartUp startUp(Sidecar sidecar) {
        return new StartUp(config, sidecar, environment.clock(), sqlite, environment.executor(), events);
    }

    /** @param knowsItself whether a lease of this file's earlier process is its own */
    Candidacy candidacy(Replica replica, Sidecar sidecar, boolean knowsItself) throws IOException {
        return new Candidacy(
                replica, nodeId(), sidecar.id(), knowsItself, config.leaseTtl(), environment.clock(), System::nanoTime);
    }

    private String nodeId() {
        return config.nodeId().orElseGet(() -> {
            try {
                return InetAddress.getLocalHost().getHostName() + ":" + config.path();
            } catch (IOException e) {
                return "unknown-host:" + config.path();
            }
        });
    }

    /** Brings file and replica together and claims the replica, as often as another owner goes on in between. */
    Replicator claim(StartUp startUp, Replica replica, Lease lease, Sidecar sidecar) throws IOException {
        for (int attempt = 0; attempt < CLAIM_TRIES; attempt++) {
            TimeFence fence = TimeFence.startingNow(config.exactRetention());
            StartUp.Claim claim = startUp.reconcile(replica, fence);
            Replicator candidate = new Replicator(
                    config, replica, lease, sidecar, environment.clock(), gate, progress, connections, events);
            boolean claimed = false;
            try {
                claimed = candidate.claim(claim, fence);
            } finally {
                if (!claimed) {
                    claim.log().close();
                }
            }
            if (claimed) {
                return candidate;
            }
        }
        throw new IOException("Ownership of " + replica.store().describe() + " could not be claimed in " + CLAIM_TRIES
                + " tries: another process keeps writing to it; stop it");
    }
}
