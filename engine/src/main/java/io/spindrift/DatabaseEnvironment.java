package io.spindrift;

import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What a {@link Database} runs on: given by a container, or {@link #standalone(DatabaseListener)}.
 *
 * @param executor runs the database's shipping task, which lasts as long as the database is open, and shorter tasks
 *     beside it; must run each on a thread of its own
 * @param listener is told what happens
 * @param clock the time that is written into segments and leases; safety never depends on it
 */
public record DatabaseEnvironment(Executor executor, DatabaseListener listener, Clock clock) {
    /** How long an unused thread outside a container stays. */
    private static final long IDLE_SECONDS = 2;

    /** Daemon threads of our own and the system clock: for plain Java, never inside a container. */
    public static DatabaseEnvironment standalone(DatabaseListener listener) {
        Executor threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(task, "spindrift");
                    thread.setDaemon(true);
                    return thread;
                });
        return new DatabaseEnvironment(threads, listener, Clock.systemUTC());
    }
}
