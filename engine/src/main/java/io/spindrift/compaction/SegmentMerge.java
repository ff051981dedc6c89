package io.spindrift.compaction;

import io.spindrift.ltx.LtxFormatException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.ltx.LtxReader;
import io.spindrift.ltx.LtxWriter;
import io.spindrift.replica.Replica;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * Merges consecutive segments into one that has the same effect: each page in its latest version, pages beyond the final
 * size left out. Every input is read to its end, so that its file checksum is proven, and has to continue the one before
 * it by TXID and by rolling checksum; the result carries the checksum before the first and the one after the last.
 *
 * <p>Memory is a few pages an input, whatever their size.
 */
final class SegmentMerge {
    /**
     * One input.
     *
     * @param in the whole object, buffered; the caller closes it
     */
    record Input(SegmentName name, InputStream in) {}

    private record Source(int place, SegmentName name, LtxReader reader) {}

    private SegmentMerge() {}

    /**
     * Writes the merged segment.
     *
     * @param inputs at least one, in the order of their TXIDs
     * @param nodeId who merges: the epoch of the owner
     * @return the header of what was written
     * @throws DamagedSegmentException if an input is damaged or does not continue the one before it
     */
    static LtxHeader write(List<Input> inputs, long nodeId, OutputStream out) throws IOException {
        List<Source> sources = open(inputs);
        LtxHeader header = header(sources, nodeId);
        LtxWriter writer = new LtxWriter(out, header);
        // By page, and of the same page the latest version first.
        PriorityQueue<Source> queue = new PriorityQueue<>(
                Comparator.<Source>comparingInt(s -> s.reader.pageNumber()).thenComparing(s -> -s.place));
        for (Source source : sources) {
            advance(source, queue);
        }
        int lastPage = 0;
        while (!queue.isEmpty()) {
            Source next = queue.poll();
            int page = next.reader.pageNumber();
            if (page != lastPage && page <= header.pages()) {
                writer.writePage(page, next.reader.page());
            }
            lastPage = page;
            advance(next, queue);
        }
        writer.finish();
        return header;
    }

    private static void advance(Source source, PriorityQueue<Source> queue) throws IOException {
        try {
            if (source.reader.next()) {
                queue.add(source);
            }
        } catch (LtxFormatException e) {
            throw new DamagedSegmentException(source.name, e.getMessage());
        }
    }

    private static List<Source> open(List<Input> inputs) throws IOException {
        List<Source> sources = new ArrayList<>();
        for (Input input : inputs) {
            LtxReader reader = open(input);
            if (!sources.isEmpty()) {
                requireContinues(sources.get(sources.size() - 1), input.name, reader.header());
            }
            sources.add(new Source(sources.size(), input.name, reader));
        }
        return sources;
    }

    private static LtxReader open(Input input) throws IOException {
        try {
            LtxReader reader = new LtxReader(input.in, "Segment " + input.name);
            Replica.requireRange(input.name, reader.header());
            return reader;
        } catch (LtxFormatException | StoreException e) {
            throw new DamagedSegmentException(input.name, e.getMessage());
        }
    }

    private static void requireContinues(Source before, SegmentName name, LtxHeader header)
            throws DamagedSegmentException {
        LtxHeader earlier = before.reader.header();
        if (header.minTxid() != earlier.maxTxid() + 1 || header.pageSize() != earlier.pageSize()) {
            throw new DamagedSegmentException(
                    name,
                    "Segment " + name + ", with pages of " + header.pageSize() + " bytes, does not follow segment "
                            + before.name + ", with pages of " + earlier.pageSize() + "; they cannot be merged");
        }
        Optional<Long> left = earlier.checksums().map(RollingChecksums::after);
        Optional<Long> begins = header.checksums().map(RollingChecksums::before);
        if (left.isPresent() && begins.isPresent() && !left.equals(begins)) {
            throw new DamagedSegmentException(
                    name,
                    String.format(
                            "Segment %s does not continue segment %s: it expects database checksum %016x, found %016x; one of"
                                    + " the two objects is damaged or another's",
                            name, before.name, begins.get(), left.get()));
        }
    }

    private static LtxHeader header(List<Source> sources, long nodeId) {
        LtxHeader first = sources.get(0).reader.header();
        LtxHeader last = sources.get(sources.size() - 1).reader.header();
        boolean proven =
                sources.stream().allMatch(s -> s.reader.header().checksums().isPresent());
        return new LtxHeader(
                last.pageSize(),
                last.pages(),
                first.minTxid(),
                last.maxTxid(),
                last.timestamp(),
                0,
                0,
                0,
                0,
                nodeId,
                proven
                        ? Optional.of(new RollingChecksums(
                                first.checksums().orElseThrow().before(),
                                last.checksums().orElseThrow().after()))
                        : Optional.empty());
    }
}
