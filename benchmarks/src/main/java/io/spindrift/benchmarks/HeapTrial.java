package io.spindrift.benchmarks;

import io.spindrift.Database;
import io.spindrift.ltx.PageChecksums;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * Opens a database of many pages, ships it whole, and writes a snapshot; measures the heap that is in use after a
 * collection, at rest and at the worst moment. Nearly all pages are free and holes in the file.
 *
 * <p>Parameter {@code pages}, of 4096 bytes.
 */
public final class HeapTrial implements Trial {
    private static final int PAGE_BYTES = 4096;
    private static final int SIZE_FIELDS_OFFSET = 28;
    private static final int LEAVES_OF_A_TRUNK = 1_000;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final AtomicLong peakBytes = new AtomicLong();
    private volatile boolean over;

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        Path file = parameters.path("file");
        create(file, parameters.number("pages", 100));
        Thread watch = new Thread(this::watch, "heap-watch");
        watch.setDaemon(true);
        watch.start();
        Optional<URI> replica = Optional.of(URI.create(parameters.text("replica")));
        long started = System.nanoTime();
        try (Database database = Database.open(Databases.config(file, replica).build())) {
            double openSeconds = (System.nanoTime() - started) / 1e9;
            try (Connection connection = database.dataSource().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE row (id INTEGER PRIMARY KEY)");
                database.snapshot();
            }
            over = true;
            watch.join();
            return new Measurements()
                    .put("open_s", openSeconds)
                    .put("heap_at_rest_mb", Machine.liveHeapBytes() / 1e6)
                    .put("heap_peak_mb", peakBytes.get() / 1e6)
                    .put("database_mb", file.toFile().length() / 1e6)
                    .putAll(S3Meter.counted());
        }
    }

    private void watch() {
        while (!over) {
            peakBytes.accumulateAndGet(Machine.liveHeapBytes(), Math::max);
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** A sound database: all pages but the first two are on its list of free pages. */
    private static void create(Path file, int pages) throws IOException, SQLException {
        try (Connection connection =
                        Databases.bare(file, SynchronousMode.NORMAL).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE first (id INTEGER PRIMARY KEY)");
        }
        try (FileChannel raw = FileChannel.open(file, StandardOpenOption.WRITE)) {
            raw.write(ByteBuffer.allocate(1), (long) pages * PAGE_BYTES - 1);
            int lockPage = PageChecksums.lockPage(PAGE_BYTES);
            int first = 3;
            int free = 0;
            for (int trunk = first; trunk <= pages; ) {
                ByteBuffer page = ByteBuffer.allocate(PAGE_BYTES).position(2 * Integer.BYTES);
                int next = trunk + 1;
                int leaves = 0;
                for (; next <= pages && leaves < LEAVES_OF_A_TRUNK; next++) {
                    if (next != lockPage) {
                        page.putInt(next);
                        leaves++;
                    }
                }
                next += next == lockPage ? 1 : 0;
                page.putInt(0, next <= pages ? next : 0).putInt(Integer.BYTES, leaves);
                raw.write(page.clear(), (long) (trunk - 1) * PAGE_BYTES);
                free += 1 + leaves;
                trunk = next;
            }
            // size of the database, first page of the list, how many pages are on it
            ByteBuffer fields = ByteBuffer.allocate(3 * Integer.BYTES);
            raw.write(fields.putInt(pages).putInt(first).putInt(free).flip(), SIZE_FIELDS_OFFSET);
        }
    }
}
