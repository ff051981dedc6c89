package io.spindrift;

import java.time.Instant;
import javax.sql.DataSource;

/**
 * A database as it was at one position: a verified copy on the local disk that can be read and never written. Closing it
 * closes its connections; the copy stays for the next who asks for the same position, until room is needed. Thread-safe.
 */
public interface PastDatabase extends AutoCloseable {
    /** The position it is at. */
    Position position();

    /** When that was committed, by the clock of the owner that wrote it. */
    Instant time();

    /** A data source whose every connection is new and read-only ({@code 25006} on a write). */
    DataSource dataSource();

    /** Closes every connection that is still open. Repeatable. */
    @Override
    void close();
}
