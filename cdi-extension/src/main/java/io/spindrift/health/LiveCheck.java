package io.spindrift.health;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** UP unless a shipper hangs; a server without a database, or without its store, is alive. */
@Liveness
@ApplicationScoped
class LiveCheck implements HealthCheck {

    @Override
    public HealthCheckResponse call() {
        return CheckResult.of("spindrift-live", DatabaseHealth.all(), DatabaseHealth::notLive);
    }
}
