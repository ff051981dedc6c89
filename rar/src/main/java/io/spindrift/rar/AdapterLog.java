package io.spindrift.rar;

import io.spindrift.DatabaseListener;
import io.spindrift.SyncEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Writes what happens to the server's log. Every message an operator may search for has an id that is never reused. */
final class AdapterLog implements DatabaseListener {
    private final Logger logger = System.getLogger("io.spindrift");

    void started(String database) {
        logger.log(Level.INFO, "SPIN0001I: Database {0} is open.", database);
    }

    void unusable(String database, String problem) {
        logger.log(Level.ERROR, "SPIN0002E: Database {0} cannot be used: {1}", database, problem);
    }

    void stopped() {
        logger.log(Level.INFO, "SPIN0003I: The resource adapter has stopped.");
    }

    void notClosed(String what, Exception e) {
        logger.log(Level.WARNING, "SPIN0004W: " + what + " could not be closed: " + e.getMessage(), e);
    }

    /** A transaction of the server is committed, and that is all that is known of it. */
    void notDurable(String database, String why) {
        logger.log(
                Level.WARNING, "SPIN0005W: A transaction that wrote to database {0} is committed; {1}", database, why);
    }

    void notAwaited(String database) {
        logger.log(
                Level.WARNING,
                "SPIN0006W: Nothing waits for the durability that connections to database {0} ask for: the server began"
                        + " a local transaction and no global one; use a transaction of the container, or @Durable",
                database);
    }

    @Override
    public void onEvent(SyncEvent event) {
        String database = event.database();
        if (event instanceof SyncEvent.Restored e) {
            log(
                    Level.INFO,
                    "SPIN0101I: Database {0} was restored to position {1}: {2} bytes in {3}.",
                    database,
                    e.position(),
                    e.bytes(),
                    e.took());
        } else if (event instanceof SyncEvent.OwnershipClaimed e) {
            log(
                    Level.INFO,
                    "SPIN0102I: This server owns database {0} from position {1} on (epoch {2}).",
                    database,
                    e.position(),
                    e.epoch());
        } else if (event instanceof SyncEvent.OwnershipAwaited e) {
            log(Level.INFO, "SPIN0112I: Database {0} waits for its owner, {1}.", database, e.owner());
        } else if (event instanceof SyncEvent.OwnershipLost e) {
            log(
                    Level.ERROR,
                    "SPIN0103E: Another server has taken database {0} over; writes are refused, and {1} commits after"
                            + " position {2} were set aside.",
                    database,
                    e.lostCommits(),
                    e.position());
        } else if (event instanceof SyncEvent.CommitsSetAside e) {
            log(
                    Level.WARNING,
                    "SPIN0104W: {1} commits of database {0} that the replica does not have were set aside in {2}: {3}",
                    database,
                    e.commits(),
                    e.folder(),
                    e.reason());
        } else if (event instanceof SyncEvent.GapRepaired e) {
            log(
                    Level.WARNING,
                    "SPIN0105W: All pages of database {0} were shipped again at position {1}: {2}",
                    database,
                    e.position(),
                    e.reason());
        } else if (event instanceof SyncEvent.SyncFailed e) {
            log(Level.WARNING, "SPIN0106W: Database {0}: {1}", database, e.problem());
        } else if (event instanceof SyncEvent.SyncRecovered e) {
            log(Level.INFO, "SPIN0107I: Database {0} works again after {1}.", database, e.after());
        } else if (event instanceof SyncEvent.CompressionIsSlow e) {
            log(
                    Level.WARNING,
                    "SPIN0113W: Segments of database {0} are compressed in pure Java, which takes several times the"
                            + " processor time: the native LZ4 library could not be loaded ({1}).",
                    database,
                    e.reason());
        } else if (event instanceof SyncEvent.SyncStalled e) {
            log(
                    Level.WARNING,
                    "SPIN0108W: Commits of database {0} wait for {1} already, nothing has become durable after position"
                            + " {2}: {3}",
                    database,
                    e.lag(),
                    e.durable(),
                    e.problem());
        } else if (event instanceof SyncEvent.WritesLimited e) {
            log(Level.WARNING, "SPIN0109W: Writes to database {0} are limited: {1}", database, e.reason());
        } else if (event instanceof SyncEvent.WritesResumed) {
            log(Level.INFO, "SPIN0110I: Writes to database {0} go on.", database);
        } else if (event instanceof SyncEvent.HistoryGivenUp e) {
            log(
                    Level.WARNING,
                    "SPIN0111W: {2} staged bytes of database {0} behind position {1} were given up; all pages will be"
                            + " shipped.",
                    database,
                    e.position(),
                    e.bytes());
        } else if (event instanceof SyncEvent.DrillSucceeded e) {
            log(
                    Level.INFO,
                    "SPIN0120I: A drill restored database {0} at position {1}: {2} bytes in {3}.",
                    database,
                    e.position(),
                    e.bytes(),
                    e.took());
        } else if (event instanceof SyncEvent.DrillFailed e) {
            log(Level.WARNING, "SPIN0121W: Database {0}: {1}", database, e.problem());
        } else {
            log(Level.DEBUG, "{0}", event);
        }
    }

    private void log(Level level, String message, Object... values) {
        for (int i = 0; i < values.length; i++) {
            // Numbers would be grouped by the locale, and an epoch or a count must be searchable.
            values[i] = String.valueOf(values[i]);
        }
        logger.log(level, message, values);
    }
}
