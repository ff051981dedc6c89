package io.spindrift.wal;

/**
 * A commit boundary in a write-ahead log.
 *
 * @param salt1 the log's first salt; SQLite adds one whenever it starts the log over
 * @param salt2 the log's second salt, random
 * @param frames how many frames lie before the position; 0 is the start of the log
 * @param checksum1 the running checksum there: of the last frame before it, or of the log's header
 * @param checksum2 its second half
 */
public record WalPosition(int salt1, int salt2, long frames, int checksum1, int checksum2) {
    /** The position in a log that has not been started. */
    public static final WalPosition EMPTY = new WalPosition(0, 0, 0, 0, 0);

    /** Whether both are in the same run of the log. */
    public boolean sameLog(WalPosition other) {
        return salt1 == other.salt1 && salt2 == other.salt2;
    }
}
