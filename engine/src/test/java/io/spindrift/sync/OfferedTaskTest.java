package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.DatabaseListener;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OfferedTaskTest {
    private final AtomicInteger runs = new AtomicInteger();
    private final OfferedTask task = new OfferedTask(runs::incrementAndGet);

    @Test
    void whatTheExecutorHasRunIsNotRunAgain() {
        task.offer(Runnable::run);
        assertThat(task.untilLeft(Duration.ofHours(1))).isEqualTo(Duration.ofHours(1));
        task.runIfLeft();
        assertThat(runs).hasValue(1);
    }

    @Test
    void whatNoThreadComesForIsRunByTheOwnerOnce() {
        List<Runnable> queue = new ArrayList<>();
        task.offer(queue::add);
        assertThat(task.untilLeft(Duration.ofHours(1))).isLessThan(Duration.ofSeconds(1));
        await().untilAsserted(() -> {
            task.runIfLeft();
            assertThat(runs).hasValue(1);
        });
        queue.forEach(Runnable::run);
        assertThat(runs).hasValue(1);
    }

    @Test
    void whatTheExecutorRefusesIsRunAtOnce() {
        Executor closed = refused -> {
            throw new RejectedExecutionException();
        };
        task.offer(closed);
        assertThat(runs).hasValue(1);
    }

    @Test
    void aDatabaseShipsThoughItsExecutorHasNoThreadButTheOneForItsTask(@TempDir Path folder) throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        DatabaseConfig config = DatabaseConfig.builder()
                .name("starved")
                .path(folder.resolve("starved.db"))
                .replica(folder.resolve("objects").toUri())
                .build();
        try (Database database =
                Database.open(config, new DatabaseEnvironment(one, DatabaseListener.NONE, Clock.systemUTC()))) {
            for (int i = 0; i < 3; i++) {
                TestSql.run(database, "CREATE TABLE t" + i + " (a)");
                assertThat(database.flush()).isEqualTo(database.status().durable());
            }
        } finally {
            one.shutdownNow();
        }
    }
}
