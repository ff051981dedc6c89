package io.spindrift.ledger.web;

import io.spindrift.DatabaseStatus;
import io.spindrift.Position;
import io.spindrift.SyncEngine;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;

/** How far the replica is, and what an operator may ask of it. */
@RequestScoped
@Path("/sync")
@Produces(MediaType.APPLICATION_JSON)
public class SyncResource {
    private static final double MILLIS_PER_SECOND = 1000;

    @Inject
    @Named("ledger")
    private SyncEngine sync;

    @GET
    public SyncView status() {
        DatabaseStatus status = sync.status();
        return new SyncView(
                status.running(),
                status.committed().toString(),
                status.durable().toString(),
                status.pendingBytes(),
                status.lag().toMillis() / MILLIS_PER_SECOND,
                status.totalSynced(),
                status.syncErrors(),
                status.databaseBytes(),
                status.walBytes(),
                status.lastSyncAt().orElse(null),
                status.lastSnapshotAt().orElse(null));
    }

    /** Answers when everything committed before the call is in the replica. */
    @POST
    @Path("/flush")
    public PositionView flush() {
        return PositionView.of(sync.flush());
    }

    /** Answers when a snapshot is in the replica. */
    @POST
    @Path("/snapshot")
    public PositionView snapshot() {
        return PositionView.of(sync.snapshot());
    }

    /** The figures of {@link DatabaseStatus} that the API shows; TXIDs are 16 hexadecimal digits. */
    public record SyncView(
            boolean running,
            String committedTxid,
            String durableTxid,
            long pendingBytes,
            double lagSeconds,
            long totalSynced,
            long syncErrors,
            long databaseBytes,
            long walBytes,
            Instant lastSyncAt,
            Instant lastSnapshotAt) {}

    /** A position as the API shows it. */
    public record PositionView(String position) {
        static PositionView of(Position position) {
            return new PositionView(position.toString());
        }
    }
}
