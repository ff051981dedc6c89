package io.spindrift.benchmarks;

import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxReader;
import io.spindrift.ltx.LtxWriter;
import io.spindrift.ltx.PageCompression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * Encodes the pages of a database into segments, and decodes them, on one thread and in memory; the unit is bytes of
 * pages in a second of this thread's processor time. Parameter {@code pure}: without the native library.
 */
public final class EncodeTrial implements Trial {
    private static final int PAGE_BYTES = 4096;
    private static final int LIBRARY_BYTES = 60_000_000;

    private byte[][] pages;
    private PageCompression compression;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        compression = parameters.flag("pure") ? PageCompression.pureJava() : PageCompression.fastest();
        pages = libraryPages(parameters.path("file"));
        byte[] segment = segment();
        long nanos = TimeUnit.SECONDS.toNanos(parameters.number("seconds", 10)) / 2;
        encode(nanos / 2);
        double encoded = encode(nanos);
        decode(segment, nanos / 2);
        double decoded = decode(segment, nanos);
        return new Measurements()
                .put("lz4", compression.describe())
                .put("encode_mb_per_cpu_s", encoded)
                .put("decode_mb_per_cpu_s", decoded)
                .put("page_bytes", (double) pages.length * PAGE_BYTES)
                .put("segment_bytes", segment.length);
    }

    /** The pages of a database like those of {@link LibraryTrial}. */
    static byte[][] libraryPages(Path file) throws Exception {
        try (Connection connection =
                Databases.bare(file, SynchronousMode.NORMAL).getConnection()) {
            new LibraryTrial().fill(connection, LIBRARY_BYTES);
        }
        byte[] all = Files.readAllBytes(file);
        byte[][] pages = new byte[all.length / PAGE_BYTES][];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = Arrays.copyOfRange(all, i * PAGE_BYTES, (i + 1) * PAGE_BYTES);
        }
        return pages;
    }

    private byte[] segment() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(out);
        return out.toByteArray();
    }

    private long write(OutputStream out) throws IOException {
        writePages(out, pages, pages.length, compression);
        return (long) pages.length * PAGE_BYTES;
    }

    /**
     * As a snapshot is encoded: the checksum of every page and of the file.
     *
     * @return the XOR of the pages' checksums
     */
    static long writePages(OutputStream out, byte[][] pages, int count, PageCompression compression)
            throws IOException {
        LtxHeader header = new LtxHeader(PAGE_BYTES, count, 1, 1, Instant.EPOCH, 0, 0, 0, 0, 1, Optional.empty());
        LtxWriter writer = new LtxWriter(out, header, compression);
        long xor = 0;
        for (int i = 0; i < count; i++) {
            xor ^= writer.writePage(i + 1, pages[i]);
        }
        writer.finish();
        return xor;
    }

    private double encode(long nanos) throws IOException {
        return megabytesPerCpuSecond(nanos, () -> write(OutputStream.nullOutputStream()));
    }

    private double decode(byte[] segment, long nanos) throws IOException {
        return megabytesPerCpuSecond(nanos, () -> {
            LtxReader reader = new LtxReader(new ByteArrayInputStream(segment), "segment", compression);
            long bytes = 0;
            while (reader.next()) {
                bytes += reader.page().length;
            }
            return bytes;
        });
    }

    @FunctionalInterface
    private interface Work {
        long run() throws IOException;
    }

    private static double megabytesPerCpuSecond(long nanos, Work work) throws IOException {
        var threads = ManagementFactory.getThreadMXBean();
        long started = threads.getCurrentThreadCpuTime();
        long used = 0;
        long bytes = 0;
        while (used < nanos) {
            bytes += work.run();
            used = threads.getCurrentThreadCpuTime() - started;
        }
        return bytes * 1e3 / used;
    }
}
