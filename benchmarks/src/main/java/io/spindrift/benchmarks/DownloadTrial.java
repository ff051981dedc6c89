package io.spindrift.benchmarks;

import io.spindrift.Position;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.Segment;
import io.spindrift.restore.RestorePlan;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Downloads the objects that a restore reads to files, as ranges and in parallel, and does nothing with them: no check, no
 * decompression, no fsync.
 */
public final class DownloadTrial implements Trial {
    private static final int THREADS = 8;
    private static final long RANGE_BYTES = 8 << 20;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        Path folder = parameters.path("folder");
        long started = System.nanoTime();
        long bytes = 0;
        try (Replica replica =
                new Replica(ReplicaStores.open(URI.create(parameters.text("replica")), Databases.NAME))) {
            RestorePlan plan = RestorePlan.find(replica.list(), Position.NONE, Optional.empty());
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            List<Future<Void>> parts = new ArrayList<>();
            for (Segment segment : plan.segments()) {
                bytes += segment.bytes();
                String name = segment.name().path(replica.store().layout());
                Path file = folder.resolve(name.replace('/', '-'));
                Files.createFile(file);
                for (long offset = 0; offset < segment.bytes(); offset += RANGE_BYTES) {
                    long from = offset;
                    parts.add(threads.submit(() -> download(replica.store(), name, from, file)));
                }
            }
            for (Future<Void> part : parts) {
                part.get();
            }
            threads.shutdown();
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        return new Measurements()
                .put("download_s", seconds)
                .put("mb_per_s", bytes / 1e6 / seconds)
                .putAll(S3Meter.counted());
    }

    private static Void download(ReplicaStore store, String name, long offset, Path file) throws IOException {
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = store.read(name, offset, RANGE_BYTES);
                FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            out.position(offset);
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                ByteBuffer piece = ByteBuffer.wrap(buffer, 0, n);
                while (piece.hasRemaining()) {
                    out.write(piece);
                }
            }
        }
        return null;
    }
}
