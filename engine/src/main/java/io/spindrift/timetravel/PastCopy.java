package io.spindrift.timetravel;

import io.spindrift.restore.Restorer.Target;
import java.nio.file.Path;

/** A copy of a database at a position. What changes is guarded by its {@link TimeTravel}. */
final class PastCopy {
    final Target target;
    final Path file;
    boolean ready;
    /** Views and connections that use the file. */
    int users;

    PastCopy(Target target, Path file) {
        this.target = target;
        this.file = file;
    }
}
