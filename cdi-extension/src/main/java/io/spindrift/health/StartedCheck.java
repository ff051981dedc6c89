package io.spindrift.health;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/** UP once every database is restored, verified and readable. */
@Startup
@ApplicationScoped
class StartedCheck implements HealthCheck {
    private static final String NAME = "spindrift-started";

    @Override
    public HealthCheckResponse call() {
        List<DatabaseHealth> databases = DatabaseHealth.all();
        return databases.isEmpty()
                ? CheckResult.noDatabase(NAME)
                : CheckResult.of(NAME, databases, DatabaseHealth::notStarted);
    }
}
