package io.spindrift.replica;

import io.spindrift.replica.encryption.EncryptedReplicaStore;
import io.spindrift.replica.encryption.EncryptionKeys;
import io.spindrift.replica.file.FileReplicaStore;
import io.spindrift.replica.s3.S3ReplicaStore;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** Opens the store that a replica URL names. */
public final class ReplicaStores {
    private static final Pattern DATABASE = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    private ReplicaStores() {}

    /**
     * Opens the replica of one database: {@code <url>/databases/<name>}.
     *
     * @param url {@code s3://bucket/prefix} with the options {@code region}, {@code endpoint} and {@code path-style}, or
     *     {@code file:///folder}
     * @throws StoreException if the URL cannot be used; nothing is sent yet, so a missing bucket or wrong credentials
     *     show with the first request
     */
    public static ReplicaStore open(URI url, String databaseName) throws StoreException {
        if (!DATABASE.matcher(databaseName).matches()) {
            throw new StoreException("A database name is a lower-case letter followed by up to 62 lower-case letters,"
                    + " digits or hyphens, found \"" + databaseName + "\"; correct it");
        }
        return openFolder(url, "databases/" + databaseName);
    }

    /**
     * The same, encrypted if there is a keyset.
     *
     * @param keyset the file, see {@link EncryptionKeys}
     * @throws io.spindrift.SpindriftException if the keyset cannot be used
     */
    public static ReplicaStore open(URI url, String databaseName, Optional<Path> keyset) throws StoreException {
        if (keyset.isEmpty()) {
            return open(url, databaseName);
        }
        EncryptionKeys keys = EncryptionKeys.load(keyset.get());
        return new EncryptedReplicaStore(open(url, databaseName), databaseName, keys);
    }

    /** Opens a replica whose root is the URL itself, such as Litestream's. Like {@link #open} otherwise. */
    public static ReplicaStore openRoot(URI url) throws StoreException {
        return openFolder(url, "");
    }

    private static ReplicaStore openFolder(URI url, String folder) throws StoreException {
        String scheme = url.getScheme() == null ? "" : url.getScheme();
        return switch (scheme) {
            case "s3" -> S3ReplicaStore.open(url, folder);
            case "file" -> FileReplicaStore.open(url, folder);
            default ->
                throw new StoreException("A replica URL begins with s3: or file:, found "
                        + (scheme.isEmpty() ? "no scheme" : scheme + ":")
                        + "; write s3://bucket/prefix or file:///folder");
        };
    }
}
