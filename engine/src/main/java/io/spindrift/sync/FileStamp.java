package io.spindrift.sync;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;

/**
 * What the file system says of a database file after a clean stop. While it says the same, nobody has written to the
 * file: content that differs then was changed by the disk, not by a program.
 *
 * @param text inode, size, and the times of the last write and of the last change of any of these
 */
record FileStamp(String text) {

    /** Reads the stamp; empty on a platform that has no inodes. */
    static Optional<FileStamp> of(Path file) throws IOException {
        if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return Optional.empty();
        }
        Map<String, Object> attributes = Files.readAttributes(file, "unix:ino,size,lastModifiedTime,ctime");
        return Optional.of(new FileStamp(attributes.get("ino") + " " + attributes.get("size") + " "
                + nanos(attributes.get("lastModifiedTime")) + " " + nanos(attributes.get("ctime"))));
    }

    private static String nanos(Object time) {
        return ((FileTime) time).toInstant().toString();
    }

    byte[] encode() {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static FileStamp decode(byte[] content) {
        return new FileStamp(new String(content, StandardCharsets.US_ASCII));
    }
}
