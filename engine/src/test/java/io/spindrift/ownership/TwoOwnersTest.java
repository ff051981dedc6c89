package io.spindrift.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.RestoreRequest;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.sync.PlainSqlite;
import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.S3Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two processes take one replica from each other, again and again: the owner is frozen or killed at a random moment, the
 * other follows, writes, and retention passes delete all they may; then the first wakes up in the middle of what it did.
 *
 * <p>Here a pass may delete at once what the rules let it delete after exact-retention: harsher than any configuration.
 */
class TwoOwnersTest extends OverS3 {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration TTL = Duration.ofSeconds(1);

    private final List<Rival> rivals = new ArrayList<>();
    private Random random;

    /** A process and the name of its disk. */
    private record Rival(String name, ChildJvm process) {
        long count(String prefix) {
            return process.lines().stream()
                    .filter(line -> line.startsWith(prefix))
                    .count();
        }

        void awaitMore(String prefix, long before) throws InterruptedException {
            AtomicLong seen = new AtomicLong();
            process.awaitLine(
                    line -> line.startsWith(prefix) && seen.incrementAndGet() > before,
                    before + 1 + " lines \"" + prefix + "\"",
                    PATIENCE);
        }
    }

    @Test
    void aFewRoundsLeaveOneExactHistory() throws Exception {
        play(4);
    }

    @Tag("long")
    @Test
    void fiftyRoundsLeaveOneExactHistory() throws Exception {
        play(50);
    }

    private void play(int rounds) throws Exception {
        long seed = Long.getLong("spindrift.seed", System.nanoTime());
        System.out.println("seed " + seed);
        random = new Random(seed);
        try {
            Rival owner = start("a");
            owner.awaitMore("owns ", 0);
            Rival other = start("b");
            for (int round = 0; round < rounds; round++) {
                pause(600);
                owner = random.nextInt(4) == 0 ? killAndFollow(owner, other) : freezeAndFollow(owner, other);
                Rival follower = other;
                other = owner;
                owner = follower;
            }
        } finally {
            for (Rival rival : rivals) {
                rival.process().kill();
            }
        }
        assertExactHistory();
    }

    private Rival killAndFollow(Rival owner, Rival other) throws Exception {
        long owned = other.count("owns ");
        owner.process().kill();
        follow(other, owned);
        return start(owner.name());
    }

    private Rival freezeAndFollow(Rival owner, Rival other) throws Exception {
        long owned = other.count("owns ");
        long lost = owner.count("lost");
        owner.process().freeze();
        follow(other, owned);
        owner.process().thaw();
        owner.awaitMore("lost", lost);
        return owner;
    }

    private void follow(Rival other, long owned) throws Exception {
        other.awaitMore("owns ", owned);
        other.awaitMore("snapshot", other.count("snapshot"));
        for (int passes = 1 + random.nextInt(3); passes > 0; passes--) {
            deleteWhatRetentionMay();
            pause(100);
        }
    }

    private void pause(int atMostMillis) {
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(atMostMillis)).toNanos());
    }

    /**
     * Every row that was called durable is there; of the rows of one ownership, those that are there are the first ones;
     * ownerships follow each other by epoch.
     */
    private void assertExactHistory() throws Exception {
        List<String> history = restored();
        TreeMap<Long, List<String>> tried = new TreeMap<>();
        for (Rival rival : rivals) {
            long epoch = 0;
            for (String line : rival.process().lines()) {
                String word = line.substring(line.indexOf(' ') + 1);
                if (line.startsWith("owns ")) {
                    epoch = Long.parseLong(word);
                    assertThat(tried.put(epoch, new ArrayList<>())).isNull();
                } else if (line.startsWith("tries ")) {
                    tried.get(epoch).add(word);
                } else if (line.startsWith("durable ")) {
                    assertThat(history).contains(word);
                }
            }
        }
        List<String> expected = new ArrayList<>();
        for (List<String> rows : tried.values()) {
            rows.stream().takeWhile(history::contains).forEach(expected::add);
        }
        assertThat(history).isEqualTo(expected);
        assertThat(tried.size()).isGreaterThan(2);
    }

    private List<String> restored() throws Exception {
        Path copy = folder.resolve("copy.db");
        Database.restore(RestoreRequest.builder()
                .replica(url())
                .name("ledger")
                .output(copy)
                .build());
        assertThat(PlainSqlite.run(copy, "PRAGMA integrity_check")).isEqualTo("ok");
        return List.of(PlainSqlite.run(copy, "SELECT group_concat(body, ',') FROM (SELECT body FROM entry ORDER BY id)")
                .split(","));
    }

    private Rival start(String name) throws IOException {
        ChildJvm process = ChildJvm.start(
                List.of("-Xmx128m"),
                Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY),
                RivalOwner.class,
                name + rivals.size() + "-",
                folder.resolve(name + "/ledger.db").toString(),
                url().toString(),
                TTL.toString());
        Rival rival = new Rival(name, process);
        rivals.add(rival);
        return rival;
    }

    /** Deletes every level-0 object the newest snapshot covers, but for claims. */
    private void deleteWhatRetentionMay() throws IOException {
        try (Replica replica = new Replica(ReplicaStores.open(url(), "ledger"))) {
            List<Segment> segments = replica.list();
            Set<Long> kept = Claims.of(replica);
            long snapshot = segments.stream()
                    .map(Segment::name)
                    .filter(name -> name.level() == SegmentName.SNAPSHOT_LEVEL)
                    .mapToLong(SegmentName::maxTxid)
                    .max()
                    .orElse(0);
            List<String> names = segments.stream()
                    .map(Segment::name)
                    .filter(name -> name.level() == 0 && name.maxTxid() <= snapshot && !kept.contains(name.maxTxid()))
                    .map(name -> name.path(replica.store().layout()))
                    .toList();
            replica.store().delete(names, SendGuard.ALWAYS);
        }
    }
}
