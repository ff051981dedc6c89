package io.spindrift.restore;

import io.spindrift.Position;
import io.spindrift.RestoreProgress;
import io.spindrift.RestoreProgress.Phase;
import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.ltx.LtxScanner;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.replica.Replica;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Fetches the objects of a plan and writes their pages to an empty file, with several threads.
 *
 * <p>The objects are cut into pieces. A thread takes the next piece, fetches it by a range, waits until the piece before
 * it has been scanned, finds the page frames in its own, and then decodes and writes them while others go on. The
 * newest object comes first: the first version of a page that is met is the one that counts, so no page is written
 * twice and the order in which pages are written does not matter. Older versions are decoded all the same, because the
 * object's checksum covers them.
 *
 * <p>Memory: a piece of at most 4 MiB and 0.6 MiB beside it for each thread, together at most about an eighth of the
 * heap where that is less (but 320 KiB a thread); one bit for each page of the database; about 250 bytes an object and
 * 50 bytes a piece. A run is used once.
 */
final class PlanRun {
    private static final int LARGEST_PIECE = 4 << 20;
    private static final int SMALLEST_PIECE = 256 << 10;
    private static final int SHARE_OF_HEAP = 8;

    private final Replica replica;
    private final RestorePlan plan;
    private final FileChannel file;
    private final Crew crew;
    private final Consumer<RestoreProgress> progress;
    private final int pieceBytes;
    private final long totalBytes;

    /** The objects of the plan from the last to the first. */
    private final List<ObjectRun> objects = new ArrayList<>();

    private final PageSet pages = new PageSet();
    private int pageSize;
    /** What the newer objects have left of the database: pages of older ones beyond it were cut off. */
    private int pagesLeft = Integer.MAX_VALUE;

    private int nextObject;
    private int nextPiece;
    private long nextTicket;
    private long scanned;
    private long bytesDone;
    private boolean failed;

    PlanRun(Replica replica, RestorePlan plan, FileChannel file, Crew crew, Consumer<RestoreProgress> progress) {
        this.replica = replica;
        this.plan = plan;
        this.file = file;
        this.crew = crew;
        this.progress = progress;
        long share = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP / crew.size();
        this.pieceBytes = (int) Math.max(SMALLEST_PIECE, Math.min(LARGEST_PIECE, share));
        for (int i = plan.segments().size() - 1; i >= 0; i--) {
            objects.add(new ObjectRun(plan.segments().get(i)));
        }
        this.totalBytes = objects.stream().mapToLong(object -> object.bytes).sum();
    }

    /**
     * Fetches and writes everything.
     *
     * @return the header of the last object: what the database has to be
     */
    LtxHeader run() throws IOException {
        try {
            crew.work(() -> takePart(none -> {}), () -> takePart(progress));
        } finally {
            for (ObjectRun object : objects) {
                object.close();
            }
        }
        requireChain();
        LtxHeader last = objects.get(0).header;
        int missing = pages.firstMissing(last.pages(), PageChecksums.lockPage(pageSize));
        if (missing > 0) {
            throw new SpindriftException("Page " + missing + " of the " + last.pages() + " pages at position "
                    + plan.target() + " is in none of the objects that lead there: one of them grew the database"
                    + " without it; the object is damaged");
        }
        file.truncate((long) last.pages() * pageSize);
        return last;
    }

    private void takePart(Consumer<RestoreProgress> reports) throws IOException {
        byte[] buffer = new byte[LtxScanner.HEADROOM + pieceBytes];
        PageRuns runs = new PageRuns(file);
        try {
            for (Optional<Piece> piece = nextPiece(); piece.isPresent(); piece = nextPiece()) {
                Optional<LtxScanner.Frames> frames = fetchAndScan(piece.get(), buffer);
                if (frames.isEmpty()) {
                    return;
                }
                runs.begin(pageSize);
                frames.get().decode(runs);
                runs.flush();
                reports.accept(done(piece.get()));
            }
        } catch (IOException | RuntimeException | Error e) {
            fail();
            throw e;
        }
    }

    /**
     * A part of an object.
     *
     * @param ticket its place in the order in which all pieces are scanned
     */
    private record Piece(long ticket, ObjectRun object, long offset, int bytes, boolean last) {}

    private synchronized Optional<Piece> nextPiece() {
        if (failed || nextObject == objects.size()) {
            return Optional.empty();
        }
        ObjectRun object = objects.get(nextObject);
        long offset = (long) nextPiece * pieceBytes;
        int bytes = (int) Math.min(pieceBytes, object.bytes - offset);
        boolean last = offset + bytes == object.bytes;
        nextPiece = last ? 0 : nextPiece + 1;
        nextObject += last ? 1 : 0;
        return Optional.of(new Piece(nextTicket++, object, offset, bytes, last));
    }

    private Optional<LtxScanner.Frames> fetchAndScan(Piece piece, byte[] buffer) throws IOException {
        boolean ahead = piece.object.fetchesAhead();
        int fetched = ahead ? piece.object.fetch(piece, buffer) : 0;
        if (!awaitTurn(piece.ticket)) {
            return Optional.empty();
        }
        if (!ahead) {
            fetched = piece.object.readOn(piece, buffer);
        }
        LtxScanner.Frames frames =
                piece.object.scanner.add(buffer, LtxScanner.HEADROOM, LtxScanner.HEADROOM + fetched, piece.last);
        passTurn();
        return Optional.of(frames);
    }

    /** False if another thread has failed. */
    private synchronized boolean awaitTurn(long ticket) throws IOException {
        while (scanned != ticket && !failed) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("The restore was interrupted");
            }
        }
        return !failed;
    }

    private synchronized void passTurn() {
        scanned++;
        notifyAll();
    }

    private synchronized void fail() {
        failed = true;
        notifyAll();
    }

    private synchronized RestoreProgress done(Piece piece) {
        bytesDone += piece.bytes;
        return new RestoreProgress(plan.target(), Phase.FETCH, bytesDone, totalBytes);
    }

    /** Each object has to begin with the database its predecessor leaves. */
    private void requireChain() {
        for (int i = 0; i + 1 < objects.size(); i++) {
            SegmentName name = objects.get(i).segment.name();
            Optional<RollingChecksums> newer = objects.get(i).header.checksums();
            Optional<RollingChecksums> older = objects.get(i + 1).header.checksums();
            if (newer.isPresent()
                    && older.isPresent()
                    && newer.get().before() != older.get().after()) {
                throw new SpindriftException(String.format(
                        "Segment %s does not continue what lies before it: it expects database checksum %016x, %s"
                                + " leaves %016x; restore position %s or an earlier one",
                        name,
                        newer.get().before(),
                        objects.get(i + 1).segment.name(),
                        older.get().after(),
                        new Position(objects.get(i + 1).segment.name().maxTxid())));
            }
        }
    }

    /** One object on its way. */
    private final class ObjectRun implements LtxScanner.Pages {
        private final Segment segment;
        private final long bytes;
        private final LtxScanner scanner;
        private LtxHeader header;
        private int wantedUpTo;
        private InputStream stream;

        ObjectRun(Segment segment) {
            this.segment = segment;
            this.bytes = replica.store().contentBytes(segment.bytes());
            this.scanner = new LtxScanner("Segment " + segment.name(), this);
        }

        /** Whether a piece can be fetched before the ones ahead of it; otherwise all are read from one stream in turn. */
        boolean fetchesAhead() {
            return bytes <= pieceBytes || replica.store().seeks();
        }

        int fetch(Piece piece, byte[] buffer) throws IOException {
            boolean whole = piece.offset == 0 && piece.last;
            try (InputStream in = replica.open(segment.name(), piece.offset, whole ? -1 : piece.bytes)) {
                int n = in.readNBytes(buffer, LtxScanner.HEADROOM, piece.bytes);
                if (whole && in.read() >= 0) {
                    throw longerThanListed();
                }
                return n;
            }
        }

        int readOn(Piece piece, byte[] buffer) throws IOException {
            if (stream == null) {
                stream = replica.open(segment.name(), 0, -1);
            }
            int n = stream.readNBytes(buffer, LtxScanner.HEADROOM, piece.bytes);
            if (piece.last && stream.read() >= 0) {
                throw longerThanListed();
            }
            return n;
        }

        private StoreException longerThanListed() {
            return new StoreException("Segment " + segment.name() + " is longer than the " + bytes
                    + " bytes it is listed with; the object is damaged");
        }

        @Override
        public void header(LtxHeader found) throws IOException {
            Replica.requireRange(segment.name(), found);
            if (pageSize == 0) {
                pageSize = found.pageSize();
            }
            if (found.pageSize() != pageSize) {
                throw new SpindriftException("Segment " + segment.name() + " has pages of " + found.pageSize()
                        + " bytes, the database has pages of " + pageSize
                        + "; a page size cannot change within a replica");
            }
            header = found;
            wantedUpTo = pagesLeft;
            pagesLeft = Math.min(pagesLeft, found.pages());
        }

        @Override
        public boolean wants(int pageNumber) {
            return pageNumber <= wantedUpTo && pages.add(pageNumber);
        }

        void close() throws IOException {
            if (stream != null) {
                stream.close();
            }
        }
    }
}
