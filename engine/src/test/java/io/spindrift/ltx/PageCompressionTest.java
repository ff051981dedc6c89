package io.spindrift.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.testing.ChildJvm;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.util.OSInfo;

class PageCompressionTest {
    private static final Duration CHILD = Duration.ofMinutes(1);

    @Test
    void theNativeLibraryCompressesHere() {
        assertThat(PageCompression.fastest().whyNotNative()).isEmpty();
        assertThat(PageCompression.fastest().describe()).isEqualTo("LZ4Factory:JNI");
    }

    /** As in an application server: the library's own choice would be pure Java there. */
    @Test
    void theNativeLibraryCompressesInAClassLoaderOfItsOwn() throws Exception {
        URL[] classes = {
            PageCompression.class.getProtectionDomain().getCodeSource().getLocation(),
            LZ4Factory.class.getProtectionDomain().getCodeSource().getLocation()
        };
        try (URLClassLoader adapter = new URLClassLoader(classes, ClassLoader.getPlatformClassLoader())) {
            Class<?> compression = adapter.loadClass(PageCompression.class.getName());
            Object fastest = compression.getMethod("fastest").invoke(null);

            assertThat(compression).isNotSameAs(PageCompression.class);
            assertThat(compression.getMethod("whyNotNative").invoke(fastest)).isEqualTo(Optional.empty());
            assertThat(compression.getMethod("describe").invoke(fastest)).isEqualTo("LZ4Factory:JNI");
        }
    }

    @Test
    void pureJavaReadsWhatTheNativeLibraryWroteAndTheOtherWayRound() throws Exception {
        byte[] byNative = write(PageCompression.fastest());
        byte[] byJava = write(PageCompression.pureJava());

        assertThat(PageCompression.pureJava().describe()).isNotEqualTo("LZ4Factory:JNI");
        requireReadable(byNative, PageCompression.pureJava());
        requireReadable(byJava, PageCompression.fastest());
    }

    @Test
    void whereTheNativeLibraryCannotBeLoadedPureJavaDoesItAndAnEventTellsWhy(@TempDir Path folder) throws Exception {
        try (ChildJvm child = ChildJvm.start(
                List.of("-Dos.arch=pdp11", "-Dorg.sqlite.osinfo.architecture=" + OSInfo.getArchName()),
                Map.of(),
                WithoutNativeLibrary.class,
                folder.toString())) {
            assertThat(child.awaitLine("CompressionIsSlow", CHILD)).contains("pdp11");
            assertThat(child.awaitLine("durable ", CHILD)).isEqualTo("durable 0000000000000002");
            assertThat(child.awaitExit(CHILD)).isZero();
        }
    }

    /** Opens a replicated database, commits, and prints its events. */
    static final class WithoutNativeLibrary {
        private WithoutNativeLibrary() {}

        public static void main(String[] arguments) throws Exception {
            Path folder = Path.of(arguments[0]);
            DatabaseConfig config = DatabaseConfig.builder()
                    .name("slow")
                    .path(folder.resolve("slow.db"))
                    .replica(folder.resolve("replica").toUri())
                    .build();
            try (Database database = Database.open(config, DatabaseEnvironment.standalone(System.out::println));
                    Connection connection = database.dataSource().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE t (x)");
                System.out.println("durable " + database.flush());
            }
        }
    }

    private static byte[] write(PageCompression compression) throws IOException {
        LtxHeader header = new LtxHeader(512, 2, 1, 1, Instant.EPOCH, 0, 0, 0, 0, 1, Optional.empty());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxWriter writer = new LtxWriter(out, header, compression);
        writer.writePage(1, page(1));
        writer.writePage(2, page(2));
        writer.finish();
        return out.toByteArray();
    }

    private static void requireReadable(byte[] file, PageCompression compression) throws IOException {
        LtxReader reader = new LtxReader(new ByteArrayInputStream(file), "x", compression);
        for (int number = 1; reader.next(); number++) {
            assertThat(reader.page()).isEqualTo(page(number));
        }
    }

    private static byte[] page(int number) {
        byte[] page = new byte[512];
        for (int i = 0; i < page.length; i++) {
            page[i] = (byte) (i % 50 * number);
        }
        return page;
    }
}
