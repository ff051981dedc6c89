package io.spindrift.benchmarks;

import io.spindrift.Database;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Makes many small groups: every commit changes one row and is flushed before the next. At the end the engine stays
 * open for {@code settle} seconds, in which compaction may catch up.
 */
public final class GroupsTrial implements Trial {
    private static final int ROWS = 1_000;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        Optional<URI> replica = Optional.of(URI.create(parameters.text("replica")));
        int groups = parameters.number("groups", 100_000);
        Random random = new Random(1);
        long started = System.nanoTime();
        try (Database database = Database.open(
                        Databases.config(parameters.path("file"), replica).build());
                Connection connection = database.dataSource().getConnection();
                PreparedStatement change =
                        connection.prepareStatement("UPDATE book SET title = ? WHERE id = 1 + abs(?) % " + ROWS)) {
            for (int i = 0; i < groups; i++) {
                change.setString(1, "group " + i);
                change.setInt(2, random.nextInt(ROWS));
                change.executeUpdate();
                database.flush();
            }
            TimeUnit.SECONDS.sleep(parameters.number("settle", 5));
        }
        return new Measurements()
                .put("groups", groups)
                .put("seconds", (System.nanoTime() - started) / 1e9)
                .putAll(S3Meter.counted());
    }
}
