package io.spindrift.replica.s3;

import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.StoreStatistics;
import io.spindrift.replica.StoreStatistics.Operation;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;

/**
 * The SDK's client, set up so that it starts no thread and never repeats a request by itself.
 *
 * <p>Timeouts of the SDK would start a scheduler and its pool of idle connections a reaper; timeouts of the socket and
 * our own {@link Retries} take their place. Repeating is ours because every try of a write has to ask its guard.
 */
final class S3Connection implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(20);
    private static final int MAX_CONNECTIONS = 32;

    private final S3Address address;
    private final AwsCredentialsProvider credentials;
    private final Retries retries;
    private final StoreStatistics statistics = new StoreStatistics();
    private final S3Client client;
    private volatile boolean credentialsFound;

    S3Connection(S3Address address, AwsCredentialsProvider credentials, Retries retries) {
        this.address = address;
        this.credentials = credentials;
        this.retries = retries;
        this.client = withOwnLoader(this::connect);
    }

    S3Address address() {
        return address;
    }

    Retries retries() {
        return retries;
    }

    StoreStatistics statistics() {
        return statistics;
    }

    /**
     * Sends a request until it succeeds, fails for good, or the tries are used up.
     *
     * @param name of the object, or what is listed
     */
    <T> T send(Operation operation, String name, SendGuard guard, Function<S3Client, T> request) throws StoreException {
        requireCredentials();
        Retries.Tries tries = retries.begin();
        while (true) {
            guard.beforeSend();
            statistics.sending(operation);
            try {
                return withOwnLoader(() -> request.apply(client));
            } catch (SdkException | UncheckedIOException e) {
                S3Failure failure = S3Failure.of(asSdkException(e), operation + " of " + name, address);
                if (!failure.isWorthAnotherTry() || !tries.again()) {
                    if (!failure.isConflict() && !failure.isMissingObject()) {
                        statistics.failed(operation);
                    }
                    throw failure;
                }
                statistics.repeating(operation);
            }
        }
    }

    /** The SDK lets what breaks off the body of an error pass as it is. */
    private static SdkException asSdkException(RuntimeException e) {
        return e instanceof SdkException known ? known : SdkClientException.create(e.getMessage(), e);
    }

    @Override
    public void close() {
        withOwnLoader(() -> {
            client.close();
            return null;
        });
    }

    private S3Client connect() {
        var builder = S3Client.builder()
                .region(Region.of(address.region()))
                .forcePathStyle(address.pathStyle())
                .credentialsProvider(credentials)
                .httpClientBuilder(Apache5HttpClient.builder()
                        .connectionTimeout(CONNECT_TIMEOUT)
                        .socketTimeout(SOCKET_TIMEOUT)
                        .maxConnections(MAX_CONNECTIONS)
                        .useIdleConnectionReaper(false))
                // Checksum trailers and chunked signatures are what S3's imitators get wrong; LTX has its own
                // checksums.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(
                        S3Configuration.builder().chunkedEncodingEnabled(false).build())
                .overrideConfiguration(options -> options.retryStrategy(AwsRetryStrategy.doNotRetry()));
        address.endpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    /** Without this, missing credentials show as a failure of whatever request happens to be the first. */
    private void requireCredentials() throws StoreException {
        if (credentialsFound) {
            return;
        }
        try {
            withOwnLoader(credentials::resolveCredentials);
            credentialsFound = true;
        } catch (SdkException e) {
            throw new StoreException(
                    "No credentials were found for " + address.describe()
                            + "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role",
                    e);
        }
    }

    /** The SDK finds its parts through the context class loader, which in a container is whichever application's. */
    private static <T> T withOwnLoader(Supplier<T> task) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(S3Connection.class.getClassLoader());
        try {
            return task.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
