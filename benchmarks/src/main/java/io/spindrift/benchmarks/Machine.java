package io.spindrift.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;

/** Facts about this machine and this process. */
final class Machine {
    private Machine() {}

    /** One line for the head of a report. */
    static String describe() throws SQLException, IOException {
        OperatingSystemMXBean system = system();
        return String.format(
                "%d processors (%s), %.0f GiB, %s %s, Java %s, SQLite %s, load %.1f",
                system.getAvailableProcessors(),
                processorModel(),
                system.getTotalMemorySize() / (double) (1L << 30),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.version(),
                sqliteVersion(),
                system.getSystemLoadAverage());
    }

    /** CPU time of all threads of this process, the collector's and the compiler's included, in seconds. */
    static double cpuSeconds() {
        return system().getProcessCpuTime() / 1e9;
    }

    /** CPU time of the threads of Java code that live now: without those of the collector and the compiler. */
    static double javaThreadsCpuSeconds() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getAllThreadIds())
                        .map(threads::getThreadCpuTime)
                        .sum()
                / 1e9;
    }

    /** Heap in use after a full collection, in bytes. */
    static long liveHeapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** The most memory this process ever had, 0 where the system does not tell. */
    static long peakResidentBytes() throws IOException {
        return procStatus("VmHWM:");
    }

    private static long procStatus(String name) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(0);
    }

    private static OperatingSystemMXBean system() {
        return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }

    private static String processorModel() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.exists(info)) {
            return "model unknown";
        }
        return Files.readAllLines(info).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElse("model unknown");
    }

    private static String sqliteVersion() throws SQLException {
        try (Connection memory = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = memory.createStatement();
                ResultSet row = statement.executeQuery("SELECT sqlite_version()")) {
            row.next();
            return row.getString(1);
        }
    }
}
