package io.spindrift.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * An S3 endpoint on 127.0.0.1 that checks signatures, runs in this JVM and fails on demand, see {@link #faults()}.
 *
 * <p>Its objects live in memory or in a folder. A folder on a file system without extended attributes loses the
 * objects' metadata.
 */
public final class S3Endpoint implements AutoCloseable {

    private static final String KEY_PROPERTY = "aws.accessKeyId";
    private static final String SECRET_PROPERTY = "aws.secretAccessKey";

    /** The key pair of endpoints that were not given another. */
    public static final String ACCESS_KEY = "spindrift-test";

    public static final String SECRET_KEY = "spindrift-test-secret";

    /** The server holds the body of a signed PUT in memory; it refuses more than 128 MiB if it is not told otherwise. */
    private static final long LARGEST_PUT = Integer.MAX_VALUE - 8L;

    /** Held here because the logging system forgets levels of loggers that nobody holds. */
    private static final Logger SERVER_LOG = Logger.getLogger("org.gaul");

    private final FaultStore store;
    private final S3Proxy server;
    private final String accessKey;
    private final String secretKey;
    private boolean defaultCredentials;

    private S3Endpoint(BlobStore blobs, int port, String accessKey, String secretKey) {
        SERVER_LOG.setLevel(Level.OFF); // Every injected fault would print a stack trace.
        this.store = new FaultStore(blobs);
        this.accessKey = accessKey;
        this.secretKey = secretKey;
        this.server = S3Proxy.builder()
                .blobStore(store)
                .endpoint(URI.create("http://127.0.0.1:" + port))
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, accessKey, secretKey)
                .v4MaxNonChunkedRequestSize(LARGEST_PUT)
                .stopTimeout(0)
                .build();
        try {
            server.start();
        } catch (Exception e) {
            throw new IllegalStateException("The S3 endpoint could not start on 127.0.0.1:" + port, e);
        }
    }

    /** Starts an endpoint on a free port that keeps its objects in memory. */
    public static S3Endpoint inMemory() {
        return new S3Endpoint(new TransientNio2BlobStore(), 0, ACCESS_KEY, SECRET_KEY);
    }

    /** Starts an endpoint on a free port that keeps its objects in a folder, one folder a bucket. */
    public static S3Endpoint onDisk(Path folder) throws IOException {
        return onDisk(folder, 0, ACCESS_KEY, SECRET_KEY);
    }

    /**
     * Starts an endpoint that keeps its objects in a folder, one folder a bucket.
     *
     * @param port 0 for a free one
     */
    public static S3Endpoint onDisk(Path folder, int port, String accessKey, String secretKey) throws IOException {
        Files.createDirectories(folder);
        return new S3Endpoint(new FilesystemNio2BlobStore(folder.toString()), port, accessKey, secretKey);
    }

    public int port() {
        return server.getPort();
    }

    /** Where clients connect, without a path. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    public String accessKey() {
        return accessKey;
    }

    public String secretKey() {
        return secretKey;
    }

    /** Counts and faults of this endpoint's requests. */
    public FaultStore faults() {
        return store;
    }

    /** Creates a bucket; one that is there already stays as it is. */
    public S3Endpoint withBucket(String bucket) {
        boolean there = store.delegate().list().buckets().stream()
                .anyMatch(existing -> existing.name().equals(bucket));
        if (!there) {
            store.delegate()
                    .createContainer(
                            CreateBucketRequest.builder().bucket(bucket).build());
        }
        return this;
    }

    /** The replica URL of a bucket and a prefix (which may be empty) at this endpoint. */
    public URI replicaUrl(String bucket, String prefix) {
        return replicaUrl(bucket, prefix, port());
    }

    /** Like {@link #replicaUrl(String, String)}, through a proxy such as {@link TcpFault} on another port. */
    public static URI replicaUrl(String bucket, String prefix, int port) {
        String path = prefix.isEmpty() ? "" : "/" + prefix;
        return URI.create(
                "s3://" + bucket + path + "?region=us-east-1&endpoint=http://127.0.0.1:" + port + "&path-style=true");
    }

    /**
     * Gives the key pair to every client of this JVM that uses the default credentials: the system properties
     * {@code aws.accessKeyId} and {@code aws.secretAccessKey}. A child JVM gets them as {@code AWS_ACCESS_KEY_ID} and
     * {@code AWS_SECRET_ACCESS_KEY} in its environment. Closing takes it back.
     */
    public S3Endpoint asDefaultCredentials() {
        System.setProperty(KEY_PROPERTY, accessKey);
        System.setProperty(SECRET_PROPERTY, secretKey);
        defaultCredentials = true;
        return this;
    }

    /** The keys in a bucket that begin with {@code prefix}, sorted, not counted as requests. */
    public List<String> keys(String bucket, String prefix) {
        List<String> keys = new ArrayList<>();
        String token = null;
        do {
            ListObjectsV2Response page = store.delegate()
                    .list(ListObjectsV2Request.builder()
                            .bucket(bucket)
                            .prefix(prefix)
                            .continuationToken(token)
                            .build());
            page.contents().stream().map(S3Object::key).forEach(keys::add);
            token = page.nextContinuationToken();
        } while (token != null);
        keys.sort(null);
        return keys;
    }

    @Override
    public void close() {
        if (defaultCredentials) {
            System.clearProperty(KEY_PROPERTY);
            System.clearProperty(SECRET_PROPERTY);
        }
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("The S3 endpoint could not stop", e);
        }
    }
}
