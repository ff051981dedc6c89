package io.spindrift;

/**
 * Is told what happens to a database. Called without any lock held, on the thread that saw the event: return soon and
 * do not throw. The engine writes no log; whoever embeds it logs here.
 */
@FunctionalInterface
public interface DatabaseListener {
    /** Ignores everything. */
    DatabaseListener NONE = event -> {};

    void onEvent(SyncEvent event);

    /** The database was closed; no event follows. */
    default void onClosed() {}
}
