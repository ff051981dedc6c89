package io.spindrift.inserver;

import io.spindrift.SyncEvent.OwnershipClaimed;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Observes who owns the database. */
@ApplicationScoped
public class Claims {
    private final BlockingQueue<OwnershipClaimed> seen = new LinkedBlockingQueue<>();

    void note(@Observes OwnershipClaimed event) {
        seen.add(event);
    }

    /** The first that was observed, null if none is within a while. */
    public OwnershipClaimed next() throws InterruptedException {
        return seen.poll(30, TimeUnit.SECONDS);
    }
}
