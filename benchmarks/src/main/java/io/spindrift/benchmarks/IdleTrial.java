package io.spindrift.benchmarks;

import io.spindrift.Database;
import java.sql.Connection;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

/**
 * Opens a replicated database, works with it so that the code that renews the lease is compiled as in any server that
 * has run for a while, lets everything settle, then does nothing for {@code seconds}.
 */
public final class IdleTrial implements Trial {
    private static final int SETTLING_SECONDS = 5;
    private static final int COMMITS_BEFORE = 2_000;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        Subject subject = Subject.open(parameters);
        Database database = subject.database().orElseThrow();
        try (Connection connection = subject.connections().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE row (id INTEGER PRIMARY KEY)");
            for (int i = 0; i < COMMITS_BEFORE; i++) {
                statement.execute("INSERT INTO row DEFAULT VALUES");
                database.flush();
            }
        }
        TimeUnit.SECONDS.sleep(SETTLING_SECONDS);
        S3Meter.reset();
        int seconds = parameters.number("seconds", 600);
        double cpuBefore = Machine.cpuSeconds();
        double threadsBefore = Machine.javaThreadsCpuSeconds();
        TimeUnit.SECONDS.sleep(seconds);
        double cpu = Machine.cpuSeconds() - cpuBefore;
        int renewals = S3Meter.requests("s3:PUT:lease");
        Measurements measured = S3Meter.counted();
        return new Measurements()
                .put("seconds", seconds)
                .put("cpu_ms", cpu * 1e3)
                .put("core_percent", cpu / seconds * 100)
                .put("java_threads_ms", Machine.javaThreadsCpuSeconds() * 1e3 - threadsBefore * 1e3)
                .put("other_requests", measured.number("s3_requests") - renewals)
                .putAll(measured)
                .putAll(subject.closeAndCompare(true));
    }
}
