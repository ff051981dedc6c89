package io.spindrift.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Position;
import io.spindrift.compaction.RetentionPlan.Rule;
import io.spindrift.compaction.SimulatedDatabase.Encoded;
import io.spindrift.compaction.SimulatedStore.Killed;
import io.spindrift.replica.Chain;
import io.spindrift.replica.Manifest;
import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import io.spindrift.restore.RestorePlan;
import io.spindrift.restore.SegmentApplier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * A random history of one replica: owners that write, compact, take snapshots, delete, die at any request, freeze at any
 * request while another owner goes on, and have clocks that jump. After each step everything that is promised is checked
 * against what really happened, which the model knows.
 */
final class RetentionModel {
    private static final Duration EXACT = Duration.ofHours(2);
    private static final Duration RETENTION = Duration.ofHours(10);
    private static final Duration GRACE = Duration.ofMinutes(30);
    /** What was the latest at a moment within retention was so at most this long before it. */
    private static final Duration GRANULARITY = Duration.ofMinutes(75);

    /** What can be left out to see that it is needed. */
    enum Omission {
        CLAIMS(1),
        NEWEST(131),
        EXACT(1),
        BOUNDARY(1),
        COARSE(1),
        GRACE(1),
        CHAIN(1),
        /** Ages are the store's. */
        CLOCK_OF_THE_STORE(1);

        /** From where on a history that needs it is found soon. */
        final long firstSeed;

        Omission(long firstSeed) {
            this.firstSeed = firstSeed;
        }
    }

    private record Truth(Instant time, int imageHash) {}

    /** A restore that has made its plan. */
    private record Flight(Instant plannedAt, long target) {}

    private final Random random;
    private final Path folder;
    private final Set<Omission> omitted;
    private final SimulatedDatabase database;
    private final SimulatedStore store;
    private final Replica replica;
    private final List<Truth> history = new ArrayList<>();
    private final Set<Long> claims = new TreeSet<>();
    private final List<Flight> flights = new ArrayList<>();
    private final List<byte[]> manifests = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private Instant now = Instant.parse("2026-11-20T10:00:00Z");
    private long nanos;
    private int owners;
    private Owner owner;
    private boolean frozen;

    RetentionModel(long seed, Path folder, Set<Omission> omitted) throws IOException {
        this.random = new Random(seed);
        this.folder = folder;
        this.omitted = omitted;
        this.database = new SimulatedDatabase(random, 24);
        this.store = new SimulatedStore(() -> now);
        this.replica = new Replica(store);
        takeOver();
    }

    /** The latest events, for the message of a failure. */
    String story() {
        return String.join("\n", story.subList(Math.max(0, story.size() - 40), story.size()));
    }

    void run(int steps) throws IOException {
        for (int i = 0; i < steps; i++) {
            step();
            check();
        }
        checkBytes(8);
    }

    private void tell(String what) {
        story.add(now + " " + what);
    }

    // ---- time

    private void pass(Duration time) {
        now = now.plus(time);
        nanos += time.toNanos();
    }

    private Duration upTo(Duration most) {
        return Duration.ofSeconds(1 + random.nextInt((int) most.toSeconds()));
    }

    private final class OwnersClock extends Clock {
        private Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return now.plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    // ---- owners

    private final class Owner implements Retention.Ownership {
        private final long epoch = ++owners;
        private final OwnersClock clock = new OwnersClock();
        private final Levels levels;
        private final LocalSegments local;
        private final Compaction compaction;
        private final Retention retention;

        Owner() throws IOException {
            renew();
            levels = new Levels(replica.list(), new OwnersClock());
            store.get(Manifest.NAME, Manifest.MAX_BYTES)
                    .flatMap(Manifest::decode)
                    .ifPresent(levels::learn);
            local = new LocalSegments(folder.resolve("owner-" + epoch));
            compaction = new Compaction(replica, levels, local, epoch, Duration.ofDays(1));
            retention = new Retention(
                    replica,
                    levels,
                    this,
                    new RetentionPlan.Terms(
                            EXACT.plusHours(random.nextInt(2)), RETENTION.plusHours(random.nextInt(7)), GRACE),
                    clock,
                    () -> nanos);
            for (Omission omission : omitted) {
                Arrays.stream(Rule.values())
                        .filter(rule -> rule.name().equals(omission.name()))
                        .forEach(retention::without);
            }
        }

        void renew() throws IOException {
            store.put(lease(epoch), new byte[0], SendGuard.ALWAYS);
            if (omitted.contains(Omission.CLOCK_OF_THE_STORE)) {
                store.objects().put(lease(epoch), new SimulatedStore.StoredObject(new byte[0], clock.instant()));
            }
        }

        @Override
        public Set<Long> claims() throws IOException {
            String highest = store.objects().headMap("lease/~").lastKey();
            store.list("lease/");
            if (!highest.equals(lease(epoch))) {
                throw new StoreException("Epoch " + epoch + " is over");
            }
            Set<Long> announced = new TreeSet<>();
            store.list("claims/")
                    .forEach(o -> announced.add(Long.parseLong(o.name().substring(7))));
            return announced;
        }
    }

    private static String lease(long epoch) {
        return String.format("lease/%016x", epoch);
    }

    // ---- what happens

    private void takeOver() throws IOException {
        store.undisturbed();
        owner = new Owner();
        tell("owner " + owner.epoch + " takes over");
        long next = database.txid() + 1;
        if (next > 1) {
            store.put("claims/" + next, new byte[0], SendGuard.ALWAYS);
            claims.add(next);
            write(database.claim(owner.clock.instant(), owner.epoch));
        }
        write(database.nextGroup(owner.clock.instant(), owner.epoch));
    }

    private void write(Encoded group) throws IOException {
        SegmentName name = SegmentName.group(group.header().maxTxid());
        // Undisturbed: what becomes of groups under way is another test's.
        SimulatedStore.StoredObject taken = store.objects()
                .putIfAbsent(
                        name.path(ReplicaLayout.OBJECT_STORE), new SimulatedStore.StoredObject(group.content(), now));
        assertThat(taken).as("the object of a new position").isNull();
        owner.levels.written(name, group.content().length, group.header());
        history.add(new Truth(now, Arrays.hashCode(database.image())));
    }

    private void step() throws IOException {
        owner.renew();
        int dice = random.nextInt(100);
        if (dice < 35) {
            writeBurst();
        } else if (dice < 55) {
            perhapsDisturbed("compacts", () -> owner.compaction.runOnce(SendGuard.ALWAYS));
        } else if (dice < 77) {
            perhapsDisturbed("deletes", () -> owner.retention.runOnce(SendGuard.ALWAYS));
        } else if (dice < 84) {
            perhapsDisturbed("takes a snapshot", this::snapshot);
        } else if (dice < 87) {
            takeOver();
        } else if (dice < 90) {
            owner.clock.ahead = Duration.ofDays(random.nextInt(3) - 1L).multipliedBy(1 + random.nextInt(9));
            tell("the owner's clock is " + owner.clock.ahead + " ahead");
        } else {
            pass(upTo(Duration.ofHours(4)));
            tell("time passed");
        }
        planRestore();
    }

    private void writeBurst() throws IOException {
        Duration[] distances = {
            Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMinutes(2), Duration.ofMinutes(25)
        };
        Duration distance = distances[random.nextInt(distances.length)];
        int groups = 1 + random.nextInt(30);
        for (int i = 0; i < groups; i++) {
            write(database.nextGroup(owner.clock.instant(), owner.epoch));
            pass(upTo(distance.multipliedBy(2)));
            if (random.nextInt(4) == 0) {
                compact();
            }
        }
        owner.renew();
        tell(groups + " groups up to " + database.txid());
    }

    private void compact() throws IOException {
        try {
            owner.compaction.runOnce(SendGuard.ALWAYS);
        } catch (ObjectMissingException e) {
            tell("something that was to be merged was deleted by an earlier owner");
        }
    }

    private void snapshot() throws IOException {
        Encoded snapshot = database.snapshot(owner.clock.instant(), owner.epoch);
        SegmentName name = SegmentName.snapshot(database.txid());
        Owner writer = owner;
        writer.levels.snapshotBegins(database.txid());
        if (!frozen && random.nextBoolean()) {
            writeBurst();
        }
        store.create(name.path(ReplicaLayout.OBJECT_STORE), snapshot.content(), "w", SendGuard.ALWAYS);
        writer.levels.written(name, snapshot.content().length, snapshot.header());
        writer.levels.publish(replica, SendGuard.ALWAYS);
    }

    @FunctionalInterface
    private interface Pass {
        void run() throws IOException;
    }

    /** A pass that is left alone, is killed at one of its requests, or freezes there while another owner goes on. */
    private void perhapsDisturbed(String what, Pass work) throws IOException {
        tell("owner " + owner.epoch + " " + what);
        int dice = frozen ? 9 : random.nextInt(10);
        int at = random.nextInt(random.nextBoolean() ? 6 : 40);
        if (dice < 3) {
            store.killAt(at, random.nextBoolean());
        } else if (dice < 6) {
            store.interruptAt(at, this::freeze);
        }
        try {
            work.run();
        } catch (Killed e) {
            tell("it is killed at request " + at);
            takeOver();
        } catch (IOException e) {
            tell("it ends: " + e.getMessage()); // the next pass goes on
        } finally {
            frozen = false;
            store.undisturbed();
        }
    }

    private void freeze() {
        try {
            frozen = true;
            tell("owner " + owner.epoch + " freezes");
            if (random.nextBoolean()) {
                pass(upTo(random.nextBoolean() ? Duration.ofMinutes(20) : Duration.ofHours(5)));
            }
            takeOver();
            for (int i = random.nextInt(8); i > 0; i--) {
                step();
                check();
            }
            tell("the frozen owner goes on");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- what has to be true

    private void planRestore() throws IOException {
        flights.removeIf(f -> f.plannedAt.isBefore(now.minus(GRACE)));
        long target = positionAt(now.minus(upTo(EXACT)));
        if (target > 0 && flights.size() < 6) {
            flights.add(new Flight(now, target));
        }
    }

    /** The position that was the latest at a moment, 0 if there was none. */
    private long positionAt(Instant moment) {
        for (int i = history.size(); i > 0; i--) {
            if (!history.get(i - 1).time.isAfter(moment)) {
                return i;
            }
        }
        return 0;
    }

    private void check() throws IOException {
        List<Segment> listing = replica.list();
        NavigableSet<Long> restorable = Chain.reachable(listing, 0);
        for (long claim : claims) {
            assertThat(store.objects())
                    .as("the claim %d", claim)
                    .containsKey(SegmentName.group(claim).path(ReplicaLayout.OBJECT_STORE));
        }
        long exactFrom = Math.max(1, positionAt(now.minus(EXACT)));
        for (long txid = exactFrom; txid <= history.size(); txid++) {
            assertThat(restorable).as("position %d of exact-retention", txid).contains(txid);
        }
        for (Flight flight : flights) {
            if (!flight.plannedAt.isBefore(now.minus(GRACE))) {
                assertThat(restorable)
                        .as("position %d, of which a restore began at %s", flight.target, flight.plannedAt)
                        .contains(flight.target);
            }
        }
        checkCoarse(restorable);
        checkManifests();
        checkEstablished(listing);
    }

    private void checkCoarse(NavigableSet<Long> restorable) {
        for (int i = 0; i < 8; i++) {
            Instant moment = i == 0 ? now.minus(RETENTION) : now.minus(upTo(RETENTION));
            long wanted = positionAt(moment);
            if (wanted > 0) {
                long found = restorable.floor(wanted);
                assertThat(found == wanted || history.get((int) found).time.isAfter(moment.minus(GRANULARITY)))
                        .as("%d, given for %s, was the latest within %s before it", found, moment, GRANULARITY)
                        .isTrue();
            }
        }
    }

    /** Whichever manifest a restore finds, the present one or any that was ever written, it leads to the latest. */
    private void checkManifests() throws IOException {
        var present = store.objects().get(Manifest.NAME);
        if (present != null) {
            if (manifests.isEmpty() || !Arrays.equals(manifests.get(manifests.size() - 1), present.content())) {
                manifests.add(present.content());
            }
            for (int i = 0; i < 3; i++) {
                byte[] manifest = manifests.get(i == 0 ? manifests.size() - 1 : random.nextInt(manifests.size()));
                store.objects().put(Manifest.NAME, new SimulatedStore.StoredObject(manifest, now));
                RestorePlan plan = RestorePlan.find(replica.outline(), Position.NONE, Optional.empty());
                assertThat(plan.target().txid()).as("the latest by manifest").isEqualTo(history.size());
            }
            store.objects().put(Manifest.NAME, present);
        }
    }

    /** What is older than the grace is restorable by what is older than the grace. */
    private void checkEstablished(List<Segment> listing) {
        Instant old = now.minus(GRACE);
        NavigableSet<Long> restorable = Chain.reachable(
                listing.stream().filter(s -> !s.modified().isAfter(old)).toList(), 0);
        for (long txid = Math.max(1, positionAt(now.minus(EXACT))); txid <= positionAt(old); txid++) {
            assertThat(restorable)
                    .as("position %d by objects older than the grace", txid)
                    .contains(txid);
        }
    }

    /** Restores some positions to files and compares them. */
    private void checkBytes(int count) throws IOException {
        List<Segment> listing = replica.list();
        List<Long> restorable = new ArrayList<>(Chain.reachable(listing, 0).tailSet(1L));
        for (int i = 0; i < count; i++) {
            long txid = i == 0 ? history.size() : restorable.get(random.nextInt(restorable.size()));
            Path file = folder.resolve("restored-" + txid);
            try (FileChannel channel =
                    FileChannel.open(file, EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE))) {
                SegmentApplier applier = new SegmentApplier(channel);
                for (Segment segment : RestorePlan.find(listing, Position.NONE, Optional.of(new Position(txid)))
                        .segments()) {
                    applier.apply(segment.name(), replica.open(segment.name()));
                }
            }
            assertThat(Arrays.hashCode(Files.readAllBytes(file)))
                    .as("content at %d", txid)
                    .isEqualTo(history.get((int) txid - 1).imageHash);
            Files.delete(file);
        }
    }
}
