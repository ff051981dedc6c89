package io.spindrift.replica;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place for objects: named, immutable once created (but for {@link #put}), listed by prefix.
 *
 * <p>Names are relative to the replica's root, {@code /}-separated, such as {@code 0000/0000000000000001-….ltx} or
 * {@code manifest.json}. Reads see every earlier write of any client. All methods may be called from any thread and
 * block; none starts a thread. A method that fails has tried again by itself where that is safe, within its deadline.
 * Failures are {@link StoreException}s whose sentence is for the operator.
 */
public interface ReplicaStore extends AutoCloseable {
    /** What became of {@link #create}. */
    enum Created {
        /** The object is there and we made it, now or in an earlier try whose answer was lost. */
        OURS,
        /** An object of that name was there already and is somebody else's. */
        TAKEN
    }

    /**
     * One object of a listing.
     *
     * @param name relative to the root
     * @param bytes its size
     * @param modified when it was written by the store's clock; in a folder, the timestamp it was created with
     */
    record ObjectInfo(String name, long bytes, Instant modified) {}

    /**
     * Checks that requests may be sent; called before every try of a request that writes.
     */
    @FunctionalInterface
    interface SendGuard {
        /** Lets everything pass. */
        SendGuard ALWAYS = () -> {};

        /** Throws {@link StoreException} if it is too late to send. */
        void beforeSend() throws StoreException;
    }

    /** How the levels of the log are named under this store's root. */
    ReplicaLayout layout();

    /** The store's root as an operator would write it, without secrets. */
    String describe();

    /** What this store was asked since it was opened. */
    StoreStatistics statistics();

    /**
     * Creates an object unless its name is taken, atomically. Safe to repeat, also by another process, with the same
     * {@code writeId} and content.
     *
     * @param writeId tells a repeated write of ours from another's, 1 to 64 letters, digits or hyphens; kept with the
     *     object where the store can
     * @param timestamp the time of the last commit in the content; kept with the object where the store can
     * @param guard asked before every try
     */
    Created create(String name, Path content, String writeId, Instant timestamp, SendGuard guard) throws IOException;

    /** Creates a small object unless its name is taken. Like {@link #create(String, Path, String, Instant, SendGuard)}. */
    Created create(String name, byte[] content, String writeId, SendGuard guard) throws IOException;

    /** Writes a small object, replacing what was there; readers see the old or the new content, never a mixture. */
    void put(String name, byte[] content, SendGuard guard) throws IOException;

    /** Reads a whole small object, empty if there is none. At most {@code maxBytes} are accepted. */
    default Optional<byte[]> get(String name, int maxBytes) throws IOException {
        try (InputStream in = read(name, 0, -1)) {
            byte[] content = in.readNBytes(maxBytes);
            if (in.read() >= 0) {
                throw new StoreException("The object " + name + " in " + describe() + " is larger than the expected "
                        + maxBytes + " bytes; something else wrote it");
            }
            return Optional.of(content);
        } catch (ObjectMissingException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads an object, or a part of it, as a stream that resumes by itself where a connection broke.
     *
     * @param offset of the first byte, inside the object (an empty object is read from 0)
     * @param length how many, at least 1, or -1 for all to the end; what lies beyond the end is left out
     * @throws ObjectMissingException if there is no such object
     */
    InputStream read(String name, long offset, long length) throws IOException;

    /**
     * Whether {@link #read} of a part costs about that part; otherwise a large object is better read as one stream.
     */
    default boolean seeks() {
        return true;
    }

    /** How many bytes a listing says of a segment that was created from a file of so many. */
    default long storedBytes(long contentBytes) {
        return contentBytes;
    }

    /** How many bytes {@link #read} gives of a segment that is listed with so many. */
    default long contentBytes(long storedBytes) {
        return storedBytes;
    }

    /** Every object whose name begins with {@code prefix}, sorted by name. */
    default List<ObjectInfo> list(String prefix) throws IOException {
        return list(prefix, "");
    }

    /**
     * Every object whose name begins with {@code prefix} and comes after another name, sorted by name.
     *
     * @param startAfter an object's name or the beginning of one, which need not exist; empty for all
     */
    List<ObjectInfo> list(String prefix, String startAfter) throws IOException;

    /** Deletes objects; those that are not there are ignored. */
    void delete(List<String> names, SendGuard guard) throws IOException;

    @Override
    void close();

    /** Checks the range of a {@link #read}. */
    static void requireRange(long offset, long length) {
        if (offset < 0 || length == 0 || length < -1) {
            throw new IllegalArgumentException(
                    "A range begins at 0 or later and has at least 1 byte or -1, found " + offset + " and " + length);
        }
    }

    /**
     * Checks the name of an object: parts of letters, digits, dots, hyphens and underscores, none beginning with a dot,
     * separated by {@code /}; not ending in {@code .tmp}, which is what unfinished files are called.
     */
    static String requireName(String name) {
        if (!Names.OBJECT.matcher(name).matches() || name.endsWith(".tmp")) {
            throw new IllegalArgumentException("An object's name is parts of letters, digits, dots, hyphens and"
                    + " underscores separated by slashes, found \"" + name + "\"");
        }
        return name;
    }

    /** Checks the beginning of names that is asked for in a listing: a name, a part of one, or nothing. */
    static String requirePrefix(String prefix) {
        if (!Names.PREFIX.matcher(prefix).matches()) {
            throw new IllegalArgumentException(
                    "A listing's prefix is the beginning of an object's name, found \"" + prefix + "\"");
        }
        return prefix;
    }

    /** Checks a write id: 1 to 64 letters, digits or hyphens. */
    static String requireWriteId(String writeId) {
        if (!Names.WRITE_ID.matcher(writeId).matches()) {
            throw new IllegalArgumentException(
                    "A write id is 1 to 64 letters, digits or hyphens, found \"" + writeId + "\"");
        }
        return writeId;
    }

    /** The patterns of {@link #requireName}, {@link #requirePrefix} and {@link #requireWriteId}. */
    final class Names {
        private static final String PART = "[A-Za-z0-9_-][A-Za-z0-9._-]*";
        private static final Pattern OBJECT = Pattern.compile(PART + "(/" + PART + ")*");
        private static final Pattern PREFIX = Pattern.compile("(" + PART + "/)*(" + PART + ")?");
        private static final Pattern WRITE_ID = Pattern.compile("[A-Za-z0-9-]{1,64}");

        private Names() {}
    }
}
