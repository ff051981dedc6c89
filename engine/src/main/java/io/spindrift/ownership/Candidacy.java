package io.spindrift.ownership;

import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.SendGuard;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * A process that wants to own a replica and lets the present owner finish.
 *
 * <p>It looks at the highest lease and takes the next epoch once that lease is released, or has stayed the same for its
 * time to live by this process's monotonic clock; no clocks are compared. It does not wait for an owner that worked in
 * the very sidecar folder whose lock this process holds: that one is dead. All of this is a courtesy. Were it wrong, the
 * earlier owner would lose its ownership at its next PUT, and nothing that is durable would be lost.
 *
 * <p>Not thread-safe.
 */
public final class Candidacy {
    private static final int LOOKS_PER_TTL = 5;

    private final Replica replica;
    private final Lease.Owner me;
    private final boolean firstInThisProcess;
    private final Duration ttl;
    private final Clock clock;
    private final LongSupplier nanoTime;

    private Optional<Watched> watched = Optional.empty();
    private Optional<Lease> mine = Optional.empty();
    private long nextLookNanos;
    private boolean insists;

    /** The lease of another, as it has been since a moment of the monotonic clock. */
    private record Watched(Lease.Read lease, byte[] content, long sinceNanos) {}

    /**
     * The owner that is waited for.
     *
     * @param node what operators call it
     * @param since when it became the owner, by its clock
     * @param ttl how long its lease has to stay unchanged until it counts as gone
     */
    public record Holder(String node, long epoch, Optional<Instant> since, Duration ttl) {
        /** Who it is, since when, and what will end the wait, as the rest of a sentence. */
        public String sentence() {
            return node + since.map(at -> ", which owns it since " + at).orElse(", which owns it") + " (epoch " + epoch
                    + "); this process takes over when that one stops, or has not renewed its lease for " + ttl;
        }
    }

    /**
     * Begins to want a replica; sends nothing yet.
     *
     * @param node what operators call this process
     * @param home the id of the sidecar folder whose lock this process holds
     * @param firstInThisProcess false for one that has owned the replica and lost it: whoever has a lease of the same
     *     home now has a copy of the folder, and lives
     * @param ttl how long this process's own lease may stay unchanged
     * @param nanoTime a monotonic clock
     */
    public Candidacy(
            Replica replica,
            String node,
            String home,
            boolean firstInThisProcess,
            Duration ttl,
            Clock clock,
            LongSupplier nanoTime) {
        this.replica = replica;
        this.me = new Lease.Owner(node, home, UUID.randomUUID().toString());
        this.firstInThisProcess = firstInThisProcess;
        this.ttl = ttl;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.nextLookNanos = nanoTime.getAsLong();
    }

    /** Waits for nobody from now on: an operator decided that the present owner shall lose the replica. */
    public void insist() {
        insists = true;
    }

    /**
     * Looks once, and takes the next epoch if nobody is in the way. Once it has, and as long as nobody has taken a later
     * one, it renews and answers that lease.
     *
     * @return empty if it has to wait; then {@link #holder()} tells for whom
     */
    public Optional<Lease> look() throws IOException {
        long beforeNanos = nanoTime.getAsLong();
        nextLookNanos = beforeNanos + ttl.dividedBy(LOOKS_PER_TTL).toNanos();
        // While a lease is watched, one GET will do: whoever takes a later one deletes it.
        long highest = watched.isPresent() ? watched.get().lease().epoch() : Lease.highest(replica);
        if (highest == 0) {
            return take(highest);
        }
        if (mine.isPresent() && mine.get().epoch() == highest) {
            mine.get().renew();
            return mine;
        }
        Optional<byte[]> content = replica.store().get(Lease.name(highest), Lease.MAX_BYTES);
        if (content.isEmpty()) {
            return lookAgainAtOnce();
        }
        Lease.Read lease = Lease.Read.of(highest, content.get());
        if (insists || isOver(lease) || hasExpired(lease, content.get(), beforeNanos)) {
            return take(highest);
        }
        return Optional.empty();
    }

    /** Somebody took a later epoch in between, and is the one to wait for now. */
    private Optional<Lease> lookAgainAtOnce() {
        watched = Optional.empty();
        nextLookNanos = nanoTime.getAsLong();
        return Optional.empty();
    }

    private boolean isOver(Lease.Read lease) {
        boolean earlierProcess = firstInThisProcess && lease.home().equals(Optional.of(me.home()));
        boolean lostAnswer = lease.instance().equals(Optional.of(me.instance()));
        return lease.released() || earlierProcess || lostAnswer;
    }

    /** Whether it has stayed the same for long enough; begins to watch it otherwise. */
    private boolean hasExpired(Lease.Read lease, byte[] content, long beforeNanos) {
        boolean same = watched.isPresent()
                && watched.get().lease().epoch() == lease.epoch()
                && Arrays.equals(watched.get().content(), content);
        if (!same) {
            watched = Optional.of(new Watched(lease, content, nanoTime.getAsLong()));
            return false;
        }
        return beforeNanos - watched.get().sinceNanos() >= timeToLive(lease).toNanos();
    }

    private Optional<Lease> take(long highest) throws IOException {
        Lease lease = new Lease(replica, highest + 1, me, ttl, clock);
        Created created =
                replica.store().create(Lease.name(lease.epoch()), lease.encode(), me.instance(), SendGuard.ALWAYS);
        if (created != Created.OURS) {
            return lookAgainAtOnce();
        }
        watched = Optional.empty();
        mine = Optional.of(lease);
        List<String> earlier = Lease.epochs(replica).stream()
                .filter(epoch -> epoch < lease.epoch())
                .map(Lease::name)
                .toList();
        replica.store().delete(earlier, SendGuard.ALWAYS);
        return mine;
    }

    /** Whom the last look found in the way. */
    public Optional<Holder> holder() {
        return watched.map(Watched::lease)
                .map(lease -> new Holder(
                        lease.node().orElse("an unknown process"), lease.epoch(), lease.since(), timeToLive(lease)));
    }

    /** How long until it is worth to look again. */
    public Duration untilNextLook() {
        return Duration.ofNanos(nextLookNanos - nanoTime.getAsLong());
    }

    /** The owner's, which it promised to others, or this process's if that is longer. */
    private Duration timeToLive(Lease.Read lease) {
        return lease.ttl().filter(theirs -> theirs.compareTo(ttl) > 0).orElse(ttl);
    }
}
