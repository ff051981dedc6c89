package io.spindrift.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Where the servers of tests live: folders under the module's build folder, ports nobody uses, a clean environment. */
public final class ServerFolders {
    private ServerFolders() {}

    /** An empty folder of that name. */
    public static Path empty(String name) throws IOException {
        Path folder = Path.of(System.getProperty("ledger.work"), name).toAbsolutePath();
        deleteAll(folder);
        return Files.createDirectories(folder);
    }

    /** Fills a folder with the product's server configuration, but for the {@code server.xml} of a test's own. */
    public static Path configuration(Path folder, String serverXml) throws IOException {
        Files.createDirectories(folder);
        Path product = Path.of(System.getProperty("ledger.configuration"));
        for (String file : List.of("spindrift-features.xml", "bootstrap.properties", "jvm.options")) {
            Files.copy(product.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        try (InputStream own = ServerFolders.class.getResourceAsStream(serverXml)) {
            Files.copy(own, folder.resolve("server.xml"), StandardCopyOption.REPLACE_EXISTING);
        }
        return folder;
    }

    /** This process's environment without what would point a server at somebody's bucket. */
    public static Map<String, String> cleanEnvironment() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("AWS_") || name.startsWith("SPINDRIFT_"));
        return environment;
    }

    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public static void deleteAll(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
