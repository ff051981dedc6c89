package io.spindrift.wal;

import io.spindrift.io.DurableFiles;
import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads the write-ahead log of a database and forces it to disk. SQLite may be writing at the same time.
 *
 * <pre>
 * header  32  magic 377f0682 (checksums over little-endian words) or 377f0683 (big-endian), version 3007000,
 *             page size, checkpoint sequence, salt 1, salt 2, checksum 1, checksum 2 (of the first 24 bytes)
 * frame   24  page number, database pages after commit (0: not the last frame of a transaction), salt 1, salt 2,
 *             checksum 1, checksum 2 (running, over the first 8 bytes and the page), then the page
 * </pre>
 *
 * All integers are big-endian. The log ends at the first frame whose salts or checksum do not fit; frames after the
 * last commit belong to a transaction that is not committed and may be overwritten in place, so no position ever lies
 * behind them. Source: "WAL-mode File Format", sqlite.org. Opening and closing this file is harmless to SQLite's locks,
 * unlike the database file. Not thread-safe.
 */
public final class WalFile implements AutoCloseable {
    private static final int HEADER_BYTES = 32;
    private static final int FRAME_HEADER_BYTES = 24;
    private static final int MAGIC_LITTLE_ENDIAN = 0x377f_0682;
    private static final int MAGIC_BIG_ENDIAN = 0x377f_0683;
    private static final int VERSION = 3_007_000;
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path path;
    private FileChannel channel;
    private boolean nameForced;

    /** Names the log; it need not exist. */
    public WalFile(Path path) {
        this.path = path;
    }

    /** Size of the file in bytes, 0 if there is none. */
    public long bytes() throws IOException {
        try {
            return Files.size(path);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Forces everything SQLite has written so far to disk, and the file's name. */
    public void force() throws IOException {
        if (open()) {
            try {
                channel.force(false);
            } catch (IOException e) {
                throw DurableFiles.naming(path, e);
            }
            if (!nameForced) {
                DurableFiles.forceFolder(path.toAbsolutePath().getParent());
                nameForced = true;
            }
        }
    }

    /**
     * Finds what was committed after a position.
     *
     * @param from where to begin. If the log was started over since, the scan begins at its new start, and the
     *     caller has to know whether that is a continuation.
     * @param maxFrames how many frames SQLite says are committed; frames behind them are not looked at
     * @param pageSize the database's page size
     * @throws IOException if the file cannot be read, or has pages of another size
     */
    public WalScan scan(WalPosition from, long maxFrames, int pageSize) throws IOException {
        Optional<Header> header = readHeader();
        if (header.isEmpty()) {
            return nothing(WalPosition.EMPTY);
        }
        Header log = header.get();
        if (log.pageSize != pageSize) {
            throw new IOException(path.getFileName() + " has pages of " + log.pageSize + " bytes, the database has "
                    + pageSize + "; it belongs to another database");
        }
        WalPosition start = from.frames() > 0 && from.sameLog(log.start) ? from : log.start;
        return new Scanner(log, start, maxFrames).run();
    }

    /** The start of the log's current run, or {@link WalPosition#EMPTY} if it has not been started. */
    public WalPosition start() throws IOException {
        return readHeader().map(h -> h.start).orElse(WalPosition.EMPTY);
    }

    /** Reads a page image whose place {@link WalScan#latest()} gave. */
    public void readPage(long offset, byte[] page) throws IOException {
        if (!open()) {
            throw new NoSuchFileException(path.toString());
        }
        readFully(ByteBuffer.wrap(page), offset);
    }

    /** Bytes that so many frames take in the file, without its header. */
    public static long frameBytes(long frames, int pageSize) {
        return frames * (FRAME_HEADER_BYTES + pageSize);
    }

    /** Where a frame begins in the file. */
    public static long frameOffset(long frame, int pageSize) {
        return HEADER_BYTES + frameBytes(frame, pageSize);
    }

    /** How many frames lie before an offset that {@link #frameOffset} gave. */
    public static long framesBefore(long offset, int pageSize) {
        return offset < HEADER_BYTES ? 0 : (offset - HEADER_BYTES) / (FRAME_HEADER_BYTES + pageSize);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
            nameForced = false;
        }
    }

    private static WalScan nothing(WalPosition at) {
        return new WalScan(at, at, 0, 0, 0, new TreeMap<>());
    }

    private boolean open() throws IOException {
        if (channel == null) {
            try {
                channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            } catch (NoSuchFileException e) {
                return false;
            }
        }
        return true;
    }

    private record Header(ByteOrder order, int pageSize, WalPosition start) {}

    private Optional<Header> readHeader() throws IOException {
        if (!open() || channel.size() < HEADER_BYTES) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES);
        readFully(bytes, 0);
        bytes.flip();
        int magic = bytes.getInt();
        if (magic != MAGIC_LITTLE_ENDIAN && magic != MAGIC_BIG_ENDIAN || bytes.getInt() != VERSION) {
            return Optional.empty(); // SQLite ignores such a log, too
        }
        int pageSize = bytes.getInt();
        bytes.getInt();
        int salt1 = bytes.getInt();
        int salt2 = bytes.getInt();
        int checksum1 = bytes.getInt();
        int checksum2 = bytes.getInt();
        ByteOrder order = magic == MAGIC_BIG_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        RunningChecksum sum = new RunningChecksum(order, 0, 0);
        sum.add(bytes, 0, FRAME_HEADER_BYTES);
        if (sum.first != checksum1 || sum.second != checksum2) {
            return Optional.empty();
        }
        return Optional.of(new Header(order, pageSize, new WalPosition(salt1, salt2, 0, checksum1, checksum2)));
    }

    private void readFully(ByteBuffer into, long offset) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int n = channel.read(into, at);
            if (n < 0) {
                throw new EOFException(
                        path.getFileName() + " ends at byte " + at + ", " + into.remaining() + " more were expected");
            }
            at += n;
        }
    }

    /** One pass over the frames, a chunk at a time. */
    private final class Scanner {
        private final Header log;
        private final WalPosition start;
        private final long maxFrames;
        private final int frameBytes;
        private final RunningChecksum sum;
        private final TreeMap<Integer, Long> latest = new TreeMap<>();
        private final TreeMap<Integer, Long> open = new TreeMap<>();
        private WalPosition end;
        private long commits;
        private int databasePages;
        private int smallestPages = Integer.MAX_VALUE;
        private long frame;

        Scanner(Header log, WalPosition start, long maxFrames) {
            this.log = log;
            this.start = start;
            this.maxFrames = maxFrames;
            this.frameBytes = FRAME_HEADER_BYTES + log.pageSize;
            this.sum = new RunningChecksum(log.order, start.checksum1(), start.checksum2());
            this.end = start;
            this.frame = start.frames();
        }

        WalScan run() throws IOException {
            long available = Math.min(maxFrames, framesBefore(channel.size(), log.pageSize));
            ByteBuffer chunk = ByteBuffer.allocate(Math.max(1, CHUNK_BYTES / frameBytes) * frameBytes);
            boolean valid = true;
            while (valid && frame < available) {
                int frames = (int) Math.min(chunk.capacity() / frameBytes, available - frame);
                chunk.clear().limit(frames * frameBytes);
                readFully(chunk, frameOffset(frame, log.pageSize));
                for (int i = 0; valid && i < frames; i++) {
                    valid = accept(chunk, i * frameBytes);
                }
            }
            return new WalScan(start, end, commits, databasePages, smallestPages, latest);
        }

        private boolean accept(ByteBuffer chunk, int at) {
            int pageNumber = chunk.getInt(at);
            int pagesAfterCommit = chunk.getInt(at + 4);
            boolean possible = pageNumber > 0 && pagesAfterCommit >= 0;
            if (!possible || chunk.getInt(at + 8) != start.salt1() || chunk.getInt(at + 12) != start.salt2()) {
                return false;
            }
            sum.add(chunk, at, 8);
            sum.add(chunk, at + FRAME_HEADER_BYTES, log.pageSize);
            if (chunk.getInt(at + 16) != sum.first || chunk.getInt(at + 20) != sum.second) {
                return false;
            }
            open.put(pageNumber, frameOffset(frame, log.pageSize) + FRAME_HEADER_BYTES);
            frame++;
            if (pagesAfterCommit != 0) {
                latest.putAll(open);
                open.clear();
                latest.tailMap(pagesAfterCommit, false).clear();
                commits++;
                databasePages = pagesAfterCommit;
                smallestPages = Math.min(smallestPages, pagesAfterCommit);
                end = new WalPosition(start.salt1(), start.salt2(), frame, sum.first, sum.second);
            }
            return true;
        }
    }

    /** The log's running checksum: Fletcher's, over pairs of 32-bit words. */
    private static final class RunningChecksum {
        private static final VarHandle PAIRS =
                MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

        private final ByteOrder order;
        private int first;
        private int second;

        RunningChecksum(ByteOrder order, int first, int second) {
            this.order = order;
            this.first = first;
            this.second = second;
        }

        void add(ByteBuffer bytes, int offset, int length) {
            boolean little = order == ByteOrder.LITTLE_ENDIAN;
            byte[] array = bytes.array();
            int s1 = first;
            int s2 = second;
            for (int at = offset; at < offset + length; at += Long.BYTES) {
                long pair = (long) PAIRS.get(array, at);
                int one = (int) pair;
                int two = (int) (pair >>> Integer.SIZE);
                s1 = s1
                        + (little ? one : Integer.reverseBytes(one))
                        + s2; // in this order: what waits for s2 comes last
                s2 = s2 + (little ? two : Integer.reverseBytes(two)) + s1;
            }
            first = s1;
            second = s2;
        }
    }
}
