package io.spindrift;

import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Asks for a copy of a database at one point of its history.
 *
 * @param replica the replica, as in {@code replica-url}
 * @param name the database's name under it; empty if the URL itself is the root, as with any Litestream replica
 * @param output the file to create
 * @param point the point to restore
 * @param overwrite whether a file that exists is replaced; otherwise it is an error
 * @param encryptionKeyset the file with the replica's keys if it is encrypted; needs the name
 * @param progress is told how far the restore has come, on the calling thread
 */
public record RestoreRequest(
        URI replica,
        Optional<String> name,
        Path output,
        RestorePoint point,
        boolean overwrite,
        Optional<Path> encryptionKeyset,
        Consumer<RestoreProgress> progress) {

    public static Builder builder() {
        return new Builder();
    }

    /** Collects a request. */
    public static final class Builder {
        private URI replica;
        private Optional<String> name = Optional.empty();
        private Path output;
        private RestorePoint point = RestorePoint.latest();
        private boolean overwrite;
        private Consumer<RestoreProgress> progress = none -> {};
        private Optional<Path> encryptionKeyset = Optional.empty();

        private Builder() {}

        public Builder replica(URI value) {
            replica = value;
            return this;
        }

        public Builder name(String value) {
            name = Optional.of(value);
            return this;
        }

        public Builder output(Path value) {
            output = value;
            return this;
        }

        /** Exactly this position instead of the latest. */
        public Builder position(Position value) {
            return point(RestorePoint.of(value));
        }

        /** The last restorable point at or before an instant, see {@link RestorePoint.AtOrBefore}. */
        public Builder at(Instant value) {
            return point(RestorePoint.of(value));
        }

        public Builder point(RestorePoint value) {
            point = value;
            return this;
        }

        public Builder overwrite(boolean value) {
            overwrite = value;
            return this;
        }

        public Builder progress(Consumer<RestoreProgress> value) {
            progress = value;
            return this;
        }

        public Builder encryptionKeyset(Path value) {
            encryptionKeyset = Optional.of(value);
            return this;
        }

        public RestoreRequest build() {
            if (replica == null || output == null) {
                throw new SpindriftException("A restore needs a replica and an output file, found replica " + replica
                        + " and output " + output);
            }
            return new RestoreRequest(replica, name, output, point, overwrite, encryptionKeyset, progress);
        }
    }
}
