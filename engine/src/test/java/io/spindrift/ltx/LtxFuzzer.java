package io.spindrift.ltx;

import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.replica.SegmentName;
import io.spindrift.restore.SegmentApplier;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads LTX files and applies them to a database. The first byte says what the rest is: a file as it is; a description
 * of a sound file, with whatever pages and sizes; or that and bytes to change in it, which must then be refused or make
 * no difference.
 */
public final class LtxFuzzer {
    private static final int DATABASE_PAGES = 3;

    private static Path database;

    private LtxFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        ByteBuffer rest = ByteBuffer.wrap(input, 1, input.length - 1).slice();
        switch (input[0] & 3) {
            case 0 -> use(Arrays.copyOfRange(input, 1, input.length));
            case 1 -> use(build(rest));
            default -> change(build(rest), rest);
        }
    }

    /** A sound file, descriptions of small ones, and one that claims to be huge. */
    public static List<byte[]> seeds() {
        byte[] description = {0, 4, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 2, 9, 0, 50, 3, 0, 99, 1};
        List<byte[]> seeds = new ArrayList<>();
        seeds.add(with(0, build(ByteBuffer.wrap(description))));
        seeds.add(with(1, description));
        seeds.add(with(2, description));
        seeds.add(with(1, new byte[] {0, 5, 0x7f, -1, -1, -2, 0, 0, 0, 0, 0, 0x7f, -1, -1, -3, 1}));
        seeds.add(with(1, new byte[] {0, 5, 0x7f, -1, -1, -2, 0, 0, 0, 0}));
        return seeds;
    }

    private static byte[] with(int kind, byte[] rest) {
        return ByteBuffer.allocate(1 + rest.length).put((byte) kind).put(rest).array();
    }

    /** page size, first TXID, pages after it, then pages: number and the byte it is full of. */
    private static byte[] build(ByteBuffer in) {
        int pageSize = 512 << (next(in) & 3);
        long txid = 1 + (next(in) & 0x7f);
        int pages = in.remaining() >= 4 ? in.getInt() & 0x7fff_ffff : 1;
        RollingChecksums checksums =
                new RollingChecksums(txid == 1 ? 0 : checksums(512).rolling(), 1L << 63 | next(in));
        LtxHeader header = new LtxHeader(
                pageSize,
                pages,
                txid,
                txid + next(in) % 2,
                Instant.ofEpochMilli(next(in)),
                0,
                0,
                0,
                0,
                1,
                (next(in) & 1) == 0 ? Optional.of(checksums) : Optional.empty());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            LtxWriter writer = new LtxWriter(out, header);
            int last = 0;
            while (in.remaining() >= 5 && in.get(in.position()) >= 0) {
                int number = in.getInt();
                byte[] page = new byte[pageSize];
                Arrays.fill(page, in.get());
                if (number > last && number <= pages && number != PageChecksums.lockPage(pageSize)) {
                    writer.writePage(number, page);
                    last = number;
                }
            }
            writer.finish();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static int next(ByteBuffer in) {
        return in.hasRemaining() ? in.get() & 0x7f : 0;
    }

    private static void change(byte[] sound, ByteBuffer changes) {
        byte[] changed = sound.clone();
        while (changes.remaining() >= 3) {
            int at = Math.floorMod(changes.getShort(), sound.length);
            changed[at] ^= changes.get();
        }
        Optional<List<String>> before = read(sound);
        Optional<List<String>> after = read(changed);
        if (after.isPresent() && !after.equals(before)) {
            throw new AssertionError("A damaged file was accepted: " + before + " became " + after);
        }
        apply(changed);
    }

    private static void use(byte[] file) {
        read(file);
        apply(file);
    }

    /** What a file holds, empty if it is refused as it has to be. */
    private static Optional<List<String>> read(byte[] file) {
        try {
            LtxReader reader = new LtxReader(new ByteArrayInputStream(file), "fuzz");
            List<String> content = new ArrayList<>(List.of(reader.header().toString()));
            while (reader.next()) {
                content.add(reader.pageNumber() + ": " + PageChecksums.ofPage(reader.pageNumber(), reader.page()));
            }
            return Optional.of(content);
        } catch (IOException declared) {
            return Optional.empty();
        }
    }

    private static void apply(byte[] file) {
        if (file.length < LtxHeader.BYTES) {
            return;
        }
        ByteBuffer header = ByteBuffer.wrap(file);
        long min = header.getLong(16);
        long max = header.getLong(24);
        if (min < 1 || max < min) {
            return;
        }
        try (FileChannel channel = FileChannel.open(
                database(),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            SegmentApplier applier = new SegmentApplier(channel, min == 1 ? null : checksums(512));
            applier.apply(new SegmentName(0, min, max), new ByteArrayInputStream(file));
            if (channel.size()
                    > (long) applier.checksums().pages() * applier.checksums().pageSize()) {
                throw new AssertionError("A page was written behind the end of the database");
            }
        } catch (IOException | SpindriftException declared) {
            return;
        }
    }

    private static PageChecksums checksums(int pageSize) {
        PageChecksums checksums = new PageChecksums(pageSize);
        for (int page = 1; page <= DATABASE_PAGES; page++) {
            checksums.set(page, PageChecksums.ofPage(page, new byte[pageSize]));
        }
        return checksums;
    }

    private static Path database() throws IOException {
        if (database == null) {
            database = Files.createTempFile("fuzz", ".db");
            database.toFile().deleteOnExit();
        }
        return database;
    }
}
