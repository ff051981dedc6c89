package io.spindrift.rar;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Does the same for several databases at once: on threads of the executor as far as it gives any, and on the caller's,
 * which takes whatever no other has begun. So nothing waits for a thread that never comes.
 */
final class Together {
    private Together() {}

    /** Returns when all is done. */
    static void run(Collection<String> names, Executor executor, Consumer<String> action) {
        List<FutureTask<Void>> tasks = names.stream()
                .map(name -> new FutureTask<Void>(() -> action.accept(name), null))
                .toList();
        try {
            tasks.stream().skip(1).forEach(executor::execute);
        } catch (RejectedExecutionException itIsShutDown) {
            // The caller does the rest.
        }
        tasks.forEach(FutureTask::run);
        tasks.forEach(Together::await);
    }

    private static void await(FutureTask<Void> task) {
        boolean interrupted = false;
        while (true) {
            try {
                task.get();
                break;
            } catch (InterruptedException e) {
                interrupted = true; // half of the databases open would be no state to go on from
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
