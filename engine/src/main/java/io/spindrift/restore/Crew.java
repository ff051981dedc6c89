package io.spindrift.restore;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Lets the calling thread and a few helpers do the same work. The caller alone is enough: an executor that is busy or
 * refuses tasks makes the work slower, not impossible, and a helper that comes too late does nothing. Every helper has
 * returned when {@link #work} returns.
 */
final class Crew {
    private static final int FEWEST = 8;
    private static final int MOST = 16;

    private final Executor executor;
    private final int size;

    Crew(Executor executor, int size) {
        this.executor = executor;
        this.size = size;
    }

    /** How many threads take part in a restore on this machine. More than processors: most of them wait for the store. */
    static int usualSize() {
        return Math.max(FEWEST, Math.min(MOST, 2 * Runtime.getRuntime().availableProcessors()));
    }

    int size() {
        return size;
    }

    /** What each thread does. Returns when there is nothing left to do, or once another has failed. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    /**
     * Works with all threads.
     *
     * @param together what all do
     * @throws IOException what the first that failed has thrown
     */
    void work(Work together) throws IOException {
        work(together, together);
    }

    /** Lets the helpers do one thing and the caller another before it joins them. */
    void work(Work helpers, Work caller) throws IOException {
        Shift shift = new Shift(helpers);
        for (int i = 1; i < size; i++) {
            try {
                executor.execute(shift::help);
            } catch (RejectedExecutionException e) {
                break; // fewer hands
            }
        }
        try {
            caller.run();
        } catch (IOException | RuntimeException | Error e) {
            shift.failed(e);
        }
        shift.end();
    }

    private static final class Shift {
        private final Work work;
        private int working;
        private boolean over;
        private Throwable failure;

        Shift(Work work) {
            this.work = work;
        }

        void help() {
            synchronized (this) {
                if (over) {
                    return;
                }
                working++;
            }
            try {
                work.run();
            } catch (IOException | RuntimeException | Error e) {
                failed(e);
            } finally {
                synchronized (this) {
                    working--;
                    notifyAll();
                }
            }
        }

        synchronized void failed(Throwable e) {
            if (failure == null) {
                failure = e;
            } else if (failure != e) {
                failure.addSuppressed(e);
            }
        }

        /** Waits for the helpers, also when interrupted: they use the file that the caller is about to close. */
        synchronized void end() throws IOException {
            over = true;
            boolean interrupted = false;
            while (working > 0) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
                failed(new InterruptedIOException("The restore was interrupted"));
            }
            if (failure instanceof IOException io) {
                throw io;
            } else if (failure instanceof RuntimeException e) {
                throw e;
            } else if (failure instanceof Error e) {
                throw e;
            }
        }
    }
}
