package io.spindrift.sync;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/**
 * The work beside shipping that comes round again and again: snapshots, compaction, retention. Each kind runs on a
 * thread of the executor when it says that it is due, one run of a kind at a time; a run that failed is tried again
 * after a minute. Thread-safe.
 */
final class BackgroundPasses {
    private static final Duration RETRY = Duration.ofMinutes(1);

    /** One kind of work. */
    interface Pass {
        /** What it is called in sentences: "The snapshot", "The compaction". */
        String name();

        /** How long until it should run, zero or less for now; empty if nothing has to be done until something changes. */
        Optional<Duration> untilDue() throws IOException, SQLException;

        /** Does what is due, on a thread that may block. */
        void run() throws IOException, SQLException, InterruptedException;
    }

    private final Executor executor;
    private final List<Scheduled> passes;
    private final BiConsumer<Pass, Exception> failed;
    private final Runnable ran;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    private int running;
    private boolean stopped;

    /**
     * @param failed told of each run that failed
     * @param ran called after each run: what is due next may have changed
     */
    BackgroundPasses(Executor executor, List<Pass> passes, BiConsumer<Pass, Exception> failed, Runnable ran) {
        this.executor = executor;
        this.passes = passes.stream().map(Scheduled::new).toList();
        this.failed = failed;
        this.ran = ran;
    }

    /** Submits every pass that is due. */
    void submitDue() {
        passes.forEach(this::submitIfDue);
    }

    /** How long until a pass is due, at most the given time. */
    Duration untilDue(Duration atMost) {
        Duration shortest = atMost;
        for (Scheduled scheduled : passes) {
            Optional<Duration> until = scheduled.untilDue();
            if (until.isPresent() && until.get().compareTo(shortest) < 0) {
                shortest = until.get();
            }
        }
        return shortest;
    }

    private void submitIfDue(Scheduled scheduled) {
        boolean due =
                scheduled.untilDue().map(d -> d.isZero() || d.isNegative()).orElse(false);
        if (due && begin(scheduled)) {
            try {
                executor.execute(() -> run(scheduled));
            } catch (RejectedExecutionException refused) {
                end(scheduled, true); // the executor is full or closing
            }
        }
    }

    private void run(Scheduled scheduled) {
        boolean again = true;
        try {
            scheduled.pass.run();
            again = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | SQLException | RuntimeException e) {
            failed.accept(scheduled.pass, e);
        } finally {
            end(scheduled, again);
            ran.run();
        }
    }

    private boolean begin(Scheduled scheduled) {
        lock.lock();
        try {
            if (stopped || scheduled.running) {
                return false;
            }
            scheduled.running = true;
            running++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void end(Scheduled scheduled, boolean again) {
        lock.lock();
        try {
            scheduled.running = false;
            scheduled.retryNanos = again ? Optional.of(System.nanoTime() + RETRY.toNanos()) : Optional.empty();
            running--;
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Starts nothing any more. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing runs any more, and answers whether that is so. */
    boolean awaitEnd(Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (running > 0 && left > 0) {
                left = ended.awaitNanos(left);
            }
            return running == 0;
        } finally {
            lock.unlock();
        }
    }

    private final class Scheduled {
        private final Pass pass;
        private boolean running;
        private Optional<Long> retryNanos = Optional.empty();

        Scheduled(Pass pass) {
            this.pass = pass;
        }

        /** Empty also while it runs, and when it cannot be told; a retry is not due before its time. */
        Optional<Duration> untilDue() {
            Optional<Duration> wanted;
            try {
                wanted = pass.untilDue();
            } catch (IOException | SQLException | RuntimeException e) {
                return Optional.empty();
            }
            lock.lock();
            try {
                if (running || stopped) {
                    return Optional.empty();
                }
                return wanted.map(duration -> retryNanos
                        .map(at -> at - System.nanoTime())
                        .filter(left -> left > duration.toNanos())
                        .map(Duration::ofNanos)
                        .orElse(duration));
            } finally {
                lock.unlock();
            }
        }
    }
}
