package io.spindrift.jpa;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAccessor;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How dates and times are stored: ISO-8601 text whose order is the order of time, so that SQLite compares, sorts and
 * indexes it, and that SQLite's own date functions read.
 *
 * <table>
 * <caption>Stored forms</caption>
 * <tr><td>{@code LocalDate}, {@code java.sql.Date}</td><td>{@code 2026-11-20}</td></tr>
 * <tr><td>{@code LocalTime}, {@code java.sql.Time}</td><td>{@code 10:15:30}, {@code 10:15:30.25}</td></tr>
 * <tr><td>{@code LocalDateTime}</td><td>{@code 2026-11-20T10:15:30.25}</td></tr>
 * <tr><td>{@code Instant}, {@code OffsetDateTime}, {@code ZonedDateTime}, {@code java.util.Date}, {@code Calendar},
 * {@code Timestamp}</td>
 * <td>{@code 2026-11-20T10:15:30.250000000Z}</td></tr>
 * <tr><td>{@code OffsetTime}</td><td>{@code 10:15:30.25+01:00}, which does not sort across offsets</td></tr>
 * </table>
 *
 * <p>A point on the time line is stored in UTC, for the next server that restores the database may be in another zone;
 * an {@code OffsetDateTime} comes back as the same instant with the offset Z. Years are 0 to 9999: others do not sort.
 */
public final class IsoText {
    /** SQL for now, in the form of an {@code Instant}, to the millisecond. */
    public static final String CURRENT_INSTANT = "strftime('%Y-%m-%dT%H:%M:%f000000Z', 'now')";

    /** SQL for now, in the form of a {@code LocalDateTime}, in the zone of the operating system. */
    public static final String CURRENT_LOCAL_DATE_TIME = "strftime('%Y-%m-%dT%H:%M:%f', 'now', 'localtime')";

    /** SQL for today, in the form of a {@code LocalDate}, in the zone of the operating system. */
    public static final String CURRENT_DATE = "date('now', 'localtime')";

    /** SQL for the time of day, in the form of a {@code LocalTime}, in the zone of the operating system. */
    public static final String CURRENT_TIME = "strftime('%H:%M:%f', 'now', 'localtime')";

    private static final DateTimeFormatter DATE = new DateTimeFormatterBuilder()
            .appendValue(ChronoField.YEAR, 4)
            .appendLiteral('-')
            .appendValue(ChronoField.MONTH_OF_YEAR, 2)
            .appendLiteral('-')
            .appendValue(ChronoField.DAY_OF_MONTH, 2)
            .toFormatter();

    private static final DateTimeFormatter DATE_TIME = new DateTimeFormatterBuilder()
            .append(DATE)
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .toFormatter();

    // All nine digits always: "30Z" would sort after "30.5Z".
    private static final DateTimeFormatter INSTANT = new DateTimeFormatterBuilder()
            .append(DATE)
            .appendPattern("'T'HH:mm:ss.SSSSSSSSSX")
            .toFormatter();

    private static final DateTimeFormatter ANY_WITH_DATE = new DateTimeFormatterBuilder()
            .append(DATE)
            .optionalStart()
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter();

    private static final Map<Class<?>, Function<String, Object>> READERS = Map.ofEntries(
            Map.entry(LocalDate.class, text -> local(text).toLocalDate()),
            Map.entry(
                    java.sql.Date.class,
                    text -> java.sql.Date.valueOf(local(text).toLocalDate())),
            Map.entry(LocalTime.class, text -> local(text).toLocalTime()),
            Map.entry(java.sql.Time.class, IsoText::sqlTime),
            Map.entry(LocalDateTime.class, IsoText::local),
            Map.entry(Instant.class, IsoText::instant),
            Map.entry(OffsetDateTime.class, text -> instant(text).atOffset(ZoneOffset.UTC)),
            Map.entry(ZonedDateTime.class, text -> instant(text).atZone(ZoneOffset.UTC)),
            Map.entry(Date.class, text -> Date.from(instant(text))),
            Map.entry(java.sql.Timestamp.class, text -> java.sql.Timestamp.from(instant(text, ZoneId.systemDefault()))),
            Map.entry(Calendar.class, IsoText::calendar),
            Map.entry(GregorianCalendar.class, IsoText::calendar),
            Map.entry(OffsetTime.class, OffsetTime::parse));

    private IsoText() {}

    /**
     * The stored form of a date or time.
     *
     * @return empty if the value is neither
     * @throws java.time.DateTimeException if the year is not 0 to 9999
     */
    public static Optional<String> of(Object value) {
        // java.sql's dates are java.util.Dates, so they come first.
        if (value instanceof java.sql.Date date) {
            return Optional.of(DATE.format(date.toLocalDate()));
        } else if (value instanceof java.sql.Time time) {
            // Not toLocalTime(), which drops the milliseconds.
            return of(LocalTime.ofInstant(Instant.ofEpochMilli(time.getTime()), ZoneId.systemDefault()));
        } else if (value instanceof java.sql.Timestamp timestamp) {
            return of(timestamp.toInstant());
        } else if (value instanceof Date date) {
            return of(date.toInstant());
        } else if (value instanceof Calendar calendar) {
            return of(calendar.toInstant());
        } else if (value instanceof Temporal temporal) {
            return ofTemporal(temporal);
        }
        return Optional.empty();
    }

    private static Optional<String> ofTemporal(Temporal value) {
        if (value instanceof ZonedDateTime dateTime) {
            return of(dateTime.toInstant());
        } else if (value instanceof LocalDate) {
            return Optional.of(DATE.format(value));
        } else if (value instanceof LocalDateTime) {
            return Optional.of(DATE_TIME.format(value));
        } else if (value instanceof LocalTime) {
            return Optional.of(DateTimeFormatter.ISO_LOCAL_TIME.format(value));
        } else if (value instanceof Instant instant) {
            return Optional.of(INSTANT.format(instant.atOffset(ZoneOffset.UTC)));
        } else if (value instanceof OffsetDateTime dateTime) {
            return of(dateTime.toInstant());
        } else if (value instanceof OffsetTime) {
            return Optional.of(DateTimeFormatter.ISO_OFFSET_TIME.format(value));
        }
        return Optional.empty();
    }

    /** Whether {@link #parse} can make this type. */
    public static boolean covers(Class<?> type) {
        return READERS.containsKey(type);
    }

    /**
     * Reads a stored form, and what SQLite's date functions and JDBC write: with a space for the T, without a fraction,
     * and, where a point on the time line is asked for, without an offset. A date and time is then taken as UTC, or in
     * the zone of the JVM for a {@code Timestamp}; a date alone is the midnight it begins with and a time alone that of
     * 1970-01-01, both in the zone of the JVM.
     *
     * @throws java.time.DateTimeException if the text is no date or time
     * @throws IllegalArgumentException if the type is not one of dates or times
     */
    public static <T> T parse(String text, Class<T> type) {
        Function<String, Object> reader = READERS.get(type);
        if (reader == null) {
            throw new IllegalArgumentException(type.getName() + " is not a type of date or time");
        }
        return type.cast(reader.apply(text.strip()));
    }

    private static LocalDateTime local(String text) {
        TemporalAccessor parsed = any(text);
        if (parsed instanceof OffsetDateTime dateTime) {
            return dateTime.atZoneSameInstant(ZoneId.systemDefault()).toLocalDateTime();
        } else if (parsed instanceof LocalDateTime dateTime) {
            return dateTime;
        } else if (parsed instanceof LocalDate date) {
            return date.atStartOfDay();
        }
        return LocalDate.EPOCH.atTime(LocalTime.from(parsed));
    }

    private static Instant instant(String text) {
        return instant(text, ZoneOffset.UTC);
    }

    private static Instant instant(String text, ZoneId zoneOfDateAndTime) {
        TemporalAccessor parsed = any(text);
        if (parsed instanceof OffsetDateTime dateTime) {
            return dateTime.toInstant();
        } else if (parsed instanceof LocalDateTime dateTime) {
            return dateTime.atZone(zoneOfDateAndTime).toInstant();
        }
        return local(text).atZone(ZoneId.systemDefault()).toInstant();
    }

    /** Not {@code Time.valueOf(LocalTime)}, which drops the milliseconds. */
    private static java.sql.Time sqlTime(String text) {
        LocalDateTime onTheFirstDay = LocalDate.EPOCH.atTime(local(text).toLocalTime());
        return new java.sql.Time(
                onTheFirstDay.atZone(ZoneId.systemDefault()).toInstant().toEpochMilli());
    }

    private static Calendar calendar(String text) {
        Calendar calendar = new GregorianCalendar();
        calendar.setTimeInMillis(instant(text).toEpochMilli());
        return calendar;
    }

    private static TemporalAccessor any(String text) {
        boolean timeAlone = text.length() > 2 && text.charAt(2) == ':';
        return timeAlone
                ? LocalTime.parse(text)
                : ANY_WITH_DATE.parseBest(
                        text.replace(' ', 'T'), OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
    }
}
