package io.spindrift.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Function;

/**
 * Creates, replaces and removes files so that after a crash or a power loss each is either as before or as after. Files
 * are readable by their owner only, where the file system has permissions. Thread-safe.
 */
public final class DurableFiles {
    private DurableFiles() {}

    /** Creates a folder and whatever is missing above it, each for its owner only. */
    public static void createFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.toAbsolutePath().getParent();
        createFolder(parent);
        try {
            Files.createDirectory(folder, ownerOnly(parent, "rwx------"));
            forceFolder(parent);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    /** Writes a file under a temporary name, forces it to disk and gives it its name, replacing what was there. */
    public static void replace(Path file, byte[] content) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        write(temporary, out -> out.write(content));
        moveInto(temporary, file);
    }

    /** Fills a file, which is overwritten if it exists. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Fills a file, and answers what its first bytes are made of. */
    @FunctionalInterface
    public interface ContentWithLateStart<T> {
        T writeTo(OutputStream out) throws IOException;
    }

    /** Writes a file and forces it to disk. Its name is durable once it was moved or its folder forced. */
    public static void write(Path file, Content content) throws IOException {
        writeWithLateStart(
                file,
                out -> {
                    content.writeTo(out);
                    return new byte[0];
                },
                nothing -> nothing);
    }

    /**
     * The same for a file whose first bytes are known only when the rest is written.
     *
     * @param start gives the bytes that replace as many at the start of the file
     * @return what the content answered
     */
    public static <T> T writeWithLateStart(Path file, ContentWithLateStart<T> content, Function<T, byte[]> start)
            throws IOException {
        Files.deleteIfExists(file);
        try (FileChannel channel = open(file, StandardOpenOption.CREATE_NEW)) {
            OutputStream out = new java.io.BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
            T answer = content.writeTo(out);
            out.flush();
            ByteBuffer first = ByteBuffer.wrap(start.apply(answer));
            while (first.hasRemaining()) {
                channel.write(first, first.position());
            }
            channel.force(true);
            return answer;
        } catch (IOException e) {
            throw naming(file, e);
        }
    }

    /** The same failure with the name of the file: a channel's "No space left on device" does not say where. */
    public static IOException naming(Path file, IOException e) {
        if (e.getClass() != IOException.class) {
            return e;
        }
        FileSystemException named = new FileSystemException(file.toString(), null, e.getMessage());
        named.initCause(e);
        return named;
    }

    /** Opens a file for writing, in the way {@code how} says; one that is made is for its owner only. */
    public static FileChannel open(Path file, OpenOption how) throws IOException {
        return FileChannel.open(
                file,
                Set.of(how, StandardOpenOption.WRITE),
                ownerOnly(file.toAbsolutePath().getParent(), "rw-------"));
    }

    /** Renames a file whose content is on disk, replacing what was there, and forces the folders. */
    public static void moveInto(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder(to.toAbsolutePath().getParent());
        if (!from.toAbsolutePath().getParent().equals(to.toAbsolutePath().getParent())) {
            forceFolder(from.toAbsolutePath().getParent());
        }
    }

    /** Forces the names in a folder to disk, where the platform can. */
    public static void forceFolder(Path folder) throws IOException {
        if (System.getProperty("os.name").startsWith("Windows")) {
            return; // a folder cannot be opened there; NTFS logs names by itself
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw naming(folder, e);
        }
    }

    private static FileAttribute<?>[] ownerOnly(Path folder, String permissions) throws IOException {
        return Files.getFileStore(folder).supportsFileAttributeView("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
