package io.spindrift.replica.s3;

import io.spindrift.replica.StoreException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;

/**
 * Where in S3 a replica is: {@code s3://bucket/prefix?region=…&endpoint=…&path-style=true}.
 *
 * @param prefix of every key, empty or ending in {@code /}
 * @param endpoint a server other than Amazon's
 * @param pathStyle whether the bucket's name goes into the path instead of the host name
 */
record S3Address(String bucket, String prefix, String region, Optional<URI> endpoint, boolean pathStyle) {
    private static final Set<String> OPTIONS = Set.of("region", "endpoint", "path-style");
    private static final Pattern WORD = Pattern.compile("[A-Za-z-]{1,30}");
    /** What servers other than Amazon's expect in signatures unless they are told otherwise. */
    private static final String REGION_OF_ENDPOINTS = "us-east-1";

    /**
     * Reads a replica URL.
     *
     * @param folder to append to the URL's path, may be empty
     */
    static S3Address parse(URI url, String folder) throws StoreException {
        String authority = url.getRawAuthority();
        if (authority == null || authority.isEmpty()) {
            throw new StoreException("The replica URL names no bucket; write s3://bucket/prefix");
        }
        if (authority.contains("@")) {
            throw new StoreException("The replica URL carries credentials; remove them and give them through the"
                    + " environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), a profile or a role");
        }
        if (authority.contains(":") || url.getRawFragment() != null) {
            throw new StoreException("The replica URL for bucket " + authority.replaceAll(":.*", "")
                    + " has a port or a fragment; a server of your own goes into ?endpoint=http://host:port");
        }
        Map<String, String> options = options(url);
        Optional<URI> endpoint = endpoint(options.get("endpoint"));
        String region = options.containsKey("region")
                ? options.get("region")
                : endpoint.isPresent() ? REGION_OF_ENDPOINTS : surroundingRegion();
        return new S3Address(
                authority, prefix(url.getPath(), folder), region, endpoint, pathStyle(options, endpoint.isPresent()));
    }

    /** Whether the bucket is one of S3 Express, which lists in no order and knows no start of a listing. */
    boolean isDirectoryBucket() {
        return bucket.endsWith("--x-s3");
    }

    /** As an operator would write it, without options. */
    String describe() {
        String root = prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1);
        return "s3://" + bucket + root + endpoint.map(uri -> " at " + uri).orElse("");
    }

    /** Where requests go, for messages. */
    String server() {
        return endpoint.map(URI::toString).orElse("Amazon S3 in " + region);
    }

    private static Map<String, String> options(URI url) throws StoreException {
        Map<String, String> options = new TreeMap<>();
        if (url.getRawQuery() == null) {
            return options;
        }
        for (String option : url.getRawQuery().split("&")) {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            // The value of an unknown option stays out of the message, and a name that is no word: it may be a secret.
            if (!OPTIONS.contains(name)) {
                String shown = WORD.matcher(name).matches() ? " \"" + name + "\"" : "";
                throw new StoreException("The replica URL has an unknown option" + shown
                        + "; the options are region, endpoint and path-style");
            }
            String value = equals < 0 ? "" : decode(option.substring(equals + 1));
            if (value.isBlank()) {
                throw new StoreException("The option " + name + " of the replica URL is empty; give it a value");
            }
            if (options.put(name, value) != null) {
                throw new StoreException("The option " + name + " appears twice in the replica URL; remove one");
            }
        }
        return options;
    }

    private static String decode(String value) {
        return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Optional<URI> endpoint(String value) throws StoreException {
        if (value == null) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(value);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (web && uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawQuery() == null) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException e) {
            // Answered below, together with addresses of another kind.
        }
        throw new StoreException("The option endpoint of the replica URL must be an address such as"
                + " https://s3.example.com or http://127.0.0.1:9000, without credentials; correct it");
    }

    private static boolean pathStyle(Map<String, String> options, boolean ownEndpoint) throws StoreException {
        String value = options.getOrDefault("path-style", Boolean.toString(ownEndpoint));
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw new StoreException(
                        "The option path-style of the replica URL must be true or false, found \"" + value + "\"");
        };
    }

    /** The region of the environment or the profile, without asking a metadata service, which can take seconds. */
    private static String surroundingRegion() throws StoreException {
        try {
            return new AwsRegionProviderChain(new SystemSettingsRegionProvider(), new AwsProfileRegionProvider())
                    .getRegion()
                    .id();
        } catch (SdkClientException e) {
            throw new StoreException(
                    "The replica URL names no region; add ?region=eu-central-1, or set AWS_REGION, or name a server"
                            + " of your own with ?endpoint=",
                    e);
        }
    }

    private static String prefix(String path, String folder) {
        String joined = ((path == null ? "" : path) + "/" + folder).replaceAll("/{2,}", "/");
        String trimmed = joined.replaceAll("^/|/$", "");
        return trimmed.isEmpty() ? "" : trimmed + "/";
    }
}
