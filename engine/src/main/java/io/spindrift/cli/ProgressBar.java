package io.spindrift.cli;

import io.spindrift.RestoreProgress;
import io.spindrift.RestoreProgress.Phase;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Consumer;

/** One line on a terminal that shows how far a restore has come, and is gone at its end. */
final class ProgressBar implements Consumer<RestoreProgress> {
    private static final int WIDTH = 30;
    private static final long NANOS_BETWEEN_LINES = 100_000_000;
    private static final double MEGABYTE = 1e6;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintWriter out;
    private final long started = System.nanoTime();
    private long drawnAt = started - NANOS_BETWEEN_LINES;
    private Phase drawn = Phase.FETCH;

    ProgressBar(PrintWriter out) {
        this.out = out;
    }

    /** Whether a person sees what is printed. Java 22 and later have a console even where there is no terminal. */
    static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException before22) {
            return true;
        }
    }

    @Override
    public void accept(RestoreProgress progress) {
        long now = System.nanoTime();
        if (progress.phase() == drawn && now - drawnAt < NANOS_BETWEEN_LINES) {
            return;
        }
        drawnAt = now;
        drawn = progress.phase();
        out.print(CLEAR + line(progress, (now - started) / 1e9));
        out.flush();
    }

    private static String line(RestoreProgress progress, double seconds) {
        return switch (progress.phase()) {
            case FETCH -> {
                double part = progress.bytesTotal() == 0 ? 1 : (double) progress.bytesDone() / progress.bytesTotal();
                int full = (int) Math.round(part * WIDTH);
                yield String.format(
                        Locale.ROOT,
                        "%s [%s%s] %3.0f %%  %.0f of %.0f MB, %.0f MB/s",
                        progress.position(),
                        "#".repeat(full),
                        " ".repeat(WIDTH - full),
                        part * 100,
                        progress.bytesDone() / MEGABYTE,
                        progress.bytesTotal() / MEGABYTE,
                        progress.bytesDone() / MEGABYTE / Math.max(seconds, 1e-3));
            }
            case PROVE -> progress.position() + " comparing its checksum";
            case CHECK -> progress.position() + " running quick_check";
            case DONE -> "";
        };
    }
}
