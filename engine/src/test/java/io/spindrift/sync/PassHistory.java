package io.spindrift.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.proof.ReplicaVerification;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.sync.PassScenario.Pass;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A database with a history of two owners, and what has to be true of it whatever became of a {@link PassScenario}: every
 * promised point restores, what was left behind confuses neither the next pass nor the next start, and nothing that was
 * acknowledged as durable is missing.
 */
final class PassHistory {
    private static final int GROUPS = 6;

    private final Pass pass;
    /** How many rows there were at each position that a flush answered. */
    private final TreeMap<Long, Integer> rowsAt = new TreeMap<>();

    private int rows;
    /** Of those positions, what this pass may not take. */
    private Set<Long> promised;
    /** What no later one may take either, when the next start has merged more. */
    private Set<Long> promisedForLong;

    private PassHistory(Pass pass) {
        this.pass = pass;
    }

    /** Writes a history on which the pass has something to do. */
    static PassHistory write(Pass pass, Path folder, URI url) throws Exception {
        PassHistory history = new PassHistory(pass);
        history.writeGroups(folder, url);
        history.writeGroups(folder, url);
        if (pass != Pass.COMPACTION) {
            PassScenario.run(Pass.COMPACTION, folder, url, Position.NONE);
            history.writeGroups(folder, url);
        }
        boolean deletes = pass == Pass.RETENTION;
        Set<Long> all = Set.copyOf(history.rowsAt.keySet());
        history.promised = deletes ? history.keptByOnePass(url) : all;
        history.promisedForLong = deletes ? history.snapshots(url) : all;
        return history;
    }

    private void writeGroups(Path folder, URI url) throws Exception {
        try (Database database = open(folder, url)) {
            TestSql.run(database, "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body BLOB)");
            for (int i = 0; i < GROUPS; i++) {
                write(database);
                if (i == GROUPS / 2) {
                    database.snapshot();
                }
            }
        }
    }

    private void write(Database database) throws Exception {
        TestSql.run(database, "INSERT INTO entry (body) VALUES (randomblob(300))");
        rows++;
        rowsAt.put(database.flush().txid(), rows);
    }

    /** The latest, snapshots, and the ends of merged objects that no longer one covers. */
    private Set<Long> keptByOnePass(URI url) throws IOException {
        try (Replica replica = PassScenario.open(url)) {
            List<Segment> segments = replica.list();
            return segments.stream()
                    .map(Segment::name)
                    .filter(name -> name.level() == SegmentName.SNAPSHOT_LEVEL
                            || name.level() > 0 && segments.stream().noneMatch(other -> covers(other.name(), name))
                            || name.maxTxid() == Chain.latest(segments))
                    .map(SegmentName::maxTxid)
                    .filter(rowsAt::containsKey)
                    .collect(Collectors.toSet());
        }
    }

    private Set<Long> snapshots(URI url) throws IOException {
        return names(url).stream()
                .filter(name -> name.level() == SegmentName.SNAPSHOT_LEVEL)
                .map(SegmentName::maxTxid)
                .filter(rowsAt::containsKey)
                .collect(Collectors.toSet());
    }

    private static boolean covers(SegmentName longer, SegmentName name) {
        return longer.level() > name.level()
                && longer.level() != SegmentName.SNAPSHOT_LEVEL
                && longer.minTxid() <= name.minTxid()
                && longer.maxTxid() >= name.maxTxid();
    }

    /** A point of the middle. */
    Position toPromote() {
        return new Position(rowsAt.floorKey((rowsAt.firstKey() + rowsAt.lastKey()) / 2));
    }

    String[] arguments(Path folder, URI url) {
        return new String[] {
            pass.name(),
            folder.toString(),
            url.toString(),
            Long.toString(toPromote().txid())
        };
    }

    /**
     * Checks what a killed process left.
     *
     * @param serverFirst whether the server starts before the pass is tried again
     */
    void assertSurvived(Path folder, URI url, boolean serverFirst) throws Exception {
        assertPromisesKept(folder, url, promised);
        int written = rows;
        if (serverFirst) {
            assertServerGoesOn(folder, url, expectedRows(url));
        }
        assertPassGoesOn(folder, url);
        assertServerGoesOn(
                folder, url, pass == Pass.PROMOTION ? rowsAt.get(toPromote().txid()) : rows);
        assertPromisesKept(folder, url, promisedForLong);
        rows = written;
    }

    /** What the next start has to find: a promotion has happened as soon as its segment is there. */
    private int expectedRows(URI url) throws IOException {
        try (Replica replica = PassScenario.open(url)) {
            boolean promoted = pass == Pass.PROMOTION && Chain.latest(replica.list()) > rowsAt.lastKey();
            return promoted ? rowsAt.get(toPromote().txid()) : rows;
        }
    }

    private void assertPromisesKept(Path folder, URI url, Set<Long> positions) throws Exception {
        assertThat(positions).hasSizeGreaterThan(1);
        for (long txid : positions) {
            assertThat(restoredRows(folder, url, Optional.of(new Position(txid))))
                    .as("rows at %s", new Position(txid))
                    .isEqualTo(rowsAt.get(txid));
        }
        try (Replica replica = PassScenario.open(url)) {
            Duration exact = pass == Pass.RETENTION ? Duration.ZERO : Duration.ofDays(1);
            assertThat(new ReplicaVerification(replica, exact)
                            .run(Optional.of(new Position(rowsAt.lastKey())))
                            .findings())
                    .isEmpty();
        }
    }

    /** Once more, and after that nothing is left to do. */
    private void assertPassGoesOn(Path folder, URI url) throws Exception {
        Files.deleteIfExists(PassScenario.output(folder)); // as the sentence of a failed promotion says
        releaseLease(url); // so that by the store's clock, which is its newest object, all the rest is old
        PassScenario.run(pass, folder, url, toPromote());
        if (pass != Pass.PROMOTION) {
            Set<SegmentName> names = names(url);
            assertThat(names).anyMatch(name -> name.level() > 0 && name.level() < SegmentName.SNAPSHOT_LEVEL);
            PassScenario.run(pass, folder, url, toPromote());
            assertThat(names(url)).isEqualTo(names);
        }
    }

    static Set<SegmentName> names(URI url) throws IOException {
        try (Replica replica = PassScenario.open(url)) {
            return replica.list().stream().map(Segment::name).collect(Collectors.toSet());
        }
    }

    private void assertServerGoesOn(Path folder, URI url, int expected) throws Exception {
        releaseLease(url);
        try (Database database = open(folder, url)) {
            assertThat(TestSql.value(database, "SELECT count(*) FROM entry")).isEqualTo(Integer.toString(expected));
            TestSql.run(database, "INSERT INTO entry (body) VALUES (randomblob(300))");
            database.flush();
        }
        rows = expected + 1;
        assertThat(restoredRows(folder, url, Optional.empty())).isEqualTo(rows);
    }

    /** Spares the wait for the lease of the dead. */
    private static void releaseLease(URI url) throws IOException {
        try (Replica replica = PassScenario.open(url)) {
            List<String> leases = replica.store().list("lease/").stream()
                    .map(object -> object.name())
                    .sorted()
                    .toList();
            String last = leases.get(leases.size() - 1);
            String content = new String(replica.store().get(last, 1 << 16).orElseThrow(), UTF_8);
            replica.store()
                    .put(
                            last,
                            content.replace("\"released\":false", "\"released\":true")
                                    .getBytes(UTF_8),
                            SendGuard.ALWAYS);
        }
    }

    private static int restoredRows(Path folder, URI url, Optional<Position> position) throws Exception {
        Path copy = folder.resolve("copy.db");
        RestoreRequest.Builder request =
                RestoreRequest.builder().replica(url).name("crash").output(copy);
        position.ifPresent(request::position);
        Database.restore(request.build());
        try {
            return Integer.parseInt(PlainSqlite.run(copy, "SELECT count(*) FROM entry"));
        } finally {
            Files.delete(copy);
        }
    }

    private static Database open(Path folder, URI url) {
        return Database.open(CrashScenario.config(folder, url).build());
    }
}
