package io.spindrift;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Asks for a copy of a database at one point of its history.
 *
 * @param replica the replica, as in {@code replica-url}
 * @param name the database's name under it; empty if the URL itself is the root, as with any Litestream replica
 * @param output the file to create; it must not exist
 * @param position the point to restore, empty for the latest
 */
public record RestoreRequest(URI replica, Optional<String> name, Path output, Optional<Position> position) {

    public static Builder builder() {
        return new Builder();
    }

    /** Collects a request. */
    public static final class Builder {
        private URI replica;
        private Optional<String> name = Optional.empty();
        private Path output;
        private Optional<Position> position = Optional.empty();

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

        public Builder position(Position value) {
            position = Optional.of(value);
            return this;
        }

        public RestoreRequest build() {
            if (replica == null || output == null) {
                throw new SpindriftException("A restore needs a replica and an output file, found replica " + replica
                        + " and output " + output);
            }
            return new RestoreRequest(replica, name, output, position);
        }
    }
}
