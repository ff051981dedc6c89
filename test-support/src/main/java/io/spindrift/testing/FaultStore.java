package io.spindrift.testing;

import com.google.common.io.ByteStreams;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Stands in front of a blob store: counts requests, makes conditional writes atomic, and fails where it was told to.
 * Keys are within their bucket; tests use one bucket an endpoint. Safe for use by many threads.
 */
public final class FaultStore extends ForwardingBlobStore {
    private static final int LOCKS = 64;
    private static final long SMALL_BODY_BYTES = 1 << 20;

    private final List<Injection> injections = new CopyOnWriteArrayList<>();
    private volatile Supplier<Optional<Fault>> chaos = Optional::empty;
    private final Map<Operation, LongAdder> requests = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> bytesPutByKey = new ConcurrentHashMap<>();
    /** s3proxy reads, compares, then writes: without a lock two conditional writes of one key could both succeed. */
    private final List<Object> keyLocks =
            IntStream.range(0, LOCKS).mapToObj(i -> new Object()).toList();

    FaultStore(BlobStore store) {
        super(store);
    }

    /** The kinds of requests that are counted and can be made to fail. */
    public enum Operation {
        PUT,
        GET,
        HEAD,
        LIST,
        DELETE
    }

    /** A fault that is waiting for its requests; {@link #close()} ends it early. */
    public final class Injection implements AutoCloseable {
        private final Operation operation;
        private final String keyPrefix;
        private final Fault fault;
        private final AtomicInteger left;
        private final AtomicInteger hits = new AtomicInteger();

        private Injection(Operation operation, String keyPrefix, int times, Fault fault) {
            this.operation = operation;
            this.keyPrefix = keyPrefix;
            this.fault = fault;
            this.left = new AtomicInteger(times);
        }

        /** How many requests met this fault so far. */
        public int hits() {
            return hits.get();
        }

        @Override
        public void close() {
            injections.remove(this);
        }

        private boolean meets(Operation requested, String key) {
            if (requested != operation || !key.startsWith(keyPrefix)) {
                return false;
            }
            if (left.getAndUpdate(n -> Math.max(0, n - 1)) == 0) {
                return false;
            }
            hits.incrementAndGet();
            return true;
        }
    }

    /** Disturbs every such request until the injection is closed. */
    public Injection inject(Operation operation, Fault fault) {
        return inject(operation, "", Integer.MAX_VALUE, fault);
    }

    /** Disturbs the next {@code times} such requests. */
    public Injection inject(Operation operation, int times, Fault fault) {
        return inject(operation, "", times, fault);
    }

    /**
     * Disturbs the next {@code times} such requests for keys (for lists: prefixes) that begin with {@code keyPrefix}.
     * A request meets the oldest injection that fits.
     */
    public Injection inject(Operation operation, String keyPrefix, int times, Fault fault) {
        Injection injection = new Injection(operation, keyPrefix, times, fault);
        injections.add(injection);
        return injection;
    }

    /** Asks for every request that meets no injection whether, and how, it shall fail, until {@link #clear()}. */
    public void chaos(Supplier<Optional<Fault>> faults) {
        chaos = faults;
    }

    /** Ends every injection, and chaos. */
    public void clear() {
        injections.clear();
        chaos = Optional::empty;
    }

    /** How many requests of this kind have arrived, the disturbed ones included. */
    public long requests(Operation operation) {
        LongAdder count = requests.get(operation);
        return count == null ? 0 : count.sum();
    }

    /** How many bytes have arrived in the bodies of PUTs for keys that begin with {@code keyPrefix}, repeats included. */
    public long bytesPut(String keyPrefix) {
        return bytesPutByKey.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(keyPrefix))
                .mapToLong(entry -> entry.getValue().sum())
                .sum();
    }

    /** How many bytes have arrived in the bodies of all PUTs, repeats included. */
    public long bytesPut() {
        return bytesPut("");
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream payload) {
        Optional<Fault> fault = arrive(Operation.PUT, request.key());
        InputStream counted =
                new CountingStream(payload, bytesPutByKey.computeIfAbsent(request.key(), key -> new LongAdder()));
        if (fault.isPresent() && fault.get() instanceof Fault.Refuse refuse) {
            drain(counted);
            throw s3Exception(refuse.status(), refuse.code());
        }
        fault.ifPresent(FaultStore::before);
        InputStream arrived = arrived(request, counted);
        PutObjectResponse response;
        synchronized (lock(request.key())) {
            response = super.putBlob(request, arrived);
        }
        fault.ifPresent(FaultStore::after);
        return response;
    }

    /** A small body whole: a client that is frozen in the middle of it must not keep others from the key. */
    private static InputStream arrived(PutObjectRequest request, InputStream body) {
        if (request.contentLength() == null || request.contentLength() > SMALL_BODY_BYTES) {
            return body;
        }
        try {
            return new ByteArrayInputStream(body.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        Optional<Fault> fault = arrive(Operation.GET, request.key());
        fault.ifPresent(FaultStore::before);
        ResponseInputStream<GetObjectResponse> response;
        synchronized (lock(request.key())) { // the store beneath replaces an object in steps, S3 does it at once
            response = super.getBlob(request);
        }
        fault.ifPresent(FaultStore::after);
        if (response != null && fault.isPresent() && fault.get() instanceof Fault.Truncate truncate) {
            return new ResponseInputStream<>(response.response(), new TruncatedStream(response, truncate.bytes()));
        }
        return response;
    }

    @Override
    public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
        return around(Operation.HEAD, request.key(), () -> {
            synchronized (lock(request.key())) { // the store beneath writes an object first, and its metadata then
                return super.blobMetadata(request);
            }
        });
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        String prefix = request.prefix() == null ? "" : request.prefix();
        return around(Operation.LIST, prefix, () -> super.list(request));
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
        return around(Operation.DELETE, request.key(), () -> {
            synchronized (lock(request.key())) {
                return super.removeBlob(request);
            }
        });
    }

    private <T> T around(Operation operation, String key, Supplier<T> request) {
        Optional<Fault> fault = arrive(operation, key);
        fault.ifPresent(FaultStore::before);
        T response = request.get();
        fault.ifPresent(FaultStore::after);
        return response;
    }

    private Optional<Fault> arrive(Operation operation, String key) {
        requests.computeIfAbsent(operation, o -> new LongAdder()).increment();
        return injections.stream()
                .filter(injection -> injection.meets(operation, key))
                .findFirst()
                .map(injection -> injection.fault)
                .or(chaos);
    }

    private Object lock(String key) {
        return keyLocks.get(Math.floorMod(key.hashCode(), LOCKS));
    }

    private static void before(Fault fault) {
        if (fault instanceof Fault.Refuse refuse) {
            throw s3Exception(refuse.status(), refuse.code());
        }
        if (fault instanceof Fault.Hold hold) {
            try {
                if (!hold.latch().await(hold.atMost().toNanos(), TimeUnit.NANOSECONDS)) {
                    return; // A delay is over, or a test forgot its latch: go on either way.
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void after(Fault fault) {
        if (fault instanceof Fault.RefuseAfterApply refuse) {
            throw s3Exception(refuse.status(), refuse.code());
        }
    }

    private static S3Exception s3Exception(int status, String code) {
        return (S3Exception) S3Exception.builder()
                .message(code)
                .statusCode(status)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage("Injected by a test.")
                        .build())
                .build();
    }

    /** A client that is refused in the middle of its body would see a broken connection instead of the error. */
    private static void drain(InputStream payload) {
        try {
            ByteStreams.exhaust(payload);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class CountingStream extends FilterInputStream {
        private final LongAdder bytes;

        CountingStream(InputStream in, LongAdder bytes) {
            super(in);
            this.bytes = bytes;
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) {
                bytes.increment();
            }
            return b;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            if (n > 0) {
                bytes.add(n);
            }
            return n;
        }
    }

    /** Fails after so many bytes, which makes the server break the connection in the middle of a body. */
    private static final class TruncatedStream extends FilterInputStream {
        private long left;

        TruncatedStream(InputStream in, long bytes) {
            super(in);
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left <= 0) {
                throw new IOException("Cut off by a test.");
            }
            int n = super.read(buffer, offset, (int) Math.min(left, length));
            left -= Math.max(n, 0);
            return n;
        }
    }
}
