package io.spindrift.sync;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Durability;
import io.spindrift.jdbc.SpindriftConnection;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process does while its disk is recorded: one writer for each durability commits rows and acknowledges each in
 * the file {@code acks} once its commit returned, as {@code <durability> <number>}. Arguments: the folder, how many rows
 * each writes, and {@code ships}, or {@code keeps} to leave everything unshipped and die.
 */
public final class CrashScenario {
    static final String TABLE = "CREATE TABLE IF NOT EXISTS row (writer TEXT, number INTEGER, body BLOB,"
            + " PRIMARY KEY (writer, number)) WITHOUT ROWID";

    private CrashScenario() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        int rows = Integer.parseInt(arguments[1]);
        boolean ships = arguments[2].equals("ships");
        try (OutputStream acks = new FileOutputStream(folder.resolve("acks").toFile());
                Database database = Database.open(config(folder).build())) {
            TestSql.run(database, TABLE);
            if (!ships) {
                database.stopSync();
            }
            List<Writer> writers = new ArrayList<>();
            for (Durability durability : Durability.values()) {
                if (ships || durability != Durability.REPLICA) {
                    writers.add(new Writer(database, durability, rows, acks));
                }
            }
            writers.forEach(Thread::start);
            if (ships) {
                database.snapshot();
            }
            for (Writer writer : writers) {
                writer.join();
            }
            if (!ships) {
                Runtime.getRuntime().halt(0);
            }
        }
    }

    static DatabaseConfig.Builder config(Path folder) {
        return DatabaseConfig.builder()
                .name("crash")
                .path(folder.resolve("data").resolve("crash.db"))
                .replica(folder.resolve("replica").toUri())
                .walMaxBytes(16 * 48 * 1024) // a checkpoint every 48 KiB of log
                .syncInterval(Duration.ofMillis(5))
                .snapshotMinBytes(128 * 1024);
    }

    private static final class Writer extends Thread {
        private final Database database;
        private final Durability durability;
        private final int rows;
        private final OutputStream acks;

        Writer(Database database, Durability durability, int rows, OutputStream acks) {
            this.database = database;
            this.durability = durability;
            this.rows = rows;
            this.acks = acks;
        }

        @Override
        public void run() {
            long number = first();
            try (Connection connection = database.dataSource().getConnection();
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO row VALUES (?, ?, randomblob(?))")) {
                connection.unwrap(SpindriftConnection.class).setDurability(durability);
                for (int i = 0; i < rows; i++, number++) {
                    insert.setString(1, durability.name());
                    insert.setLong(2, number);
                    insert.setInt(3, number % 5 == 0 ? 9_000 : 300);
                    insert.executeUpdate();
                    acknowledge(number);
                }
            } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        }

        private long first() {
            try {
                return 1
                        + Long.parseLong(TestSql.value(
                                database,
                                "SELECT coalesce(max(number), 0) FROM row WHERE writer = '" + durability + "'"));
            } catch (java.sql.SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private void acknowledge(long number) {
            try {
                acks.write((durability + " " + number + "\n").getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
