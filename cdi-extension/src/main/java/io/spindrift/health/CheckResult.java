package io.spindrift.health;

import io.spindrift.DatabaseStatus;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/** Writes what a check found: UP or DOWN, and for each database its state, its problem, its positions and its lag. */
final class CheckResult {
    private CheckResult() {}

    /**
     * The result over all databases; UP if none has a problem.
     *
     * @param problem what the check asks: empty, or why a database does not pass
     */
    static HealthCheckResponse of(
            String check, List<DatabaseHealth> databases, Function<DatabaseHealth, Optional<String>> problem) {
        HealthCheckResponseBuilder response = HealthCheckResponse.named(check);
        boolean up = true;
        for (DatabaseHealth database : databases) {
            Optional<String> found = problem.apply(database);
            up &= found.isEmpty();
            describe(response, database.status(), found);
        }
        return response.status(up).build();
    }

    static HealthCheckResponse noDatabase(String check) {
        return HealthCheckResponse.named(check)
                .down()
                .withData(
                        "problem",
                        "No database is open in this server; list one in the databases property of the spindrift"
                                + " resource adapter")
                .build();
    }

    private static void describe(HealthCheckResponseBuilder response, DatabaseStatus status, Optional<String> found) {
        String name = status.name();
        response.withData(name + ".state", status.state().name())
                .withData(name + ".committed", status.committed().toString())
                .withData(name + ".durable", status.durable().toString())
                .withData(name + ".lagMillis", status.lag().toMillis());
        found.or(status::problem).ifPresent(sentence -> response.withData(name + ".problem", sentence));
    }
}
