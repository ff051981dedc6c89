package io.spindrift.benchmarks;

import io.spindrift.RestoreResult;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.sqlite.SQLiteConfig.SynchronousMode;

/** Restores a replica to a new file; SQLite's own check of the result is timed apart and taken off. */
public final class RestoreTrial implements Trial {
    @Override
    public Measurements run(Parameters parameters) throws Exception {
        Path copy = parameters.path("folder").resolve("restored.db");
        double cpuBefore = Machine.cpuSeconds();
        long started = System.nanoTime();
        RestoreResult result = Databases.restore(URI.create(parameters.text("replica")), copy);
        double seconds = (System.nanoTime() - started) / 1e9;
        double cpu = Machine.cpuSeconds() - cpuBefore;
        double check = quickCheckSeconds(copy);
        double apart = seconds - check;
        return new Measurements()
                .put("restore_s", apart)
                .put("quick_check_s", check)
                .put("with_check_s", seconds)
                .put("mb_per_s", result.bytes() / 1e6 / apart)
                .put("with_check_mb_per_s", result.bytes() / 1e6 / seconds)
                .put("cpu_s", cpu)
                .put("objects", result.objects())
                .put("restored_checksum", Databases.hex(result.rollingChecksum()))
                .putAll(S3Meter.counted());
    }

    private static double quickCheckSeconds(Path file) throws Exception {
        long started = System.nanoTime();
        try (Connection connection =
                        Databases.bare(file, SynchronousMode.NORMAL).getConnection();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("PRAGMA quick_check(1)")) {
            if (!answer.next() || !answer.getString(1).equals("ok")) {
                throw new IllegalStateException("The restored copy is damaged");
            }
        }
        return (System.nanoTime() - started) / 1e9;
    }
}
