package io.spindrift.wal;

import java.util.SortedMap;

/**
 * The committed changes between two positions of a write-ahead log.
 *
 * @param from where the scan began; in another run of the log than asked for if SQLite had started it over
 * @param end the last commit boundary found
 * @param commits how many transactions lie between
 * @param databasePages size of the database at the end in pages, 0 if nothing was found
 * @param smallestPages smallest size after any of the transactions; a page behind it that is part of the database at
 *     the end was added anew
 * @param latest for every page written in between, where its last image begins in the file
 */
public record WalScan(
        WalPosition from,
        WalPosition end,
        long commits,
        int databasePages,
        int smallestPages,
        SortedMap<Integer, Long> latest) {
    /** Whether nothing was committed in between. */
    public boolean isEmpty() {
        return commits == 0;
    }
}
