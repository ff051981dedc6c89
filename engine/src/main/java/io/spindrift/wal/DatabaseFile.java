package io.spindrift.wal;

import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import io.spindrift.ltx.PageChecksums;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The one channel through which a database file is read outside SQLite.
 *
 * <p>On POSIX systems, closing any descriptor of a file drops every lock the process holds on it. So this channel has to
 * be opened before SQLite opens the file and closed after SQLite closed it, and nothing else may open the file.
 * Positional reads only; any number of threads may read.
 */
public final class DatabaseFile implements AutoCloseable {
    private static final int HEADER_BYTES = 100;
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int WAL_VERSION = 2;

    private final Path path;
    private final FileChannel channel;

    private DatabaseFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * What a database file says of itself in its first 100 bytes.
     *
     * @param pageSize bytes a page
     * @param pages size of the database
     * @param walMode whether it is in WAL mode
     */
    public record Header(int pageSize, int pages, boolean walMode) {}

    /** Opens an existing file. */
    public static DatabaseFile open(Path path, OpenOption... more) throws IOException {
        if (Files.isDirectory(path)) {
            throw new SpindriftException("The database path " + path + " is a directory; name a file");
        }
        OpenOption[] options = Arrays.copyOf(more, more.length + 1);
        options[more.length] = StandardOpenOption.READ;
        return new DatabaseFile(path, FileChannel.open(path, options));
    }

    public FileChannel channel() {
        return channel;
    }

    public long bytes() throws IOException {
        return channel.size();
    }

    /**
     * Reads the header.
     *
     * @throws SpindriftException if the file is not a SQLite database
     */
    public Header header() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES);
        fill(bytes, 0);
        bytes.flip();
        byte[] magic = new byte[MAGIC.length];
        bytes.get(magic);
        int declaredSize = bytes.getShort(16) & 0xffff;
        int pageSize = declaredSize == 1 ? 65_536 : declaredSize;
        if (!Arrays.equals(magic, MAGIC) || pageSize < 512 || Integer.bitCount(pageSize) != 1) {
            throw new SpindriftException(
                    "The file " + path + " is not a SQLite database; name another path or move the" + " file away");
        }
        boolean sizeIsCurrent = bytes.getInt(24) == bytes.getInt(92) && bytes.getInt(28) > 0;
        int pages = sizeIsCurrent ? bytes.getInt(28) : (int) (channel.size() / pageSize);
        return new Header(pageSize, pages, bytes.get(18) == WAL_VERSION);
    }

    /** Reads a page; what lies behind the end of the file is zero, as for SQLite. */
    public void readPage(int pageNumber, byte[] page) throws IOException {
        fill(ByteBuffer.wrap(page), (long) (pageNumber - 1) * page.length);
    }

    /** Checksums of the first pages of the file, read once from front to back. */
    public PageChecksums checksums(int pageSize, int pages) throws IOException {
        PageChecksums checksums = new PageChecksums(pageSize);
        readChecksums(checksums, pages);
        return checksums;
    }

    /** The same into a table that is there already: for a large database a second one would be large, too. */
    public void readChecksums(PageChecksums checksums, int pages) throws IOException {
        int pageSize = checksums.pageSize();
        checksums.resize(0);
        checksums.resize(pages);
        int lockPage = PageChecksums.lockPage(pageSize);
        int perRead = Math.max(1, CHUNK_BYTES / pageSize);
        ByteBuffer chunk = ByteBuffer.allocate(perRead * pageSize);
        byte[] page = new byte[pageSize];
        for (int first = 1; first <= pages; first += perRead) {
            int count = Math.min(perRead, pages - first + 1);
            chunk.clear().limit(count * pageSize);
            fill(chunk, (long) (first - 1) * pageSize);
            for (int i = 0; i < count; i++) {
                if (first + i != lockPage) {
                    chunk.get(i * pageSize, page);
                    checksums.set(first + i, PageChecksums.ofPage(first + i, page));
                }
            }
        }
    }

    /** Forces what was written to the file, by whomever, to disk. */
    public void force() throws IOException {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw DurableFiles.naming(path, e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void fill(ByteBuffer buffer, long offset) throws IOException {
        long at = offset;
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer, at);
            if (n < 0) {
                while (buffer.hasRemaining()) {
                    buffer.put((byte) 0);
                }
                return;
            }
            at += n;
        }
    }
}
