package io.spindrift.sync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Copies and deletes folders, such as the disk of a machine that crashed. */
public final class TestFolders {
    private TestFolders() {}

    /**
     * Copies a folder as a crash would leave it: without the shared memory of a write-ahead log, and without the copies
     * of shipped segments, which come and go beside everything else.
     */
    public static void copy(Path from, Path to) throws IOException {
        copy(from, to, TestFolders::staysAfterACrash);
    }

    /** Copies a folder with everything in it. */
    static void copyAll(Path from, Path to) throws IOException {
        copy(from, to, file -> true);
    }

    private static void copy(Path from, Path to, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(wanted).toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    private static boolean staysAfterACrash(Path file) {
        return !file.toString().endsWith("-shm") && !file.getParent().endsWith("shipped");
    }

    /** Deletes a folder if it is there. */
    public static void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
