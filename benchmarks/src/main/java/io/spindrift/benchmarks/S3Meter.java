package io.spindrift.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpHeaders;

/**
 * Counts the S3 requests of this JVM: by kind and first folder, with bytes and times. The SDK finds it by a resource
 * ({@code software/amazon/awssdk/services/s3/execution.interceptors}), so the engine is measured as it is.
 */
public final class S3Meter implements ExecutionInterceptor {
    private static final ExecutionAttribute<Long> STARTED = new ExecutionAttribute<>("spindrift.started");
    private static final Map<String, Kind> KINDS = new TreeMap<>();
    private static final String CONTENT_LENGTH = "Content-Length";

    /** Requests of one kind to one folder. */
    private static final class Kind {
        private final Latencies latencies = new Latencies();
        private long sent;
        private long received;
    }

    /** Forgets what was counted so far. */
    static void reset() {
        synchronized (KINDS) {
            KINDS.clear();
        }
    }

    /** Everything counted since the last reset. */
    static Measurements counted() {
        synchronized (KINDS) {
            Measurements all = new Measurements();
            long requests = 0;
            long sent = 0;
            long received = 0;
            for (Map.Entry<String, Kind> kind : KINDS.entrySet()) {
                all.put(kind.getKey(), kind.getValue().latencies.count());
                requests += kind.getValue().latencies.count();
                sent += kind.getValue().sent;
                received += kind.getValue().received;
            }
            return all.put("s3_requests", requests).put("s3_sent_bytes", sent).put("s3_received_bytes", received);
        }
    }

    /** How many requests of a kind there were. */
    static int requests(String kind) {
        synchronized (KINDS) {
            Kind found = KINDS.get(kind);
            return found == null ? 0 : found.latencies.count();
        }
    }

    /** Percentiles of the time that requests of a kind took, answers included. */
    static Measurements latencies(String prefix, String kind) {
        synchronized (KINDS) {
            Kind found = KINDS.getOrDefault(kind, new Kind());
            return Latencies.summary(prefix, List.of(found.latencies));
        }
    }

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
        attributes.putAttribute(STARTED, System.nanoTime());
    }

    @Override
    public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
        long sent = length(context.httpRequest().firstMatchingHeader(CONTENT_LENGTH));
        long received = length(context.httpResponse().firstMatchingHeader(CONTENT_LENGTH));
        count(kind(context.request()), attributes, sent, received);
    }

    @Override
    public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
        Optional<SdkHttpHeaders> request = context.httpRequest().map(r -> r);
        count(
                kind(context.request()) + "-failed",
                attributes,
                length(request.flatMap(r -> r.firstMatchingHeader(CONTENT_LENGTH))),
                0);
    }

    private static void count(String name, ExecutionAttributes attributes, long sent, long received) {
        long nanos = System.nanoTime() - attributes.getAttribute(STARTED);
        synchronized (KINDS) {
            Kind kind = KINDS.computeIfAbsent(name, n -> new Kind());
            kind.latencies.add(nanos);
            kind.sent += sent;
            kind.received += received;
        }
    }

    /** Such as {@code s3:PUT:0000}: level 0, {@code s3:PUT:lease}, {@code s3:GET:manifest.json}, {@code s3:LIST}. */
    private static String kind(SdkRequest sdkRequest) {
        String request = sdkRequest.getClass().getSimpleName();
        String verb = request.startsWith("Put")
                ? "PUT"
                : request.startsWith("Get")
                        ? "GET"
                        : request.startsWith("Head") ? "HEAD" : request.startsWith("Delete") ? "DELETE" : "LIST";
        String folder = sdkRequest
                .getValueForField("Key", String.class)
                .map(S3Meter::folder)
                .orElse("");
        return folder.isEmpty() ? "s3:" + verb : "s3:" + verb + ":" + folder;
    }

    /** What follows {@code databases/<name>/} in a key, up to the next slash. */
    private static String folder(String key) {
        int root = key.indexOf("databases/");
        String[] parts = (root < 0 ? key : key.substring(root)).split("/");
        return parts.length > 2 ? parts[2] : parts[parts.length - 1];
    }

    private static long length(Optional<String> header) {
        return header.map(Long::parseLong).orElse(0L);
    }
}
