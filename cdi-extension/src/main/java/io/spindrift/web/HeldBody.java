package io.spindrift.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A response's body that is held back as a whole: its beginning in memory, a longer one in a temporary file. Closing and
 * flushing do nothing, for whoever writes a body may do both. Not for use by several threads at once.
 */
final class HeldBody extends OutputStream {
    static final int BYTES_IN_MEMORY = 1 << 20;
    static final long LONGEST = 1L << 30;

    private final int bytesInMemory;
    private final long longest;
    private ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private Path file;
    private OutputStream toFile;
    private long size;

    HeldBody() {
        this(BYTES_IN_MEMORY, LONGEST);
    }

    HeldBody(int bytesInMemory, long longest) {
        this.bytesInMemory = bytesInMemory;
        this.longest = longest;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (size + length > longest) {
            throw new IOException("The body of a response that waits for durability has more than " + longest
                    + " bytes; send it from a method without @DurableResponse");
        }
        if (toFile == null && size + length > bytesInMemory) {
            file = Files.createTempFile("spindrift-response", null);
            toFile = Files.newOutputStream(file);
            memory.writeTo(toFile);
            memory = null;
        }
        (toFile == null ? memory : toFile).write(bytes, offset, length);
        size += length;
    }

    /** Lets the body go. */
    void sendTo(OutputStream client) throws IOException {
        if (toFile == null) {
            memory.writeTo(client);
        } else {
            toFile.close();
            Files.copy(file, client);
        }
    }

    /** Forgets what was written, so that another body can be. */
    void discard() throws IOException {
        if (toFile != null) {
            toFile.close();
            Files.deleteIfExists(file);
            toFile = null;
        }
        memory = new ByteArrayOutputStream();
        size = 0;
    }
}
