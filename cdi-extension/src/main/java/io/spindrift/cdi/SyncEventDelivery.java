package io.spindrift.cdi;

import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.SyncEvent;
import io.spindrift.telemetry.EventMeter;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * Delivers the events of the databases to {@code @Observes SyncEvent} and to telemetry, from tasks that the application
 * owns: one for each database that is open, or injected by name, when the application starts. Without an observer, and
 * with nothing to measure with, there is no task.
 *
 * <p>The tasks end with the application. The container does not see to that: when an application is restarted quickly,
 * a task of its old instance goes on beside the new one.
 */
@ApplicationScoped
class SyncEventDelivery {
    private static final Logger LOG = System.getLogger(SyncEventDelivery.class.getName());
    private static final String EXECUTOR = "java:comp/DefaultManagedExecutorService";
    /**
     * WildFly's own name of it. The other is a component's, and WildFly raises {@link Startup} outside of every component
     * where this class is in a library of an enterprise archive.
     */
    private static final String EXECUTOR_OF_WILDFLY = "java:jboss/ee/concurrency/executor/default";

    private final SpindriftExtension extension;
    private final Event<SyncEvent> events;
    private final Instance<EventMeter> meters;
    private final List<SyncEventTask> tasks = new ArrayList<>();
    private final List<Future<?>> futures = new ArrayList<>();

    @Inject
    SyncEventDelivery(SpindriftExtension extension, Event<SyncEvent> events, Instance<EventMeter> meters) {
        this.extension = extension;
        this.events = events;
        this.meters = meters;
    }

    /** For the client proxy. */
    SyncEventDelivery() {
        this(null, null, null);
    }

    synchronized void start(@Observes Startup startup) {
        List<Consumer<SyncEvent>> receivers = receivers();
        if (receivers.isEmpty()) {
            return;
        }
        Set<String> names = new TreeSet<>(extension.injectedNames());
        DatabaseRegistry.all().stream().map(Database::name).forEach(names::add);
        if (!names.isEmpty()) {
            submit(names, event -> receivers.forEach(receiver -> receiver.accept(event)));
        } else if (extension.syncEventsObserved()) {
            LOG.log(
                    Level.WARNING,
                    "SPIN0301 Nothing is delivered to the observers of SyncEvent: no database is open in this server;"
                            + " list one in the databases property of the spindrift resource adapter");
        }
    }

    private List<Consumer<SyncEvent>> receivers() {
        List<Consumer<SyncEvent>> receivers = new ArrayList<>();
        // First, for an observer may throw.
        if (meters.isResolvable() && meters.get().isOn()) {
            receivers.add(meters.get()::record);
        }
        if (extension.syncEventsObserved()) {
            receivers.add(events::fire);
        }
        return receivers;
    }

    private void submit(Set<String> names, Consumer<SyncEvent> receiver) {
        try {
            ExecutorService executor = executor();
            for (String name : names) {
                SyncEventTask task = new SyncEventTask(name, receiver);
                tasks.add(task);
                futures.add(executor.submit(task));
            }
        } catch (NamingException | RejectedExecutionException e) {
            LOG.log(
                    Level.WARNING,
                    "SPIN0302 Nothing is delivered to the observers of SyncEvent, and no segment is measured: "
                            + EXECUTOR + " does not take tasks; enable the concurrent feature of the server",
                    e);
        }
    }

    private static ExecutorService executor() throws NamingException {
        try {
            return InitialContext.doLookup(EXECUTOR);
        } catch (NamingException outsideOfComponents) {
            try {
                return InitialContext.doLookup(EXECUTOR_OF_WILDFLY);
            } catch (NamingException anotherServer) {
                throw outsideOfComponents;
            }
        }
    }

    void stop(@Observes Shutdown shutdown) {
        stop();
    }

    @PreDestroy
    synchronized void stop() {
        tasks.forEach(SyncEventTask::close);
        // Takes back the ones that have not begun; the others end by themselves, an observer is not interrupted.
        futures.forEach(future -> future.cancel(false));
    }
}
