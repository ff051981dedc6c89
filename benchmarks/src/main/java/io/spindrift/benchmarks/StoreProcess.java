package io.spindrift.benchmarks;

import io.spindrift.testing.ChildJvm;
import io.spindrift.testing.S3Endpoint;
import io.spindrift.testing.S3EndpointMain;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The S3 endpoint that all runs of a figure use, on disk and in a process of its own. */
final class StoreProcess implements AutoCloseable {
    static final Map<String, String> CREDENTIALS =
            Map.of("AWS_ACCESS_KEY_ID", S3Endpoint.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", S3Endpoint.SECRET_KEY);
    private static final String BUCKET = "bench";
    private static final Duration START = Duration.ofMinutes(1);

    private final ChildJvm process;
    private final Path folder;
    private final int port;

    private StoreProcess(ChildJvm process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    static StoreProcess start(Path folder) throws IOException, InterruptedException {
        ChildJvm process =
                ChildJvm.start(List.of("-Xmx6g"), CREDENTIALS, S3EndpointMain.class, folder.toString(), "0", BUCKET);
        String ready = process.awaitLine("S3 endpoint ready at ", START);
        return new StoreProcess(
                process,
                folder,
                URI.create(ready.substring(ready.indexOf("http"))).getPort());
    }

    /** Where a replica of that name lives. */
    URI replicaUrl(String name) {
        return S3Endpoint.replicaUrl(BUCKET, name, port);
    }

    /** Removes a replica behind the endpoint's back. */
    void forget(String name) throws IOException {
        Folders.delete(folder.resolve(BUCKET).resolve(name));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.closeInput();
        process.awaitExit(START);
    }
}
