package io.spindrift.replica.s3;

import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.StoreStatistics;
import io.spindrift.replica.StoreStatistics.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A replica in S3. Objects are created with {@code If-None-Match: *} and carry the metadata {@code spindrift-write-id}
 * and, as Litestream's do, {@code litestream-timestamp} (RFC 3339).
 *
 * <p>A request is tried up to 8 times within 30 s. An object holds at most 5 GiB. Opening sends nothing and finds no
 * fault with credentials; the first request does. Safe for use by many threads; starts none.
 */
public final class S3ReplicaStore implements ReplicaStore {
    /** What one PUT may carry; larger objects would need an upload in parts. */
    private static final long MAX_OBJECT_BYTES = 5L << 30;

    /** What one request may delete. */
    private static final int MAX_DELETIONS = 1_000;

    private static final Set<Integer> MULTI_DELETE_UNKNOWN = Set.of(400, 404, 405, 411, 501);

    private static final String WRITE_ID = "spindrift-write-id";
    private static final String TIMESTAMP = "litestream-timestamp";

    private final S3Connection connection;
    private final S3Address address;

    private S3ReplicaStore(S3Connection connection) {
        this.connection = connection;
        this.address = connection.address();
    }

    /**
     * Opens a replica with the default credentials: system properties, environment, web identity, profile, container
     * or instance role.
     *
     * @param url {@code s3://bucket/prefix?region=…&endpoint=…&path-style=true}; {@code path-style} is true by default
     *     where there is an endpoint
     * @param folder below the URL's path, may be empty
     * @throws StoreException if the URL cannot be used
     */
    public static S3ReplicaStore open(URI url, String folder) throws StoreException {
        return open(url, folder, DefaultCredentialsProvider.builder().build(), Retries.standard());
    }

    static S3ReplicaStore open(URI url, String folder, AwsCredentialsProvider credentials, Retries retries)
            throws StoreException {
        return new S3ReplicaStore(new S3Connection(S3Address.parse(url, folder), credentials, retries));
    }

    @Override
    public ReplicaLayout layout() {
        return ReplicaLayout.OBJECT_STORE;
    }

    @Override
    public String describe() {
        return address.describe();
    }

    @Override
    public StoreStatistics statistics() {
        return connection.statistics();
    }

    @Override
    public Created create(String name, Path content, String writeId, Instant timestamp, SendGuard guard)
            throws IOException {
        long bytes = Files.size(content);
        if (bytes > MAX_OBJECT_BYTES) {
            throw new StoreException("The object " + name + " for " + describe() + " has " + bytes
                    + " bytes, more than the " + MAX_OBJECT_BYTES + " that one PUT may carry");
        }
        return create(name, RequestBody.fromFile(content), writeId, Optional.of(timestamp), guard);
    }

    @Override
    public Created create(String name, byte[] content, String writeId, SendGuard guard) throws IOException {
        return create(name, RequestBody.fromBytes(content), writeId, Optional.empty(), guard);
    }

    private Created create(String name, RequestBody body, String writeId, Optional<Instant> timestamp, SendGuard guard)
            throws StoreException {
        Map<String, String> metadata = new HashMap<>();
        metadata.put(WRITE_ID, ReplicaStore.requireWriteId(writeId));
        timestamp.ifPresent(time -> metadata.put(TIMESTAMP, time.toString()));
        PutObjectRequest request = PutObjectRequest.builder()
                .bucket(address.bucket())
                .key(key(name))
                .ifNoneMatch("*")
                .metadata(metadata)
                .build();
        Creation creation = new Creation(request, body, writeId);
        return connection.send(Operation.PUT, name, guard, creation::run);
    }

    private void put(String name, PutObjectRequest request, RequestBody body, SendGuard guard) throws StoreException {
        connection.send(Operation.PUT, name, guard, s3 -> s3.putObject(request, body));
        connection.statistics().up(Operation.PUT, body.optionalContentLength().orElse(0L));
    }

    /**
     * A conditional PUT, run once for each try. A 412 says that the name is taken; a 409 that another request is under
     * way, but some stores answer it to whoever came too late. So after the second one, too, the object itself has to
     * tell a repeated PUT of ours, whose first answer was lost, from somebody else's.
     */
    private final class Creation {
        private static final int CONFLICTS_BEFORE_LOOKING = 2;

        private final PutObjectRequest request;
        private final RequestBody body;
        private final String writeId;
        private int conflicts;

        Creation(PutObjectRequest request, RequestBody body, String writeId) {
            this.request = request;
            this.body = body;
            this.writeId = writeId;
        }

        Created run(S3Client s3) {
            try {
                s3.putObject(request, body);
                connection
                        .statistics()
                        .up(Operation.PUT, body.optionalContentLength().orElse(0L));
                return Created.OURS;
            } catch (S3Exception e) {
                boolean taken = e.statusCode() == 412;
                boolean inTheWay = e.statusCode() == 409 && ++conflicts >= CONFLICTS_BEFORE_LOOKING;
                Optional<String> writer = taken || inTheWay ? writer(s3) : Optional.empty();
                if (writer.isPresent()) {
                    return writer.get().equals(writeId) ? Created.OURS : Created.TAKEN;
                }
                if (taken) {
                    return Created.TAKEN; // It was there and has been deleted since: the name was used.
                }
                throw e;
            }
        }

        /**
         * The write id of the object that is there, empty text if it has none. Its first byte is fetched with it: an
         * answer without a body, cut off amid its headers, cannot be told from one that lacks them.
         */
        private Optional<String> writer(S3Client s3) {
            connection.statistics().sending(Operation.GET);
            try {
                GetObjectResponse head = s3.getObject(
                        r -> r.bucket(request.bucket()).key(request.key()).range("bytes=0-0"), new WithFirstByte());
                return Optional.of(head.metadata().getOrDefault(WRITE_ID, ""));
            } catch (S3Exception e) {
                if (e.statusCode() == 404) {
                    return Optional.empty();
                }
                if (e.statusCode() == 416) {
                    return Optional.of(""); // it has no first byte, and no segment is empty
                }
                throw e;
            }
        }
    }

    private static final class WithFirstByte implements ResponseTransformer<GetObjectResponse, GetObjectResponse> {
        @Override
        public GetObjectResponse transform(GetObjectResponse response, AbortableInputStream body) throws IOException {
            if (body.read() < 0) {
                throw new IOException("the answer was cut off amid its headers");
            }
            body.abort(); // the rest, should the server not honour ranges
            return response;
        }
    }

    @Override
    public void put(String name, byte[] content, SendGuard guard) throws IOException {
        PutObjectRequest request = PutObjectRequest.builder()
                .bucket(address.bucket())
                .key(key(name))
                .build();
        put(name, request, RequestBody.fromBytes(content), guard);
    }

    @Override
    public InputStream read(String name, long offset, long length) throws IOException {
        ReplicaStore.requireRange(offset, length);
        return new ResumingStream(connection, name, key(name), offset, length);
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter) throws IOException {
        String keyPrefix = address.prefix() + ReplicaStore.requirePrefix(prefix);
        String after = ReplicaStore.requirePrefix(startAfter).isEmpty() || address.isDirectoryBucket()
                ? null
                : address.prefix() + startAfter;
        List<ObjectInfo> objects = new ArrayList<>();
        String token = null;
        do {
            String page = token;
            ListObjectsV2Response response = connection.send(
                    Operation.LIST,
                    prefix.isEmpty() ? "everything" : prefix,
                    SendGuard.ALWAYS,
                    s3 -> s3.listObjectsV2(r -> r.bucket(address.bucket())
                            .prefix(keyPrefix)
                            .startAfter(after)
                            .continuationToken(page)));
            for (S3Object object : response.contents()) {
                String name = object.key().substring(address.prefix().length());
                if (name.compareTo(startAfter) > 0) {
                    objects.add(new ObjectInfo(name, object.size(), object.lastModified()));
                }
            }
            token = Boolean.TRUE.equals(response.isTruncated()) ? response.nextContinuationToken() : null;
        } while (token != null);
        objects.sort(Comparator.comparing(ObjectInfo::name)); // Directory buckets list in no order.
        return List.copyOf(objects);
    }

    /**
     * Up to a thousand names a request. A server that does not know this request, or refuses it, is asked for each
     * object by itself. Some answer that they have deleted and have not: whoever deletes much looks again later.
     */
    @Override
    public void delete(List<String> names, SendGuard guard) throws IOException {
        for (int from = 0; from < names.size(); from += MAX_DELETIONS) {
            List<String> part = names.subList(from, Math.min(from + MAX_DELETIONS, names.size()));
            if (part.size() == 1 || !deleteAtOnce(part, guard)) {
                for (String name : part) {
                    deleteOne(name, guard);
                }
            }
        }
    }

    private boolean deleteAtOnce(List<String> names, SendGuard guard) throws StoreException {
        List<ObjectIdentifier> keys = names.stream()
                .map(name -> ObjectIdentifier.builder().key(key(name)).build())
                .toList();
        DeleteObjectsResponse response;
        try {
            response = connection.send(
                    Operation.DELETE,
                    names.size() + " objects",
                    guard,
                    s3 -> s3.deleteObjects(r -> r.bucket(address.bucket())
                            .delete(d -> d.objects(keys).quiet(true))));
        } catch (S3Failure failure) {
            if (MULTI_DELETE_UNKNOWN.contains(failure.status())) {
                return false;
            }
            throw failure;
        }
        return response.errors().isEmpty(); // else each by itself, which tells what is wrong with it
    }

    private void deleteOne(String name, SendGuard guard) throws StoreException {
        try {
            connection.send(
                    Operation.DELETE,
                    name,
                    guard,
                    s3 -> s3.deleteObject(r -> r.bucket(address.bucket()).key(key(name))));
        } catch (S3Failure failure) {
            if (!failure.isMissingObject()) {
                throw failure;
            }
        }
    }

    @Override
    public void close() {
        connection.close();
    }

    private String key(String name) {
        return address.prefix() + ReplicaStore.requireName(name);
    }
}
