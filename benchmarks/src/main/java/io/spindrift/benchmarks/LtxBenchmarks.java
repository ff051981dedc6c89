package io.spindrift.benchmarks;

import io.spindrift.ltx.LtxReader;
import io.spindrift.ltx.PageChecksums;
import io.spindrift.ltx.PageCompression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time for one page of 4 KiB: checksum, encode, decode. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LtxBenchmarks {
    private static final int PAGES = 2_000;

    @Param({"native", "java"})
    String lz4;

    private byte[][] pages;
    private PageCompression compression;
    private byte[] segment;

    @Setup
    public void encodeOnce() throws Exception {
        compression = lz4.equals("java") ? PageCompression.pureJava() : PageCompression.fastest();
        Path folder = Files.createTempDirectory("spindrift-jmh");
        pages = EncodeTrial.libraryPages(folder.resolve("pages.db"));
        Folders.delete(folder);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        EncodeTrial.writePages(out, pages, PAGES, compression);
        segment = out.toByteArray();
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public long checksum() {
        long xor = 0;
        for (int i = 0; i < PAGES; i++) {
            xor ^= PageChecksums.ofPage(i + 1, pages[i]);
        }
        return xor;
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public long encode() throws IOException {
        return EncodeTrial.writePages(OutputStream.nullOutputStream(), pages, PAGES, compression);
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public int decode() throws IOException {
        LtxReader reader = new LtxReader(new ByteArrayInputStream(segment), "segment", compression);
        int last = 0;
        while (reader.next()) {
            last = reader.pageNumber();
        }
        return last;
    }
}
