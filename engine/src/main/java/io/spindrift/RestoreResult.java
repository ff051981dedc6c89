package io.spindrift;

import java.time.Duration;
import java.time.Instant;

/**
 * A restore that was verified and put in place.
 *
 * @param position the point that was restored
 * @param time when it was committed, by the clock of the owner that wrote it
 * @param bytes size of the database file
 * @param pageSize bytes a page
 * @param objects how many segments and snapshots it was made of
 * @param rollingChecksum LTX's checksum over all its pages
 * @param proven whether the replica carried that checksum to compare with; replicas of other writers may not
 * @param fetch how long it took until all pages were written
 * @param took from the first request to the file's last fsync
 */
public record RestoreResult(
        Position position,
        Instant time,
        long bytes,
        int pageSize,
        int objects,
        long rollingChecksum,
        boolean proven,
        Duration fetch,
        Duration took) {}
