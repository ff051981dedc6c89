package io.spindrift.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The {@code strace} program: the launcher of a {@link ChildJvm} whose system calls are recorded, or fail on demand. It
 * runs beside the child, so that the process started, and killed, is the JVM.
 */
public final class Strace {
    /** Every call by which a JVM or SQLite changes a file or a folder, and {@code lseek} for where a write goes. */
    private static final String FILE_CALLS = String.join(
            ",",
            "open,openat,creat,lseek,write,pwrite64,writev,pwritev,sendfile,copy_file_range,ftruncate,truncate",
            "fallocate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink,unlink,unlinkat,mkdir,mkdirat,rmdir");

    private static final long VERSION_SECONDS = 10;
    private static final int LONGEST_WRITE = 1 << 26;

    private Strace() {}

    /** Whether the program is there and may trace. */
    public static boolean available() {
        try {
            Process process = new ProcessBuilder("strace", "-f", "-D", "--seccomp-bpf", "-o", "/dev/null", "true")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(VERSION_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Records every change of a file, with its bytes, for {@link DiskTrace}. */
    public static List<String> recording(Path output) {
        List<String> command = beside(output);
        command.addAll(List.of("-y", "-xx", "-s", Integer.toString(LONGEST_WRITE), "-e", "trace=" + FILE_CALLS));
        return command;
    }

    /**
     * Lets calls on some files fail.
     *
     * @param calls such as {@code fsync,fdatasync}
     * @param error such as {@code ENOSPC}
     * @param when which of the calls, such as {@code 3} or {@code 3..7} or {@code 3+}
     * @param files the files; a call on another one is neither counted nor disturbed
     */
    public static List<String> failing(Path output, String calls, String error, String when, List<Path> files) {
        List<String> command = beside(output);
        files.forEach(file -> command.addAll(List.of("-P", file.toString())));
        command.addAll(List.of("-e", "trace=" + calls));
        command.addAll(List.of("-e", "inject=" + calls + ":error=" + error + ":when=" + when));
        return command;
    }

    private static List<String> beside(Path output) {
        return new ArrayList<>(List.of("strace", "-f", "-D", "--seccomp-bpf", "-o", output.toString()));
    }
}
