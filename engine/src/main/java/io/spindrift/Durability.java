package io.spindrift;

/**
 * How safe a commit is before whoever made it goes on. The wait, where there is one, begins after the writer gate has
 * been given back, so it holds no other writer up, and everyone who waits shares one request or one force of the disk.
 */
public enum Durability {
    /**
     * Committed and visible; on its way. A crash of the process loses nothing, a loss of power what the operating
     * system had not written yet, a loss of the disk what was not shipped yet (about {@code sync-interval}).
     */
    ASYNC,
    /** Forced to the local disk: survives a loss of power. */
    LOCAL,
    /** In the replica: survives the loss of the machine. */
    REPLICA
}
