package io.spindrift.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A JVM that a test starts with its own class path, talks to by lines, and may kill at any moment.
 *
 * <p>Standard output and error arrive together, in order. The child ends when this JVM ends, however that happens.
 * Every wait is bounded; one that runs out fails with what the child has said so far.
 */
public final class ChildJvm implements AutoCloseable {
    private static final Duration EXIT_WAIT = Duration.ofSeconds(30);

    /** After its end, a child's last lines are read at once, unless a process of its own holds its output open. */
    private static final Duration LAST_LINES_WAIT = Duration.ofSeconds(5);

    /** Ended through its handle only: {@link Process#destroy} would close the streams before the last line is read. */
    private final Process process;

    /** Where the child's libraries unpack themselves: what a killed one leaves there goes with {@link #close()}. */
    private final Path temporary;

    private final OutputStream input;
    private final Thread reader;
    /** Guarded by itself; waiters are notified of every line and of the end. */
    private final List<String> lines = new ArrayList<>();

    private boolean ended;

    private ChildJvm(Process process, Path temporary) {
        this.process = process;
        this.temporary = temporary;
        this.input = process.getOutputStream();
        this.reader = new Thread(this::readLines, "child-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts {@code main} with this JVM's class path and environment. */
    public static ChildJvm start(Class<?> main, String... arguments) throws IOException {
        return start(List.of(), Map.of(), main, arguments);
    }

    /**
     * Starts {@code main} with this JVM's class path.
     *
     * @param jvmOptions such as {@code -Xmx256m}
     * @param environment variables to set beside those of this JVM
     */
    public static ChildJvm start(
            List<String> jvmOptions, Map<String, String> environment, Class<?> main, String... arguments)
            throws IOException {
        return start(List.of(), jvmOptions, environment, main, arguments);
    }

    /**
     * Starts {@code main} with this JVM's class path under another program, which must replace itself by the JVM or stay
     * out of its way, so that the process started is the JVM.
     *
     * @param launcher the program and its arguments, such as {@code strace}
     * @param jvmOptions such as {@code -Xmx256m}
     * @param environment variables to set beside those of this JVM
     */
    public static ChildJvm start(
            List<String> launcher,
            List<String> jvmOptions,
            Map<String, String> environment,
            Class<?> main,
            String... arguments)
            throws IOException {
        Path temporary = Files.createTempDirectory("child-");
        List<String> command = new ArrayList<>(launcher);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Djava.io.tmpdir=" + temporary);
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath(), ChildMain.class.getName()));
        command.add(Long.toString(ProcessHandle.current().pid()));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start(), temporary);
    }

    /** Surefire may hand the class path over in a manifest and keep the real one in a property. */
    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Everything the child has printed so far. */
    public List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** Sends a line to the child's standard input. */
    public void send(String line) throws IOException {
        input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    /** Closes the child's standard input. */
    public void closeInput() throws IOException {
        input.close();
    }

    /** Waits for a line that begins with {@code prefix}, also among those already printed, and returns it whole. */
    public String awaitLine(String prefix, Duration atMost) throws InterruptedException {
        return awaitLine(line -> line.startsWith(prefix), "a line that begins with \"" + prefix + "\"", atMost);
    }

    /** Waits for a line, also among those already printed. */
    public String awaitLine(Predicate<String> wanted, String description, Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (lines) {
            for (int next = 0; ; ) {
                for (; next < lines.size(); next++) {
                    if (wanted.test(lines.get(next))) {
                        return lines.get(next);
                    }
                }
                long left = deadline - System.nanoTime();
                if (ended || left <= 0) {
                    throw new AssertionError("The child " + pid() + (ended ? " ended" : " said nothing for " + atMost)
                            + ", expected " + description + "; it said:\n" + String.join("\n", lines));
                }
                TimeUnit.NANOSECONDS.timedWait(lines, left);
            }
        }
    }

    /** Waits for the child to end and returns its exit code; {@link #lines()} is complete then. */
    public int awaitExit(Duration atMost) throws InterruptedException {
        if (!process.waitFor(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new AssertionError(
                    "The child " + pid() + " still runs after " + atMost + "; it said:\n" + String.join("\n", lines()));
        }
        reader.join(LAST_LINES_WAIT.toMillis());
        return process.exitValue();
    }

    /** Stops the child where it stands, as a machine does that is suspended (SIGSTOP). */
    public void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** Lets a frozen child go on (SIGCONT). */
    public void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (exit != 0) {
            throw new IOException("Signal " + name + " could not be sent to the child " + pid());
        }
    }

    /** Kills the child as {@code kill -9} does and waits until it is gone. */
    public void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        awaitExit(EXIT_WAIT);
    }

    /** Asks the child to end as {@code kill} does (SIGTERM) and waits until it is gone. */
    public int terminate() throws InterruptedException {
        process.toHandle().destroy();
        return awaitExit(EXIT_WAIT);
    }

    /** Kills the child if it still runs. */
    @Override
    public void close() {
        process.toHandle().destroyForcibly();
        process.onExit().orTimeout(EXIT_WAIT.toSeconds(), TimeUnit.SECONDS).join();
        try (Stream<Path> left = Files.walk(temporary)) {
            for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readLines() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (lines) {
                    lines.add(line);
                    lines.notifyAll();
                }
            }
        } catch (IOException e) {
            if (process.isAlive()) {
                throw new UncheckedIOException(e);
            }
        } finally {
            synchronized (lines) {
                ended = true;
                lines.notifyAll();
            }
        }
    }
}
