package io.spindrift.sync;

import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.ltx.LtxHeader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/**
 * The folder {@code <file>-spindrift/} beside a database: the lock that keeps a second process out, the position in the
 * replica's history, staged segments, and {@code lost/} with what was set aside. Readable by its owner only. Not
 * thread-safe.
 */
public final class Sidecar implements AutoCloseable {
    private static final String SUFFIX = "-spindrift";
    private static final DateTimeFormatter FOLDER_TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    /**
     * A system property with this prefix and the lock's path says that this process holds it, through whichever copy of
     * the engine. Asking the lock file itself would be wrong: closing a second channel to it drops the first one's lock.
     */
    private static final String HELD = "io.spindrift.held:";

    private final Path folder;
    private final FileChannel lock;
    private final String held;

    private Sidecar(Path folder, FileChannel lock, String held) {
        this.folder = folder;
        this.lock = lock;
        this.held = held;
    }

    /** The folder of a database. */
    public static Path folder(Path database) {
        return database.resolveSibling(database.getFileName() + SUFFIX);
    }

    /**
     * Creates the folder if need be and takes its lock.
     *
     * @throws SpindriftException if another process, or another copy of this engine in this process, holds the lock
     */
    public static Sidecar open(Path database) throws IOException {
        Path folder = folder(database);
        DurableFiles.createFolder(folder);
        DurableFiles.createFolder(folder.resolve("staged"));
        String held = HELD + folder.toRealPath().resolve("lock");
        if (System.getProperties().putIfAbsent(held, "true") != null) {
            throw inUse(database, "this process, under another name or through another copy of the engine");
        }
        boolean locked = false;
        FileChannel channel = null;
        try {
            channel = DurableFiles.open(folder.resolve("lock"), StandardOpenOption.CREATE);
            if (channel.tryLock() != null) {
                sweep(folder.resolve("staged"));
                locked = true;
            }
        } finally {
            if (!locked) {
                System.getProperties().remove(held);
                if (channel != null) {
                    channel.close();
                }
            }
        }
        if (!locked) {
            throw inUse(database, "another process");
        }
        return new Sidecar(folder, channel, held);
    }

    /** Removes what a process left behind that died while it sent a segment. */
    private static void sweep(Path staged) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(staged, "*.tmp")) {
            for (Path file : left) {
                Files.delete(file);
            }
        }
    }

    private static SpindriftException inUse(Path database, String by) {
        return new SpindriftException(
                "The database " + database + " is in use by " + by + "; stop it, or give this database another path");
    }

    /** The id of this folder, made up when it is first asked for. */
    public String id() throws IOException {
        Path file = folder.resolve("id");
        if (!Files.exists(file)) {
            DurableFiles.replace(file, UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII));
        }
        return Files.readString(file, StandardCharsets.US_ASCII);
    }

    /** Notes how a clean stop leaves the file. */
    void saveStamp(FileStamp stamp) throws IOException {
        DurableFiles.replace(folder.resolve("closed"), stamp.encode());
    }

    /** How a clean stop left the file; empty if it was opened since. */
    Optional<FileStamp> stamp() throws IOException {
        try {
            return Optional.of(FileStamp.decode(Files.readAllBytes(folder.resolve("closed"))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** The file is going to be written to. */
    void forgetStamp() throws IOException {
        if (Files.deleteIfExists(folder.resolve("closed"))) {
            DurableFiles.forceFolder(folder);
        }
    }

    /** Where the file stood when it was last known to. */
    public Optional<LocalPosition> position() throws IOException {
        Path file = folder.resolve("position");
        try {
            return Optional.of(LocalPosition.decode(Files.readAllBytes(file), file.toString()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Saves the position, durably. */
    public void save(LocalPosition position) throws IOException {
        DurableFiles.replace(folder.resolve("position"), position.encode());
    }

    /**
     * Notes, durably, that the history behind the last position or staged segment was given up: the file is ahead of it,
     * and only all of its pages can continue the replica.
     */
    void noteGap() throws IOException {
        DurableFiles.replace(folder.resolve("gap"), new byte[0]);
    }

    boolean hasGap() {
        return Files.exists(folder.resolve("gap"));
    }

    /** All pages are on their way. */
    void closeGap() throws IOException {
        if (Files.deleteIfExists(folder.resolve("gap"))) {
            DurableFiles.forceFolder(folder);
        }
    }

    /** Forgets the position: the file beside this folder is about to be replaced. */
    public void forgetPosition() throws IOException {
        if (Files.deleteIfExists(folder.resolve("position"))) {
            DurableFiles.forceFolder(folder);
        }
    }

    /** Knows nothing more of the file that was beside this folder; what it left unshipped moves to {@code lost/}. */
    public void forgetFile(Instant now) throws IOException {
        setStagedAside(lostFolder(now));
        forgetPosition();
    }

    /** Moves the staged segments to a folder, which is created if there are any. */
    void setStagedAside(Path lost) throws IOException {
        for (StagedSegment segment : staged()) {
            DurableFiles.createFolder(lost);
            DurableFiles.moveInto(segment.file(), lost.resolve(segment.file().getFileName()));
        }
    }

    Path folder() {
        return folder;
    }

    /** A file in this folder for work in progress; whatever lies there after a crash is of no use. */
    public Path scratch(String name) {
        return folder.resolve(name + ".tmp");
    }

    /** The same for a segment that is going to be staged. */
    Path stagedScratch() {
        return folder.resolve("staged").resolve("segment.tmp");
    }

    /** The folder for copies of segments that the replica has. */
    Path shipped() {
        return folder.resolve("shipped");
    }

    /** Gives a finished segment its place among the staged ones. */
    StagedSegment stage(Path written, String writeId, long commits, LtxHeader header) throws IOException {
        Path file = folder.resolve("staged").resolve(StagedSegment.fileName(header.maxTxid(), writeId, commits));
        DurableFiles.moveInto(written, file);
        return new StagedSegment(file, writeId, commits, Files.size(file), header);
    }

    /** The staged segments, by TXID. */
    public List<StagedSegment> staged() throws IOException {
        List<StagedSegment> segments = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.resolve("staged"))) {
            for (Path file : files.sorted().toList()) {
                Matcher name = StagedSegment.match(file);
                if (name.matches()) {
                    segments.add(new StagedSegment(
                            file, name.group(2), Long.parseLong(name.group(3)), Files.size(file), readHeader(file)));
                }
            }
        }
        return segments;
    }

    private static LtxHeader readHeader(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LtxHeader.BYTES);
            if (bytes.length < LtxHeader.BYTES) {
                throw new SpindriftException(
                        "The staged segment " + file + " is cut short; move it away to go on" + " without its commits");
            }
            return LtxHeader.decode(bytes, file.toString());
        }
    }

    /** Removes a staged segment that the replica has. */
    void discard(StagedSegment segment) throws IOException {
        Files.deleteIfExists(segment.file());
    }

    /** A folder under {@code lost/} for things set aside now; it does not exist until something is put into it. */
    public Path lostFolder(Instant now) {
        Path lost = folder.resolve("lost");
        Path target = lost.resolve(FOLDER_TIME.format(now));
        for (int i = 2; Files.exists(target); i++) {
            target = lost.resolve(FOLDER_TIME.format(now) + "-" + i);
        }
        return target;
    }

    /** Releases the lock. */
    @Override
    public void close() throws IOException {
        lock.close();
        System.getProperties().remove(held);
    }
}
