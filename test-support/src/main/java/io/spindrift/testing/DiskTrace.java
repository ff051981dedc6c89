package io.spindrift.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what {@link Strace#recording} wrote: the changes a process made under one folder, in their order.
 *
 * <p>A call takes effect where it returned; one that failed had none. {@link Sync} is what was written before it was
 * called: a write that another thread made meanwhile may not be on disk.
 */
public final class DiskTrace {
    private static final Pattern LINE = Pattern.compile("(\\d+) +(.*)", Pattern.DOTALL);
    private static final Pattern RESUMED = Pattern.compile("<\\.\\.\\. (\\w+) resumed>(.*)", Pattern.DOTALL);
    private static final Pattern CALL = Pattern.compile("(\\w+)\\((.*)\\) += (-?\\d+).*", Pattern.DOTALL);
    private static final String UNFINISHED = " <unfinished ...>";

    /** A change. Descriptors are numbers, as the process had them; they are reused. */
    public sealed interface Event {}

    /** A file or folder was opened, perhaps created or emptied. */
    public record Open(int descriptor, Path path, boolean create, boolean truncate) implements Event {}

    /** Bytes were written; a negative offset is where the descriptor stood. */
    public record Write(int descriptor, Path path, long offset, byte[] bytes) implements Event {}

    public record Seek(int descriptor, Path path, long offset) implements Event {}

    public record Truncate(int descriptor, Path path, long size) implements Event {}

    /** A file or folder begins to be forced to disk. */
    public record SyncBegin(int thread, int descriptor, Path path) implements Event {}

    /** It is on disk: what {@link SyncBegin} of the same thread found. */
    public record SyncEnd(int thread, Path path) implements Event {}

    public record Rename(Path from, Path to) implements Event {}

    public record Link(Path existing, Path name) implements Event {}

    /** A file or an empty folder was removed. */
    public record Remove(Path path) implements Event {}

    public record MakeFolder(Path path) implements Event {}

    private final Path root;
    private final Consumer<Event> events;
    private final Map<Integer, String> unfinished = new HashMap<>();

    private DiskTrace(Path root, Consumer<Event> events) {
        this.root = root;
        this.events = events;
    }

    /** The changes under {@code root}. */
    public static List<Event> read(Path output, Path root) throws IOException {
        List<Event> events = new ArrayList<>();
        DiskTrace trace = new DiskTrace(root.toAbsolutePath(), events::add);
        try (BufferedReader lines = Files.newBufferedReader(output, StandardCharsets.ISO_8859_1)) {
            lines.lines().forEach(trace::line);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return events;
    }

    private void line(String line) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            return;
        }
        int thread = Integer.parseInt(parts.group(1));
        String rest = parts.group(2);
        if (rest.endsWith(UNFINISHED)) {
            String begun = rest.substring(0, rest.length() - UNFINISHED.length());
            unfinished.put(thread, begun);
            syncBegins(thread, begun);
            return;
        }
        Matcher resumed = RESUMED.matcher(rest);
        boolean wasBegun = resumed.matches();
        if (wasBegun) {
            rest = unfinished.remove(thread) + resumed.group(2);
        } else {
            syncBegins(thread, rest);
        }
        Matcher call = CALL.matcher(rest);
        if (call.matches() && !call.group(3).startsWith("-")) {
            call(thread, call.group(1), arguments(call.group(2)), Long.parseLong(call.group(3)));
        }
    }

    private void syncBegins(int thread, String call) {
        if (call.startsWith("fsync(") || call.startsWith("fdatasync(")) {
            String descriptor = call.substring(call.indexOf('(') + 1).replaceAll("\\).*", "");
            if (within(path(descriptor))) {
                events.accept(new SyncBegin(thread, number(descriptor), path(descriptor)));
            }
        }
    }

    private void call(int thread, String name, List<String> arguments, long result) {
        String first = arguments.get(0);
        switch (name) {
            case "open", "creat" -> open(first, arguments, 1, result);
            case "openat" -> open(arguments.get(1), arguments, 2, result);
            case "write" -> write(first, arguments, -1, result);
            case "pwrite64" -> write(first, arguments, Long.parseLong(arguments.get(3)), result);
            case "lseek" -> accept(path(first), () -> new Seek(number(first), path(first), result));
            case "ftruncate" ->
                accept(path(first), () -> new Truncate(number(first), path(first), Long.parseLong(arguments.get(1))));
            case "fsync", "fdatasync" -> accept(path(first), () -> new SyncEnd(thread, path(first)));
            case "rename" -> accept(string(first), () -> new Rename(string(first), string(arguments.get(1))));
            case "renameat", "renameat2" ->
                accept(string(arguments.get(1)), () -> new Rename(string(arguments.get(1)), string(arguments.get(3))));
            case "link" -> accept(string(first), () -> new Link(string(first), string(arguments.get(1))));
            case "linkat" ->
                accept(string(arguments.get(1)), () -> new Link(string(arguments.get(1)), string(arguments.get(3))));
            case "unlink", "rmdir" -> accept(string(first), () -> new Remove(string(first)));
            case "unlinkat" -> accept(string(arguments.get(1)), () -> new Remove(string(arguments.get(1))));
            case "mkdir" -> accept(string(first), () -> new MakeFolder(string(first)));
            case "mkdirat" -> accept(string(arguments.get(1)), () -> new MakeFolder(string(arguments.get(1))));
            default ->
                arguments.stream().map(DiskTrace::path).forEach(path -> {
                    if (within(path)) {
                        throw new IllegalStateException("The call " + name + " on " + path + " is not modelled");
                    }
                });
        }
    }

    private void open(String name, List<String> arguments, int flagsAt, long descriptor) {
        String flags = arguments.size() > flagsAt ? arguments.get(flagsAt) : "";
        accept(
                string(name),
                () -> new Open((int) descriptor, string(name), flags.contains("O_CREAT"), flags.contains("O_TRUNC")));
    }

    private void write(String descriptor, List<String> arguments, long offset, long written) {
        accept(path(descriptor), () -> {
            byte[] bytes = bytes(arguments.get(1));
            if (bytes.length < written) {
                throw new IllegalStateException("The trace of a write to " + path(descriptor) + " is cut short");
            }
            return new Write(number(descriptor), path(descriptor), offset, Arrays.copyOf(bytes, (int) written));
        });
    }

    @FunctionalInterface
    private interface EventMaker {
        Event make();
    }

    private void accept(Path path, EventMaker event) {
        if (within(path)) {
            events.accept(event.make());
        }
    }

    private boolean within(Path path) {
        return path != null && path.startsWith(root);
    }

    /** Splits at commas; strings are in hexadecimal and hold none. */
    private static List<String> arguments(String list) {
        return List.of(list.split(", "));
    }

    private static int number(String descriptor) {
        int bracket = descriptor.indexOf('<');
        return Integer.parseInt(bracket < 0 ? descriptor : descriptor.substring(0, bracket));
    }

    /** The path strace gives for a descriptor, null if it gives none. */
    private static Path path(String descriptor) {
        int begin = descriptor.indexOf("<\\x");
        int end = descriptor.indexOf('>', begin);
        return begin < 0 || end < 0 ? null : asPath(hex(descriptor.substring(begin + 1, end)));
    }

    private static Path string(String quoted) {
        return quoted.startsWith("\"") ? asPath(bytes(quoted)) : null;
    }

    private static Path asPath(byte[] name) {
        String text = new String(name, StandardCharsets.UTF_8);
        return text.startsWith("/") ? Path.of(text).normalize() : null;
    }

    private static byte[] bytes(String quoted) {
        if (quoted.endsWith("...")) {
            throw new IllegalStateException("The trace is cut short; record longer strings");
        }
        return hex(quoted.substring(1, quoted.length() - 1));
    }

    private static byte[] hex(String escapes) {
        byte[] bytes = new byte[escapes.length() / 4];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (Character.digit(escapes.charAt(4 * i + 2), 16) << 4
                    | Character.digit(escapes.charAt(4 * i + 3), 16));
        }
        return bytes;
    }
}
