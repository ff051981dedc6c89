package io.spindrift;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** Which point of a database's history is asked for. */
public sealed interface RestorePoint {
    /** The latest point the replica has. */
    record Latest() implements RestorePoint {
        @Override
        public String toString() {
            return "the latest position";
        }
    }

    /** Exactly this position. */
    record Exactly(Position position) implements RestorePoint {
        @Override
        public String toString() {
            return "position " + position;
        }
    }

    /**
     * The last restorable point at or before an instant, by the clock of the owner that wrote it: nothing that was
     * committed later is in it, and what was committed in the last {@code sync-interval} before the instant may not be.
     */
    record AtOrBefore(Instant instant) implements RestorePoint {
        @Override
        public String toString() {
            return "the last position at or before " + instant;
        }
    }

    /** The latest point. */
    static RestorePoint latest() {
        return new Latest();
    }

    /** Exactly this position. */
    static RestorePoint of(Position position) {
        return new Exactly(position);
    }

    /** The last restorable point at or before an instant. */
    static RestorePoint of(Instant instant) {
        return new AtOrBefore(instant);
    }

    /**
     * Reads a point as it is configured.
     *
     * @param text a position, 1 to 16 hexadecimal digits, or a time such as {@code 2026-11-20T10:30:41Z} or {@code
     *     2026-11-20T11:30:41.250+01:00}
     * @throws IllegalArgumentException if the text is neither
     */
    static RestorePoint parse(String text) {
        return text.indexOf('-') < 0 ? of(Position.parse(text)) : of(parseInstant(text));
    }

    /**
     * Reads a time with its offset from UTC.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    static Instant parseInstant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("A time is written like 2026-11-20T10:30:41Z or"
                    + " 2026-11-20T11:30:41.250+01:00, with its offset from UTC, found \"" + text + "\"");
        }
    }
}
