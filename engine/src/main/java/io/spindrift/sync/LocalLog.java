package io.spindrift.sync;

import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.ltx.LtxWriter;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.wal.DatabaseFile;
import io.spindrift.wal.WalFile;
import io.spindrift.wal.WalPosition;
import io.spindrift.wal.WalScan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The local end of the log: knows which position of the write-ahead log the last segment reached and the checksum of
 * every page there, and cuts the next segment from what was committed since.
 *
 * <p>Opening it proves where the file stands: the pages of the file, covered by the log up to the recorded position,
 * must have the recorded rolling checksum. That holds after a crash at any moment, because a checkpoint copies only
 * frames that were staged: either the log's run is the recorded one and covers everything the checkpoint may have half
 * copied, or SQLite started it over, which it does only after copying all of it. Not thread-safe.
 */
final class LocalLog implements AutoCloseable {
    private final Path path;
    private final Sidecar sidecar;
    private final Clock clock;
    private final DatabaseFile file;
    private final WalFile wal;
    private final boolean walMode;

    private PageChecksums checksums;
    private volatile WalPosition position;
    private long txid;
    private boolean proven;
    /** Checksum of the replica from the moment a gap is being repaired until the segment that does so is staged. */
    private Optional<Long> checksumBeforeGap = Optional.empty();

    private WalPosition checkpointed = WalPosition.EMPTY;

    private LocalLog(Path path, Sidecar sidecar, Clock clock, DatabaseFile file) throws IOException {
        this.path = path;
        this.sidecar = sidecar;
        this.clock = clock;
        this.file = file;
        this.wal = new WalFile(path.resolveSibling(path.getFileName() + "-wal"));
        this.walMode = file.header().walMode();
    }

    /** The log's run had been started over although not all of it was staged: something else checkpointed it. */
    static final class GapException extends IOException {
        private static final long serialVersionUID = 1L;

        GapException(String message) {
            super(message);
        }
    }

    /**
     * Reads the whole file before SQLite opens it.
     *
     * @return empty if there is no file, or an empty one
     */
    static Optional<LocalLog> open(Path path, Sidecar sidecar, Clock clock) throws IOException {
        if (!Files.exists(path) || Files.isRegularFile(path) && Files.size(path) == 0) {
            return Optional.empty();
        }
        DatabaseFile file = DatabaseFile.open(path);
        try {
            LocalLog log = new LocalLog(path, sidecar, clock, file);
            log.inspect();
            return Optional.of(log);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private void inspect() throws IOException {
        Optional<LocalPosition> expected = expectedPosition();
        if (expected.isPresent() && expected.get().pageSize() == pageSizeOfFile()) {
            LocalPosition at = expected.get();
            load(framesOf(at));
            txid = at.txid();
            proven = checksums.rolling() == at.checksum() && checksums.pages() == at.pages();
        }
        if (!proven) {
            load(Long.MAX_VALUE);
        }
    }

    /** What the last staged segment or the sidecar says, whichever is later: a removed segment may be back after a crash. */
    private Optional<LocalPosition> expectedPosition() throws IOException {
        List<StagedSegment> staged = sidecar.staged();
        Optional<LocalPosition> saved = sidecar.position();
        if (staged.isEmpty()) {
            return saved;
        }
        LocalPosition last = positionAfter(staged.get(staged.size() - 1).header());
        return saved.filter(position -> position.txid() > last.txid()).or(() -> Optional.of(last));
    }

    private long framesOf(LocalPosition at) throws IOException {
        WalPosition start = wal.start();
        return start.salt1() == at.salt1() && start.salt2() == at.salt2() ? at.walFrames() : 0;
    }

    private void load(long frames) throws IOException {
        int pageSize = pageSizeOfFile();
        WalScan scan = wal.scan(WalPosition.EMPTY, frames, pageSize);
        int pages = scan.isEmpty() ? file.header().pages() : scan.databasePages();
        if (checksums == null || checksums.pageSize() != pageSize) {
            checksums = new PageChecksums(pageSize);
        }
        file.readChecksums(checksums, pages);
        cover(scan.latest());
        position = scan.end();
    }

    private void cover(SortedMap<Integer, Long> images) throws IOException {
        byte[] page = new byte[checksums.pageSize()];
        for (Map.Entry<Integer, Long> image : images.entrySet()) {
            wal.readPage(image.getValue(), page);
            checksums.set(image.getKey(), PageChecksums.ofPage(image.getKey(), page));
        }
    }

    private int pageSizeOfFile() throws IOException {
        return file.header().pageSize();
    }

    /** The position a segment leaves the local file at. */
    static LocalPosition positionAfter(LtxHeader header) {
        return new LocalPosition(
                header.maxTxid(),
                header.pageSize(),
                header.pages(),
                header.checksums().map(RollingChecksums::after).orElse(0L),
                header.walSalt1(),
                header.walSalt2(),
                WalFile.framesBefore(header.walOffset() + header.walBytes(), header.pageSize()));
    }

    /** Whether the file was proven to be at the recorded position; otherwise it is taken as it is, at no position. */
    boolean proven() {
        return proven;
    }

    /** The last TXID of the log. */
    long txid() {
        return txid;
    }

    /** Rolling checksum there. */
    long checksum() {
        return checksums.rolling();
    }

    int pageSize() {
        return checksums.pageSize();
    }

    int pages() {
        return checksums.pages();
    }

    /** Whether the file was in WAL mode when it was opened. */
    boolean walMode() {
        return walMode;
    }

    WalPosition position() {
        return position;
    }

    long walBytes() throws IOException {
        return wal.bytes();
    }

    long databaseBytes() throws IOException {
        return file.bytes();
    }

    /**
     * How many committed frames are not in a segment. Never too few, which is how a log that may have been started over
     * since is counted.
     *
     * @param committed how many frames SQLite says are committed
     */
    long pendingFrames(long committed) {
        long staged = position.frames();
        boolean mayBeAnotherRun = committed < staged || committed > staged && checkpointed.equals(position);
        return mayBeAnotherRun ? committed : committed - staged;
    }

    /** How many transactions were committed after the last segment. */
    long pendingCommits() throws IOException {
        return wal.scan(position, Long.MAX_VALUE, pageSize()).commits();
    }

    /** Takes what the write-ahead log has beyond the position as part of the file as it is. */
    void absorbPending() throws IOException {
        load(Long.MAX_VALUE);
    }

    /**
     * Cuts what was committed since the last segment into the next one and stages it: forced to disk, the log before
     * the segment.
     *
     * @param committedFrames how many frames SQLite says are committed
     * @param epoch of the owner, kept in the segment
     * @return the segment, or empty if nothing was committed
     * @throws GapException if the log was started over before all of it was staged
     */
    Optional<StagedSegment> cut(long committedFrames, long epoch) throws IOException {
        WalScan scan = wal.scan(position, committedFrames, pageSize());
        requireContinuation(scan);
        if (scan.isEmpty()) {
            position = scan.end();
            return Optional.empty();
        }
        wal.force();
        SortedMap<Integer, Long> changed = withNewPages(scan);
        DatabaseImage image = new DatabaseImage(file, wal, changed, scan.databasePages(), pageSize());
        int[] numbers = changed.keySet().stream().mapToInt(Integer::intValue).toArray();
        long[] sums = new long[numbers.length];
        Path scratch = sidecar.stagedScratch();
        LtxHeader unfinished = header(txid + 1, scan.databasePages(), scan, epoch);
        LtxHeader header = DurableFiles.writeWithLateStart(
                scratch,
                out -> {
                    LtxWriter writer = new LtxWriter(out, unfinished);
                    writePages(writer, image, numbers, sums);
                    return writer.finish(checksums.rollingAfter(numbers, sums, scan.databasePages()));
                },
                LtxHeader::encode);
        StagedSegment staged = sidecar.stage(scratch, StagedSegment.newWriteId(), scan.commits(), header);
        for (int n = 0; n < numbers.length; n++) {
            checksums.set(numbers[n], sums[n]);
        }
        checksums.resize(scan.databasePages());
        advance(staged.txid(), scan.end());
        return Optional.of(staged);
    }

    /**
     * Stages every page as it is as the next segment: how a history is repaired that the log does not continue. Writers
     * are held off. If it fails, nothing else can be cut until it is done again.
     */
    StagedSegment cutFull(long epoch) throws IOException {
        long before = checksumBeforeGap.orElseGet(this::checksum);
        checksumBeforeGap = Optional.of(before);
        wal.force();
        absorbPending();
        StagedSegment written = writeFull(txid + 1, epoch, before);
        StagedSegment staged = sidecar.stage(written.file(), written.writeId(), 0, written.header());
        advance(staged.txid(), position);
        return staged;
    }

    /**
     * Gives up the history behind a position: nothing is cut until every page is staged as its next segment.
     *
     * @param lastTxid the position's TXID
     * @param checksumThere the rolling checksum there
     */
    void giveUpBehind(long lastTxid, long checksumThere) {
        txid = lastTxid;
        checksumBeforeGap = Optional.of(checksumThere);
    }

    /** Whether nothing can be cut but every page. */
    boolean inGap() {
        return checksumBeforeGap.isPresent();
    }

    private void requireContinuation(WalScan scan) throws GapException {
        if (checksumBeforeGap.isPresent()) {
            throw new GapException(
                    "The history of " + path + " was interrupted, and not every page is shipped again yet");
        }
        boolean sameRun = scan.from().sameLog(position);
        boolean allCopied = position.equals(WalPosition.EMPTY) || checkpointed.equals(position);
        if (!sameRun && !allCopied) {
            throw new GapException("The write-ahead log of " + path + " was started over at frame " + position.frames()
                    + " before all of it was staged: another process checkpointed it");
        }
    }

    /** A page added to the file must travel even if SQLite never wrote it: then it is what a reader would see. */
    private SortedMap<Integer, Long> withNewPages(WalScan scan) {
        SortedMap<Integer, Long> changed = new TreeMap<>(scan.latest());
        int lockPage = PageChecksums.lockPage(pageSize());
        changed.remove(lockPage);
        for (int page = Math.min(pages(), scan.smallestPages()) + 1; page <= scan.databasePages(); page++) {
            if (page != lockPage) {
                changed.putIfAbsent(page, null);
            }
        }
        return changed;
    }

    /** The header of the next segment, without the checksum that its pages give. */
    private LtxHeader header(long nextTxid, int pages, WalScan scan, long epoch) {
        long begin = WalFile.frameOffset(scan.from().frames(), pageSize());
        long end = WalFile.frameOffset(scan.end().frames(), pageSize());
        return new LtxHeader(
                pageSize(),
                pages,
                nextTxid,
                nextTxid,
                clock.instant(),
                begin,
                end - begin,
                scan.end().salt1(),
                scan.end().salt2(),
                epoch,
                Optional.of(new RollingChecksums(checksum(), 0)));
    }

    /**
     * Writes the segment that claims a TXID for a new owner: page 1, unchanged.
     *
     * @return the segment's file, in scratch space
     */
    StagedSegment writeClaim(long claimedTxid, long epoch) throws IOException {
        LtxHeader header = headerHere(claimedTxid, claimedTxid, epoch, checksum());
        DatabaseImage image = imageHere();
        return writeScratch("claim", header, out -> {
            LtxWriter writer = new LtxWriter(out, header);
            writePages(writer, image, new int[] {1}, new long[1]);
            writer.finish();
        });
    }

    /**
     * Writes a segment with all pages as they are at this position: the first of an empty replica, or the one that
     * repairs a history that cannot be continued.
     *
     * @param checksumBefore rolling checksum of the replica before it
     */
    StagedSegment writeFull(long fullTxid, long epoch, long checksumBefore) throws IOException {
        LtxHeader header = headerHere(fullTxid, fullTxid, epoch, checksumBefore);
        DatabaseImage image = imageHere();
        return writeScratch("claim", header, out -> image.writeTo(out, header));
    }

    /** Writes a snapshot of this position; see {@link DatabaseImage} for how long its image stays. */
    StagedSegment writeSnapshot(DatabaseImage image, LtxHeader header) throws IOException {
        return writeScratch("snapshot", header, out -> image.writeTo(out, header));
    }

    /** Writes pages and notes the checksum of each. */
    private static void writePages(LtxWriter writer, DatabaseImage image, int[] numbers, long[] sums)
            throws IOException {
        byte[] page = new byte[image.pageSize()];
        for (int i = 0; i < numbers.length; i++) {
            image.read(numbers[i], page);
            sums[i] = writer.writePage(numbers[i], page);
        }
    }

    private StagedSegment writeScratch(String name, LtxHeader header, DurableFiles.Content content) throws IOException {
        Path scratch = sidecar.scratch(name);
        DurableFiles.write(scratch, content);
        return new StagedSegment(scratch, StagedSegment.newWriteId(), 0, Files.size(scratch), header);
    }

    /** The header of a segment that ends at this position. */
    LtxHeader headerHere(long minTxid, long maxTxid, long epoch, long checksumBefore) {
        return new LtxHeader(
                pageSize(),
                pages(),
                minTxid,
                maxTxid,
                clock.instant(),
                position.equals(WalPosition.EMPTY) ? 0 : WalFile.frameOffset(position.frames(), pageSize()),
                0,
                position.salt1(),
                position.salt2(),
                epoch,
                Optional.of(new RollingChecksums(checksumBefore, checksum())));
    }

    /** The database at this position. */
    DatabaseImage imageHere() throws IOException {
        SortedMap<Integer, Long> covered = position.equals(WalPosition.EMPTY) || checkpointed.equals(position)
                ? new TreeMap<>()
                : wal.scan(WalPosition.EMPTY, position.frames(), pageSize()).latest();
        return new DatabaseImage(file, wal, covered, pages(), pageSize());
    }

    /** Records that a TXID was given to this position, or that the log advanced to it. */
    void advance(long newTxid, WalPosition newPosition) {
        txid = newTxid;
        position = newPosition;
        proven = true;
        checksumBeforeGap = Optional.empty();
    }

    /** What the sidecar has to remember of this position. */
    LocalPosition record() {
        return new LocalPosition(
                txid, pageSize(), pages(), checksum(), position.salt1(), position.salt2(), position.frames());
    }

    /**
     * Records what a checkpoint did, as SQLite reported it.
     *
     * @param frames how many frames the log has
     * @param copied how many of them are in the database file
     */
    void checkpointed(long frames, long copied) {
        checkpointed = frames == copied && frames == position.frames() ? position : WalPosition.EMPTY;
    }

    /** Records that the log was emptied by a checkpoint while nothing could be written. */
    void truncated() {
        position = WalPosition.EMPTY;
        checkpointed = WalPosition.EMPTY;
    }

    /**
     * Copies the write-ahead log up to this position into the file and removes it, so that segments can be applied to
     * the file. SQLite must not have the file open.
     *
     * @throws SpindriftException if something was committed behind the position
     */
    void foldWal() throws IOException {
        if (pendingCommits() > 0) {
            throw new SpindriftException("The write-ahead log of " + path + " holds commits that were not shipped");
        }
        DatabaseImage image = imageHere();
        try (FileChannel out = FileChannel.open(path, StandardOpenOption.WRITE)) {
            byte[] page = new byte[pageSize()];
            for (int number : image.covered().keySet()) {
                image.read(number, page);
                out.write(ByteBuffer.wrap(page), (long) (number - 1) * pageSize());
            }
            out.truncate((long) pages() * pageSize());
            out.force(true);
        }
        wal.close();
        for (String suffix : List.of("-wal", "-shm")) {
            Files.deleteIfExists(path.resolveSibling(path.getFileName() + suffix));
        }
        DurableFiles.forceFolder(path.toAbsolutePath().getParent());
        position = WalPosition.EMPTY;
    }

    /** Forces what checkpoints have copied into the file to disk. */
    void forceDatabase() throws IOException {
        file.force();
    }

    PageChecksums checksums() {
        return checksums;
    }

    @Override
    public void close() throws IOException {
        wal.close();
        file.close();
    }
}
