package io.spindrift;

/**
 * How far a restore has come.
 *
 * @param position what is being restored
 * @param phase what is being done
 * @param bytesDone bytes of objects read in phase {@link Phase#FETCH}, all of them afterwards; starts over when an object
 *     vanished and another way is taken
 * @param bytesTotal bytes of all objects the restore is made of
 */
public record RestoreProgress(Position position, Phase phase, long bytesDone, long bytesTotal) {

    /** What a restore does, in this order. */
    public enum Phase {
        /** Reading the objects, decoding them and writing pages. */
        FETCH,
        /** Forcing the file to disk, and reading it back to compare its rolling checksum. */
        PROVE,
        /** SQLite's {@code quick_check}. */
        CHECK,
        /** The file is in place. */
        DONE
    }
}
