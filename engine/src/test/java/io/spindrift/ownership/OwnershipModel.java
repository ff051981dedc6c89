package io.spindrift.ownership;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * A model of ownership small enough to visit every state of it: processes that start, claim, commit, ship, freeze, crash
 * and are copied; requests that are late or lose their answer; retention passes; and time.
 *
 * <p>What stands for what in the code:
 *
 * <table>
 * <caption>Model and code</caption>
 * <tr><th>here</th><th>there</th></tr>
 * <tr><td>{@link #list}</td><td>{@code StartUp.reconcile}: a listing, then the file is brought to the replica's end</td></tr>
 * <tr><td>{@link #claim}, {@link #shipLeftOver}</td><td>{@code Replicator.claim} and {@code StartUp.shipStaged}, with
 * {@link Claims#announce} before each PUT</td></tr>
 * <tr><td>{@link #commit}, {@link #cut}</td><td>a transaction; {@code LocalLog.cut}, which gives a segment its write
 * id</td></tr>
 * <tr><td>{@link #ship}</td><td>{@code Replicator.ship}; behind the fence {@code fenceAfterListing}</td></tr>
 * <tr><td>{@link #arrive}</td><td>{@code ReplicaStore.create}: If-None-Match, and the write id if the name is taken</td></tr>
 * <tr><td>{@link #answer}</td><td>what the caller of {@code create} does with its result</td></tr>
 * <tr><td>{@link #open}</td><td>{@link TimeFence}; one tick is {@code exact-retention}</td></tr>
 * <tr><td>{@link #compact}, {@link #retain}</td><td>a snapshot or compaction of confirmed TXIDs; a retention pass that
 * asks {@link Claims#of}</td></tr>
 * </table>
 *
 * Any process may start at any moment, whatever lease there is, for safety must not rest on leases. Any number of
 * objects may be deleted by anybody at any moment from which on a pass may. A process may stand still between any two
 * moves, and a request may take any time to arrive, also longer than its sender lives.
 */
final class OwnershipModel {
    /** What protects ownership; without any one of these a history is lost or mixed. */
    enum Rule {
        /** 1: objects written at a start are never deleted. */
        CLAIMS_ARE_KEPT,
        /** 1: they are announced before they are written, not after. */
        ANNOUNCED_FIRST,
        /** 1: that holds for what a start ships before its claim, too. */
        LEFT_OVERS_ARE_KEPT,
        /** 2: nothing is written before a claim of one's own stands. */
        CLAIM_BEFORE_WRITING,
        /** 3: a claim is not sent later than exact-retention after its listing. */
        CLAIM_IN_TIME,
        /** 3: nor is an answer believed that comes later. */
        ANSWER_IN_TIME,
        /** 3: a segment is not sent later than exact-retention after it was cut, but for a new listing. */
        SHIP_IN_TIME
    }

    /** How far the exploration goes. */
    record Bounds(int processes, int keys, int ticks, int commits, int crashes, int lostAnswers, int copies) {}

    private final Set<Rule> rules;
    private final Bounds bounds;

    OwnershipModel(Set<Rule> rules, Bounds bounds) {
        this.rules = rules;
        this.bounds = bounds;
    }

    /**
     * A level-0 object: its number, its write id, and the database before and after it. Without a write id it is not
     * cut yet: commits in the write-ahead log.
     */
    record Segment(int key, int writeId, String before, String after) {
        boolean isCut() {
            return writeId > 0;
        }
    }

    /** A segment in the bucket, and the tick it was written in. */
    record Stored(Segment segment, int born) {}

    /** What the longest snapshot holds: all up to a key. */
    record Snapshot(int key, String content) {}

    enum Doing {
        STOPPED,
        LISTED,
        CLAIMING,
        SHIPPING_LEFT_OVER,
        OWNING,
        SHIPPING
    }

    enum Result {
        OURS,
        TAKEN
    }

    /** A PUT on its way, or its result on the way back. */
    record Request(Segment segment, boolean atStart, Optional<Result> result) {}

    /** A process and its disk: where its file stands, what is staged, and since when its fence is open. */
    record Process(
            Doing doing, int key, String content, Optional<Segment> staged, int fence, Optional<Request> request) {
        Process with(Doing next) {
            return new Process(next, key, content, staged, fence, request);
        }

        Process at(int newKey, String newContent) {
            return new Process(doing, newKey, newContent, staged, fence, request);
        }

        Process staging(Optional<Segment> segment) {
            return new Process(doing, key, content, segment, fence, request);
        }

        Process fenced(int now) {
            return new Process(doing, key, content, staged, now, request);
        }

        Process sending(Optional<Request> next) {
            return new Process(doing, key, content, staged, fence, next);
        }
    }

    /** Everything there is. */
    record World(
            List<Optional<Stored>> bucket,
            Set<Integer> announced,
            Snapshot snapshot,
            List<Process> processes,
            List<Request> ofTheDead,
            int now,
            String durable,
            int commits,
            int writes,
            int crashes,
            int lostAnswers,
            int copies) {}

    /** A world one move away, and that move as a sentence. */
    record Step(String move, World world) {}

    World beginning() {
        Process fresh = new Process(Doing.STOPPED, 0, "", Optional.empty(), 0, Optional.empty());
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < bounds.processes(); i++) {
            processes.add(fresh);
        }
        List<Optional<Stored>> bucket = new ArrayList<>();
        for (int key = 0; key <= bounds.keys(); key++) {
            bucket.add(Optional.empty());
        }
        return new World(bucket, Set.of(), new Snapshot(0, ""), processes, List.of(), 0, "", 0, 0, 0, 0, 0);
    }

    // ---- what must hold in every world

    /** What is wrong with a world, if anything. */
    Optional<String> violation(World world) {
        String content = world.snapshot().content();
        for (int key = world.snapshot().key() + 1; key <= latest(world); key++) {
            Optional<Stored> stored = world.bucket().get(key);
            if (stored.isEmpty()) {
                return Optional.of("the history has a gap at " + key);
            }
            if (!stored.get().segment().before().equals(content)) {
                return Optional.of("the history is mixed at " + key + ": it continues \""
                        + stored.get().segment().before() + "\", before it is \"" + content + "\"");
            }
            content = stored.get().segment().after();
        }
        for (char commit : world.durable().toCharArray()) {
            if (content.indexOf(commit) < 0) {
                return Optional.of("the durable commit " + commit + " is not in \"" + content + "\"");
            }
        }
        boolean doubled = content.chars().distinct().count() != content.length();
        return doubled ? Optional.of("a commit is twice in \"" + content + "\"") : Optional.empty();
    }

    private static int latest(World world) {
        int latest = world.snapshot().key();
        for (int key = latest + 1; key < world.bucket().size(); key++) {
            if (world.bucket().get(key).isPresent()) {
                latest = key;
            }
        }
        return latest;
    }

    private static String history(World world) {
        int latest = latest(world);
        return latest == world.snapshot().key()
                ? world.snapshot().content()
                : world.bucket().get(latest).orElseThrow().segment().after();
    }

    // ---- moves

    /** Every world that can follow. */
    List<Step> steps(World world) {
        List<Step> steps = new ArrayList<>();
        for (int p = 0; p < world.processes().size(); p++) {
            int index = p;
            Process process = world.processes().get(p);
            String name = "process " + (char) ('A' + p);
            switch (process.doing()) {
                case STOPPED -> list(world, p, name, steps);
                case LISTED -> claim(world, p, name, steps);
                case OWNING -> own(world, p, name, steps);
                case CLAIMING, SHIPPING_LEFT_OVER, SHIPPING -> answer(world, p, name, steps);
            }
            process.request()
                    .filter(request -> request.result().isEmpty())
                    .ifPresent(request -> steps.add(arrive(world, index, name, request)));
            crash(world, p, name, steps);
            copy(world, p, steps);
        }
        for (int i = 0; i < world.ofTheDead().size(); i++) {
            arriveLate(world, i, steps);
        }
        retain(world, steps);
        if (world.now() < bounds.ticks()) {
            steps.add(new Step("exact-retention passes", edit(world, draft -> draft.now++)));
        }
        return steps;
    }

    private void list(World world, int p, String name, List<Step> steps) {
        int latest = latest(world);
        Process process = world.processes().get(p);
        Process there = process.at(latest, history(world)).fenced(world.now());
        Optional<Segment> next = process.staged()
                .filter(staged -> staged.key() == latest + 1 && staged.before().equals(there.content()));
        if (next.isPresent()) {
            shipLeftOver(world, p, name, there, next.get(), steps);
        } else {
            steps.add(new Step(
                    name + " lists up to " + latest,
                    put(world, p, there.staging(Optional.empty()).with(Doing.LISTED))));
        }
    }

    private void shipLeftOver(World world, int p, String name, Process listed, Segment left, List<Step> steps) {
        Segment staged = cut(world, left);
        Process sending = listed.staging(Optional.of(staged))
                .sending(Optional.of(new Request(staged, true, Optional.empty())))
                .with(Doing.SHIPPING_LEFT_OVER);
        World announced = rules.contains(Rule.LEFT_OVERS_ARE_KEPT) ? announce(world, staged.key()) : world;
        steps.add(new Step(
                name + " lists, and sends the left-over " + staged.key(),
                edit(put(announced, p, sending), draft -> draft.writes += left.isCut() ? 0 : 1)));
    }

    private static Segment cut(World world, Segment segment) {
        return segment.isCut()
                ? segment
                : new Segment(segment.key(), world.writes() + 1, segment.before(), segment.after());
    }

    private void claim(World world, int p, String name, List<Step> steps) {
        Process process = world.processes().get(p);
        if (!rules.contains(Rule.CLAIM_BEFORE_WRITING)) {
            steps.add(new Step(name + " owns without a claim", put(world, p, process.with(Doing.OWNING))));
            return;
        }
        if (rules.contains(Rule.CLAIM_IN_TIME) && !open(world, process)) {
            steps.add(new Step(name + " is too late to claim", put(world, p, process.with(Doing.STOPPED))));
            return;
        }
        int key = process.key() + 1;
        if (key <= bounds.keys()) {
            Segment claim = new Segment(key, world.writes() + 1, process.content(), process.content());
            Process sending = process.sending(Optional.of(new Request(claim, true, Optional.empty())))
                    .with(Doing.CLAIMING);
            World announced = rules.contains(Rule.ANNOUNCED_FIRST) ? announce(world, key) : world;
            steps.add(new Step(
                    name + " sends its claim " + key, edit(put(announced, p, sending), draft -> draft.writes++)));
        }
    }

    private void own(World world, int p, String name, List<Step> steps) {
        Process process = world.processes().get(p);
        if (process.staged().map(staged -> !staged.isCut()).orElse(true)) {
            commit(world, p, name, steps);
        }
        if (process.staged().isPresent()) {
            ship(world, p, name, steps);
        } else {
            compact(world, p, name, steps);
        }
    }

    private void commit(World world, int p, String name, List<Step> steps) {
        Process process = world.processes().get(p);
        int key = process.key() + 1;
        if (world.commits() < bounds.commits() && key <= bounds.keys()) {
            char commit = (char) ('a' + world.commits());
            String before = process.staged().map(Segment::after).orElse(process.content());
            Segment uncut = new Segment(key, 0, process.content(), before + commit);
            steps.add(new Step(
                    name + " commits " + commit,
                    edit(put(world, p, process.staging(Optional.of(uncut))), draft -> draft.commits++)));
        }
    }

    private void ship(World world, int p, String name, List<Step> steps) {
        Process process = world.processes().get(p);
        Segment left = process.staged().orElseThrow();
        Segment staged = cut(world, left);
        if (left.isCut() && rules.contains(Rule.SHIP_IN_TIME) && !open(world, process)) {
            int latest = latest(world);
            boolean mine = latest == process.key() || latest == staged.key();
            Process next = mine ? process.fenced(world.now()) : lost(process);
            steps.add(new Step(name + " lists again" + (mine ? "" : " and has lost"), put(world, p, next)));
            return;
        }
        Process cut =
                left.isCut() ? process : process.staging(Optional.of(staged)).fenced(world.now());
        Process sending = cut.sending(Optional.of(new Request(staged, false, Optional.empty())))
                .with(Doing.SHIPPING);
        steps.add(new Step(
                name + " sends " + staged.key(),
                edit(put(world, p, sending), draft -> draft.writes += left.isCut() ? 0 : 1)));
    }

    private Step arrive(World world, int p, String name, Request request) {
        Result result = resultOf(world, request.segment());
        World changed = store(world, request.segment());
        Process process = changed.processes().get(p);
        return new Step(
                name + "'s " + request.segment().key() + " arrives: " + result,
                put(
                        changed,
                        p,
                        process.sending(
                                Optional.of(new Request(request.segment(), request.atStart(), Optional.of(result))))));
    }

    private static Result resultOf(World world, Segment segment) {
        Optional<Stored> present = world.bucket().get(segment.key());
        boolean ours = present.isEmpty() || present.get().segment().writeId() == segment.writeId();
        return ours ? Result.OURS : Result.TAKEN;
    }

    private void answer(World world, int p, String name, List<Step> steps) {
        Process process = world.processes().get(p);
        Request request = process.request().orElseThrow();
        if (request.result().isEmpty()) {
            return;
        }
        Process answered = process.sending(Optional.empty());
        boolean ours = request.result().get() == Result.OURS;
        if (process.doing() == Doing.SHIPPING) {
            if (ours) {
                Segment shipped = request.segment();
                Process next = answered.at(shipped.key(), shipped.after())
                        .staging(Optional.empty())
                        .with(Doing.OWNING);
                String commit = shipped.after().substring(shipped.before().length());
                steps.add(new Step(
                        name + " hears that " + shipped.key() + " is durable",
                        edit(put(world, p, next), draft -> draft.durable += commit)));
            } else {
                steps.add(new Step(name + " hears that it has lost", put(world, p, lost(answered))));
            }
            if (world.lostAnswers() < bounds.lostAnswers()) {
                steps.add(new Step(
                        name + " does not hear the answer",
                        edit(put(world, p, answered.with(Doing.OWNING)), draft -> draft.lostAnswers++)));
            }
        } else if (process.doing() == Doing.SHIPPING_LEFT_OVER) {
            steps.add(new Step(name + " hears of its left-over", put(world, p, answered.with(Doing.STOPPED))));
        } else {
            boolean believed = ours && (!rules.contains(Rule.ANSWER_IN_TIME) || open(world, process));
            World after = rules.contains(Rule.ANNOUNCED_FIRST) || !ours
                    ? world
                    : announce(world, request.segment().key());
            Process next = believed
                    ? answered.at(request.segment().key(), process.content()).with(Doing.OWNING)
                    : answered.with(Doing.STOPPED);
            steps.add(new Step(name + (believed ? " owns" : " starts over"), put(after, p, next)));
        }
    }

    /** Ownership is lost, and with it what was staged: it goes to the folder for lost commits. */
    private static Process lost(Process process) {
        return process.staging(Optional.empty()).with(Doing.STOPPED);
    }

    /** The disk survives, and so does a request under way. */
    private void crash(World world, int p, String name, List<Step> steps) {
        Process process = world.processes().get(p);
        if (process.doing() == Doing.STOPPED || world.crashes() >= bounds.crashes()) {
            return;
        }
        List<Request> late = new ArrayList<>(world.ofTheDead());
        process.request().filter(request -> request.result().isEmpty()).ifPresent(late::add);
        Process dead = process.sending(Optional.empty()).with(Doing.STOPPED);
        steps.add(new Step(name + " crashes", edit(put(world, p, dead), draft -> {
            draft.ofTheDead = List.copyOf(late);
            draft.crashes++;
        })));
    }

    private void arriveLate(World world, int i, List<Step> steps) {
        List<Request> left = new ArrayList<>(world.ofTheDead());
        Segment segment = left.remove(i).segment();
        steps.add(new Step(
                "a dead process's " + segment.key() + " arrives: " + resultOf(world, segment),
                edit(store(world, segment), draft -> draft.ofTheDead = List.copyOf(left))));
    }

    /** Another process that is stopped gets a copy of this one's disk. */
    private void copy(World world, int p, List<Step> steps) {
        Process from = world.processes().get(p);
        if (world.copies() >= bounds.copies() || from.staged().isEmpty()) {
            return;
        }
        for (int q = 0; q < world.processes().size(); q++) {
            if (q != p && world.processes().get(q).doing() == Doing.STOPPED) {
                World copied = put(world, q, from.sending(Optional.empty()).with(Doing.STOPPED));
                steps.add(new Step(
                        "the disk of " + (char) ('A' + p) + " is copied to " + (char) ('A' + q),
                        edit(copied, draft -> draft.copies++)));
            }
        }
    }

    private void compact(World world, int p, String name, List<Step> steps) {
        Process process = world.processes().get(p);
        if (process.key() > world.snapshot().key()) {
            Snapshot longer = new Snapshot(process.key(), process.content());
            steps.add(new Step(
                    name + " writes the snapshot at " + process.key(), edit(world, draft -> draft.snapshot = longer)));
        }
    }

    private void retain(World world, List<Step> steps) {
        for (int key = 1; key <= world.snapshot().key(); key++) {
            Optional<Stored> stored = world.bucket().get(key);
            boolean kept =
                    rules.contains(Rule.CLAIMS_ARE_KEPT) && world.announced().contains(key);
            if (stored.isPresent() && world.now() > stored.get().born() && !kept) {
                int deleted = key;
                steps.add(new Step(
                        "a retention pass deletes " + key,
                        edit(world, draft -> draft.bucket.set(deleted, Optional.empty()))));
            }
        }
    }

    /** Whether less than exact-retention has passed since the fence was set up. */
    private static boolean open(World world, Process process) {
        return world.now() == process.fence();
    }

    // ---- the next world

    private static World store(World world, Segment segment) {
        return world.bucket().get(segment.key()).isPresent()
                ? world
                : edit(world, draft -> draft.bucket.set(segment.key(), Optional.of(new Stored(segment, world.now()))));
    }

    private static World put(World world, int p, Process process) {
        return edit(world, draft -> draft.processes.set(p, process));
    }

    private static World announce(World world, int key) {
        return edit(world, draft -> draft.announced.add(key));
    }

    private static World edit(World world, Consumer<Draft> change) {
        Draft draft = new Draft(world);
        change.accept(draft);
        return draft.done();
    }

    private static final class Draft {
        private final List<Optional<Stored>> bucket;
        private final Set<Integer> announced;
        private Snapshot snapshot;
        private final List<Process> processes;
        private List<Request> ofTheDead;
        private int now;
        private String durable;
        private int commits;
        private int writes;
        private int crashes;
        private int lostAnswers;
        private int copies;

        Draft(World world) {
            bucket = new ArrayList<>(world.bucket());
            announced = new TreeSet<>(world.announced());
            snapshot = world.snapshot();
            processes = new ArrayList<>(world.processes());
            ofTheDead = world.ofTheDead();
            now = world.now();
            durable = world.durable();
            commits = world.commits();
            writes = world.writes();
            crashes = world.crashes();
            lostAnswers = world.lostAnswers();
            copies = world.copies();
        }

        World done() {
            return new World(
                    bucket,
                    announced,
                    snapshot,
                    processes,
                    ofTheDead,
                    now,
                    durable,
                    commits,
                    writes,
                    crashes,
                    lostAnswers,
                    copies);
        }
    }
}
