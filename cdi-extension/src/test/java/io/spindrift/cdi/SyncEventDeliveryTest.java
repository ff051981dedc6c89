package io.spindrift.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.spindrift.Database;
import io.spindrift.SyncEvent;
import io.spindrift.SyncEvent.SegmentDurable;
import io.spindrift.testing.Databases;
import io.spindrift.testing.Naming;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyncEventDeliveryTest {
    private static final String EXECUTOR = "java:comp/DefaultManagedExecutorService";

    @TempDir
    Path folder;

    private final ThreadPoolExecutor executor = new ThreadPoolExecutor(
            0, 10, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> new Thread(task, "managed"));
    private SeContainer container;

    @BeforeEach
    void bindTheExecutor() {
        Naming.bind(EXECUTOR, executor);
    }

    @AfterEach
    void stop() {
        if (container != null && container.isRunning()) {
            container.close();
        }
        Databases.closeAll();
        executor.shutdownNow();
        Naming.clear();
    }

    @Test
    void anObserverGetsTheEventsOfEveryDatabaseOnAThreadOfTheApplication() throws Exception {
        Database ledger = Databases.open(folder, "ledger");
        Database orders = Databases.open(folder, "orders");
        Journal journal = deploy(Journal.class);
        awaitTasks(2);

        ship(ledger);
        ship(orders);

        await().untilAsserted(() -> assertThat(journal.segments())
                .extracting(SegmentDurable::database)
                .contains("ledger", "orders"));
        assertThat(journal.threads).containsOnly("managed");
    }

    @Test
    void anObserverIsToldOfTheRestoreThatWasOverBeforeTheApplicationStarted() throws Exception {
        ship(Databases.open(folder, "ledger"));
        Databases.closeAll();
        Files.delete(folder.resolve("ledger.db"));
        Databases.open(folder, "ledger");

        Journal journal = deploy(Journal.class);

        await().untilAsserted(() -> assertThat(journal.events)
                .hasExactlyElementsOfTypes(SyncEvent.Restored.class, SyncEvent.OwnershipClaimed.class));
    }

    @Test
    void anObserverOfOneKindIsEnough() throws Exception {
        Database ledger = Databases.open(folder, "ledger");
        SegmentsOnly segments = deploy(SegmentsOnly.class);
        awaitTasks(1);

        ship(ledger);

        await().untilAsserted(() -> assertThat(segments.seen).isNotEmpty());
    }

    @Test
    void withoutAnObserverThereIsNoTask() {
        Databases.open(folder, "ledger");
        deploy(Bystander.class);
        assertThat(executor.getTaskCount()).isZero();
    }

    @Test
    void theTasksEndWithTheApplication() {
        Databases.open(folder, "ledger");
        deploy(Journal.class);
        awaitTasks(1);

        container.close();

        await().untilAsserted(() -> assertThat(executor.getCompletedTaskCount()).isEqualTo(1));
    }

    @Test
    void aTaskEndsThoughItsDatabaseIsNotOpen() {
        Database ledger = Databases.open(folder, "ledger");
        deploy(Journal.class);
        awaitTasks(1);
        ledger.close();

        container.close();

        await().untilAsserted(() -> assertThat(executor.getCompletedTaskCount()).isEqualTo(1));
    }

    @Test
    void theEventsOfADatabaseThatIsOpenedAgainArrive() throws Exception {
        Databases.open(folder, "ledger").close();
        Database first = Databases.open(folder, "ledger");
        Journal journal = deploy(Journal.class);
        awaitTasks(1);
        first.close();
        Database second = Databases.open(folder, "ledger");
        int before = journal.events.size();

        await().untilAsserted(() -> {
            ship(second);
            assertThat(journal.segments().size()).isGreaterThan(before);
        });
    }

    @Test
    void anObserverThatFailsGetsTheNextEvent() throws Exception {
        Database ledger = Databases.open(folder, "ledger");
        Failing failing = deploy(Failing.class);
        awaitTasks(1);

        ship(ledger);
        await().untilAsserted(() -> assertThat(failing.calls).isNotEmpty());
        int before = failing.calls.size();
        ship(ledger);

        await().untilAsserted(() -> assertThat(failing.calls).hasSizeGreaterThan(before));
    }

    @Test
    void theApplicationDeploysWithoutAnExecutor() {
        Naming.clear();
        Databases.open(folder, "ledger");
        assertThat(deploy(Journal.class)).isNotNull();
    }

    @Test
    void theExecutorIsFoundUnderWildFlysOwnNameOutsideOfComponents() throws Exception {
        Naming.clear();
        Naming.bind("java:jboss/ee/concurrency/executor/default", executor);
        Database ledger = Databases.open(folder, "ledger");
        Journal journal = deploy(Journal.class);
        awaitTasks(1);

        ship(ledger);

        await().untilAsserted(() -> assertThat(journal.segments()).isNotEmpty());
    }

    private <T> T deploy(Class<T> bean) {
        container = SeContainerInitializer.newInstance().addBeanClasses(bean).initialize();
        return container.select(bean).get();
    }

    /** Until each task has subscribed: it then waits, parked, for its database's next event. */
    private void awaitTasks(int count) {
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().entrySet().stream()
                        .filter(entry -> entry.getKey().getName().equals("managed"))
                        .filter(entry -> List.of(entry.getValue()).stream()
                                .anyMatch(frame -> frame.getMethodName().equals("take")
                                        && frame.getClassName().equals("io.spindrift.EventSubscription"))))
                .hasSize(count));
    }

    private static void ship(Database database) throws Exception {
        Databases.commit(database);
        database.flush();
    }

    @Singleton
    static class Journal {
        final List<SyncEvent> events = new CopyOnWriteArrayList<>();
        final List<String> threads = new CopyOnWriteArrayList<>();

        void note(@Observes SyncEvent event) {
            threads.add(Thread.currentThread().getName());
            events.add(event);
        }

        List<SegmentDurable> segments() {
            return events.stream()
                    .filter(SegmentDurable.class::isInstance)
                    .map(SegmentDurable.class::cast)
                    .toList();
        }
    }

    @Singleton
    static class SegmentsOnly {
        final List<SegmentDurable> seen = new CopyOnWriteArrayList<>();

        void note(@Observes SegmentDurable event) {
            seen.add(event);
        }
    }

    @Singleton
    static class Failing {
        final List<SyncEvent> calls = new CopyOnWriteArrayList<>();

        void note(@Observes SyncEvent event) {
            calls.add(event);
            throw new IllegalStateException("the observer is broken");
        }
    }

    @Singleton
    static class Bystander {}
}
