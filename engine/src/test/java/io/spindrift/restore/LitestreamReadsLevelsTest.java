package io.spindrift.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.compaction.Compaction;
import io.spindrift.compaction.Levels;
import io.spindrift.compaction.LocalSegments;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The official Litestream VFS reads what is left of a long history: a snapshot, an object of each level, and the groups
 * since. All that they were made of is deleted, so each of them has to be read.
 */
class LitestreamReadsLevelsTest extends ReadByLitestream {
    private static final int GROUPS = 7;
    /** How far apart the times of a point and of what comes after it are, at least. */
    private static final Duration STEP = Duration.ofMillis(2);

    private URI url;
    private Map<String, String> environment;
    /** What the database was when an object of a higher level ended, and now. */
    private final List<Point> points = new ArrayList<>();

    private record Point(Position position, String content) {}

    @Override
    void assertLitestreamFollows(URI replica, Map<String, String> environmentOfReader) throws Exception {
        url = replica;
        environment = environmentOfReader;
        makeEveryLevel();
        Point now = points.get(points.size() - 1);

        LitestreamVfs.assertReads(environment, now.position, now.content);
        for (Point past : points) {
            LitestreamVfs.assertReads(environment, past.position, past.content, timeOf(past.position));
        }
        assertRestoresTheSameFile(now);
    }

    /** Its own restore, which the extension runs beside the reading, byte for byte against ours. */
    private void assertRestoresTheSameFile(Point now) throws Exception {
        Path theirs = folder.resolve("theirs.db");
        Map<String, String> restoring = new HashMap<>(environment);
        restoring.put("LITESTREAM_HYDRATION_ENABLED", "true");
        restoring.put("LITESTREAM_HYDRATION_PATH", theirs.toString());
        LitestreamVfs.assertReads(restoring, now.position, now.content);

        Path ours = folder.resolve("ours.db");
        Database.restore(
                RestoreRequest.builder().replica(url).name("shop").output(ours).build());
        assertThat(Files.mismatch(ours, theirs)).as("first differing byte").isEqualTo(-1);
    }

    private void makeEveryLevel() throws Exception {
        try (Database database = open();
                Connection connection = database.dataSource().getConnection()) {
            write(database, connection, "CREATE TABLE item (id INTEGER PRIMARY KEY, body BLOB, name TEXT)");
            database.snapshot();
            write(database, connection, "CREATE INDEX item_name ON item (name)");
            compact(Duration.ofHours(2)); // one object of level 1
            write(database, connection, "CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID");
            compact(Duration.ofHours(2)); // two, and so one of level 2
            write(database, connection, "DELETE FROM item WHERE id % 3 = 0");
            compact(Duration.ofHours(2)); // and one of level 3
            write(database, connection, "ALTER TABLE item ADD COLUMN extra TEXT DEFAULT 'ä€𝄞'");
            compact(Duration.ofMinutes(6));
            write(database, connection, "VACUUM");
            compact(Duration.ofMinutes(6)); // one of level 2
            write(database, connection, "DELETE FROM item WHERE id % 5 = 0");
            compact(Duration.ofMinutes(1)); // one of level 1
            write(database, connection, "DROP TABLE keyed");
        }
        keepOnlyTheHighest();
    }

    /** Changes something in each group, so that no object alone holds the pages of the result. */
    private void write(Database database, Connection connection, String first) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute(first);
            for (int i = 0; i < GROUPS; i++) {
                statement.execute("INSERT INTO item (body, name) VALUES (randomblob(3000), hex(randomblob(20)))");
                statement.execute("UPDATE item SET name = hex(randomblob(20)) WHERE id % " + GROUPS + " = " + i);
                database.flush();
            }
            points.add(new Point(database.flush(), ContentHash.of(connection)));
            Instant beforeTheNext = Instant.now().plus(STEP);
            await().until(() -> Instant.now().isAfter(beforeTheNext));
        }
    }

    private Database open() {
        return Database.open(DatabaseConfig.builder()
                .name("shop")
                .path(folder.resolve("shop.db"))
                .replica(url)
                .syncInterval(Duration.ofHours(1)) // groups end where the test flushes
                .build());
    }

    private Replica replica() throws Exception {
        return Replica.open(url, Optional.of("shop"), Optional.empty());
    }

    /** Merges as if so much time had passed since the last group. */
    private void compact(Duration later) throws Exception {
        try (Replica replica = replica()) {
            Clock clock = Clock.fixed(Instant.now().plus(later), ZoneOffset.UTC);
            Levels levels = new Levels(replica.list(), clock);
            new Compaction(replica, levels, new LocalSegments(folder.resolve("compaction")), 1, Duration.ofDays(1))
                    .runOnce(SendGuard.ALWAYS);
        }
    }

    /** What every retention pass would do in time; the points that are left are the ends of the objects. */
    private void keepOnlyTheHighest() throws Exception {
        try (Replica replica = replica()) {
            List<Segment> all = replica.list();
            List<Segment> kept = new ArrayList<>();
            long end = 0;
            for (int level : new int[] {9, 3, 2, 1, 0}) {
                for (Segment segment : all) {
                    if (segment.name().level() == level && segment.name().minTxid() == end + 1) {
                        kept.add(segment);
                        end = segment.name().maxTxid();
                    }
                }
            }
            replica.store()
                    .delete(
                            all.stream()
                                    .filter(segment -> !kept.contains(segment))
                                    .map(segment ->
                                            segment.name().path(replica.store().layout()))
                                    .toList(),
                            SendGuard.ALWAYS);
            replica.store().delete(List.of(Manifest.NAME), SendGuard.ALWAYS);
            assertThat(replica.list()).containsExactlyInAnyOrderElementsOf(kept);
            assertThat(kept)
                    .extracting(segment -> segment.name().level())
                    .startsWith(9, 3, 2, 1)
                    .endsWith(0);
            long latest = end;
            assertThat(points.get(points.size() - 1).position.txid()).isEqualTo(latest);
            points.removeIf(
                    point -> kept.stream().noneMatch(segment -> segment.name().maxTxid() == point.position.txid()));
        }
    }

    /** An instant at which it was the latest: Litestream takes what was written before the instant it is given. */
    private Instant timeOf(Position position) throws Exception {
        try (Replica replica = replica()) {
            Segment last = replica.list().stream()
                    .filter(segment -> segment.name().maxTxid() == position.txid())
                    .findFirst()
                    .orElseThrow();
            return replica.header(last.name()).timestamp().plus(STEP);
        }
    }
}
