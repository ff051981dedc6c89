package io.spindrift.sync;

import io.spindrift.wal.WalFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * Whether the database file and the write-ahead log that SQLite has open are still the ones under their names, and as
 * long as they were. Another program that deletes, replaces or cuts short one of them leaves SQLite writing into a file
 * that nobody will ever open again. Asks the folder only: opening the database file would drop SQLite's locks.
 *
 * <p>Not thread-safe.
 */
final class OpenFiles {
    private final Path database;
    private final Path wal;
    private final Object databaseKey;
    private Object walKey;
    private long databaseBytes;

    /** Looks at the files as they are now. */
    OpenFiles(Path database) throws IOException {
        this.database = database;
        this.wal = database.resolveSibling(database.getFileName() + "-wal");
        BasicFileAttributes now = attributes(database);
        this.databaseKey = now.fileKey();
        this.databaseBytes = now.size();
    }

    /** A file was deleted, replaced or cut short by another program while it was open here. */
    static final class InterferenceException extends IOException {
        private static final long serialVersionUID = 1L;

        InterferenceException(String message) {
            super(message);
        }
    }

    /** Notes how long the database file is, after a checkpoint of our own. */
    void checkpointed() throws IOException {
        databaseBytes = attributes(database).size();
    }

    /** @throws InterferenceException if the database file is another one, is gone, or is shorter than it was */
    void requireDatabase() throws IOException {
        BasicFileAttributes now = require(database);
        if (!Objects.equals(databaseKey, now.fileKey())) {
            throw interference(database, "replaced");
        }
        if (now.size() < databaseBytes) {
            throw interference(database, "cut short, from " + databaseBytes + " to " + now.size() + " bytes,");
        }
        databaseBytes = now.size();
    }

    /**
     * Looks at the write-ahead log.
     *
     * @param frames how many frames SQLite says it has
     * @throws InterferenceException if it is another one, is gone, or does not hold them
     */
    void requireLog(long frames, int pageSize) throws IOException {
        if (frames == 0 && walKey == null) {
            return; // SQLite makes it with the first commit
        }
        BasicFileAttributes now = require(wal);
        if (walKey == null) {
            walKey = now.fileKey();
        }
        if (!Objects.equals(walKey, now.fileKey())) {
            throw interference(wal, "replaced");
        }
        long least = frames == 0 ? 0 : WalFile.frameOffset(frames, pageSize);
        if (now.size() < least) {
            throw interference(wal, "cut short, from at least " + least + " to " + now.size() + " bytes,");
        }
    }

    private static BasicFileAttributes require(Path file) throws IOException {
        try {
            return attributes(file);
        } catch (NoSuchFileException e) {
            throw interference(file, "deleted");
        }
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class);
    }

    private static InterferenceException interference(Path file, String what) {
        return new InterferenceException("The file " + file + " was " + what
                + " by another program while it was open; the database is opened again from what there is. Keep other"
                + " programs from changing files of a running database");
    }
}
