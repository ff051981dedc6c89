package io.spindrift.compaction;

import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Deletes what no promise needs any more, by {@link RetentionPlan}.
 *
 * <p>No two owners' passes overlap, without a synchronised clock: an owner's first pass begins 20 minutes after its
 * claim, and a pass sends nothing later than 10 minutes after its listing, both on the monotonic clock. Before anything is deleted the pass makes sure that no later owner has begun. Between any two requests the process may end:
 * the manifest does not name what is about to be deleted, and every subset of a plan leaves every promise kept.
 *
 * <p>Ages are counted by the store's clock, and by this machine's where it is behind. One thread at a time.
 */
public final class Retention {
    private static final int BATCH = 1_000;

    /** Not configurable: two owners with different settings have to agree on them. */
    private static final Duration LONGEST_PASS = Duration.ofMinutes(10);

    /** After the claim; before that a pass does nothing. */
    public static final Duration FIRST_PASS_AFTER = LONGEST_PASS.multipliedBy(2);

    /** What a pass needs to know of ownership. */
    public interface Ownership {
        /**
         * The TXIDs whose level-0 objects stay for ever: those of all claims in any listing made before the call.
         *
         * @throws StoreException if this process is not the latest owner
         */
        Set<Long> claims() throws IOException;
    }

    /**
     * What a pass did.
     *
     * @param deleted objects
     * @param deletedBytes their size
     * @param nextAt when the next pass has something to do although nothing is written; empty if never
     */
    public record Report(int deleted, long deletedBytes, Optional<Instant> nextAt) {}

    private final Replica replica;
    private final Levels levels;
    private final Ownership ownership;
    private final RetentionPlan.Terms terms;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final long claimedNanos;
    private final Set<RetentionPlan.Rule> rules = EnumSet.allOf(RetentionPlan.Rule.class);
    private Set<SegmentName> deletedLast = Set.of();

    /**
     * Begins with the claim: call it once that stands.
     *
     * @param nanoTime a monotonic clock in nanoseconds
     */
    public Retention(
            Replica replica,
            Levels levels,
            Ownership ownership,
            RetentionPlan.Terms terms,
            Clock clock,
            LongSupplier nanoTime) {
        this.replica = replica;
        this.levels = levels;
        this.ownership = ownership;
        this.terms = terms;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.claimedNanos = nanoTime.getAsLong();
    }

    /** Plans without some of the rules: for the test that shows that each is needed. */
    void without(RetentionPlan.Rule rule) {
        rules.remove(rule);
    }

    /**
     * Does one pass: a complete listing, the manifest if anything is deleted, and the deletions.
     *
     * @param guard asked before every try of a write; refuses once ownership is lost
     * @return what was done; nothing if it is too early for the first pass
     * @throws StoreException if another process owns the replica, or the store still has what it said it had deleted
     * @throws IOException if the store fails; the next pass goes on
     */
    public Report runOnce(SendGuard guard) throws IOException {
        long startNanos = nanoTime.getAsLong();
        Duration tooEarly = FIRST_PASS_AFTER.minusNanos(startNanos - claimedNanos);
        if (tooEarly.compareTo(Duration.ZERO) > 0) {
            return new Report(0, 0, Optional.of(clock.instant().plus(tooEarly)));
        }
        SendGuard inTime = inTime(startNanos, guard);
        List<ObjectInfo> objects = replica.store().list("");
        Set<Long> claims = ownership.claims(); // after the listing, so that it knows every claim in it
        List<Segment> listing = replica.segments(objects);
        RetentionPlan plan = RetentionPlan.of(listing, claims, now(objects), terms, rules);
        Set<SegmentName> undeleted = new HashSet<>(deletedLast);
        undeleted.retainAll(names(listing));
        delete(plan.delete(), inTime);
        if (!undeleted.isEmpty()) {
            throw new StoreException("The store " + replica.store().describe() + " still has "
                    + undeleted.size() + " objects, such as "
                    + undeleted.iterator().next()
                    + ", that it said it had deleted; grant s3:DeleteObject, and check versioning and object lock");
        }
        return new Report(
                plan.delete().size(),
                plan.delete().stream().mapToLong(Segment::bytes).sum(),
                plan.nextAt());
    }

    private void delete(List<Segment> doomed, SendGuard guard) throws IOException {
        deletedLast = new HashSet<>();
        if (doomed.isEmpty()) {
            return;
        }
        List<SegmentName> names = names(doomed);
        levels.removed(names);
        levels.publish(replica, guard);
        for (int from = 0; from < names.size(); from += BATCH) {
            List<SegmentName> batch = names.subList(from, Math.min(from + BATCH, names.size()));
            replica.store()
                    .delete(
                            batch.stream()
                                    .map(name -> name.path(replica.store().layout()))
                                    .toList(),
                            guard);
            deletedLast.addAll(batch);
        }
    }

    private static List<SegmentName> names(List<Segment> segments) {
        return segments.stream().map(Segment::name).toList();
    }

    /**
     * The store's clock, as the newest object tells it: the lease is renewed all the time. This machine's clock bounds it,
     * so that neither an object from the future nor a clock that was set forward makes anything look old.
     */
    private Instant now(List<ObjectInfo> objects) {
        Instant here = clock.instant();
        Instant there = objects.stream()
                .map(ObjectInfo::modified)
                .max(Instant::compareTo)
                .orElse(here);
        return there.isBefore(here) ? there : here;
    }

    private SendGuard inTime(long startNanos, SendGuard guard) {
        return () -> {
            guard.beforeSend();
            if (nanoTime.getAsLong() - startNanos >= LONGEST_PASS.toNanos()) {
                throw new StoreException("A retention pass took longer than " + LONGEST_PASS
                        + " and was ended, so that it cannot meet one of another owner; the next one goes on");
            }
        };
    }
}
