package io.spindrift.health;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** UP while every database is writable, owned by this process, and its replica not too far behind. */
@Readiness
@ApplicationScoped
class ReadyCheck implements HealthCheck {
    private static final String NAME = "spindrift-ready";

    @Override
    public HealthCheckResponse call() {
        List<DatabaseHealth> databases = DatabaseHealth.all();
        return databases.isEmpty()
                ? CheckResult.noDatabase(NAME)
                : CheckResult.of(NAME, databases, DatabaseHealth::notReady);
    }
}
