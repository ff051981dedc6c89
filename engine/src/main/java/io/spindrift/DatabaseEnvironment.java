package io.spindrift;

import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * What a {@link Database} runs on: given by a container, or {@link #standalone(DatabaseListener)}.
 *
 * @param executor runs the database's shipping task, which lasts as long as the database is open, and shorter tasks
 *     beside it; must run each on a thread of its own
 * @param listener is told what happens
 * @param clock the time that is written into segments and leases; safety never depends on it
 */
public record DatabaseEnvironment(Executor executor, DatabaseListener listener, Clock clock) {

    /** Daemon threads of our own and the system clock: for plain Java, never inside a container. */
    public static DatabaseEnvironment standalone(DatabaseListener listener) {
        Executor threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "spindrift");
            thread.setDaemon(true);
            return thread;
        });
        return new DatabaseEnvironment(threads, listener, Clock.systemUTC());
    }
}
