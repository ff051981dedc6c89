package io.spindrift.jdbc;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.DateTimeException;
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
import java.time.temporal.TemporalQueries;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.UUID;

/**
 * How Java's types are kept in SQLite's five.
 *
 * <p>Times are ISO-8601 text, which SQLite's date functions read (docs/adr/0012). A point on the time line is in UTC with
 * nine digits of fraction and {@code Z}, so that text order is time order; {@code java.sql.Date}, {@code Time} and the
 * local types are stored as they read. On reading, integers are epoch milliseconds, as other tools of the JVM store
 * them. A {@code BigDecimal} is text and exact in a column of type TEXT; a NUMERIC column would round it. Numbers that do
 * not fit the type asked for are an error (22003), never cut off.
 */
final class SqlTypes {
    private static final int LONGEST_PLAIN_SCALE = 1_000;

    /** Four digits of year and no sign: other years do not sort as text, and are refused. */
    private static final DateTimeFormatter DATE = new DateTimeFormatterBuilder()
            .appendValue(ChronoField.YEAR, 4)
            .appendPattern("-MM-dd")
            .toFormatter();

    private static final DateTimeFormatter DATE_TIME = new DateTimeFormatterBuilder()
            .append(DATE)
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .toFormatter();

    private static final DateTimeFormatter INSTANT = new DateTimeFormatterBuilder()
            .append(DATE)
            .appendPattern("'T'HH:mm:ss.SSSSSSSSS'Z'")
            .toFormatter()
            .withZone(ZoneOffset.UTC);

    /** What SQLite and ISO-8601 write: a space or T, seconds and fraction optional, an offset optional. */
    private static final DateTimeFormatter ANY_DATE_TIME = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .optionalStart()
            .appendPattern("['T'][ ]")
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffset("+HH:MM", "Z")
            .optionalEnd()
            .optionalEnd()
            .toFormatter();

    private SqlTypes() {}

    /** The value as the driver binds it: null, Integer, Long, Double, String or byte[]. */
    static Object bindable(Object value) throws SQLException {
        if (value == null
                || value instanceof String
                || value instanceof Long
                || value instanceof Integer
                || value instanceof Double
                || value instanceof byte[]) {
            return value;
        }
        if (value instanceof Boolean b) {
            return b ? 1 : 0;
        }
        if (value instanceof Short || value instanceof Byte) {
            return ((Number) value).intValue();
        }
        if (value instanceof Float f) {
            return f.doubleValue();
        }
        if (value instanceof BigDecimal d) {
            return Math.abs((long) d.scale()) > LONGEST_PLAIN_SCALE ? d.toString() : d.toPlainString();
        }
        if (value instanceof BigInteger i) {
            return i.bitLength() < Long.SIZE ? (Object) i.longValue() : i.toString();
        }
        if (value instanceof Enum<?> e) {
            return e.name();
        }
        if (value instanceof UUID || value instanceof Character) {
            return value.toString();
        }
        return bindableTime(value);
    }

    private static Object bindableTime(Object value) throws SQLException {
        if (value instanceof Date || value instanceof Time) {
            return localText((java.util.Date) value, ZoneId.systemDefault());
        }
        if (value instanceof java.util.Date d) {
            return pointText(d instanceof Timestamp t ? t.toInstant() : d.toInstant());
        }
        if (value instanceof Calendar c) {
            return pointText(c.toInstant());
        }
        if (value instanceof OffsetTime t) {
            return DateTimeFormatter.ISO_OFFSET_TIME.format(t);
        }
        if (value instanceof Temporal t) {
            String text = temporalText(t);
            if (text != null) {
                return text;
            }
        }
        throw SqlErrors.unsupported("A value of " + value.getClass().getName() + " cannot be stored in SQLite; bind a"
                + " String, number, byte[], UUID, enum or a java.time type instead");
    }

    private static String temporalText(Temporal value) throws SQLException {
        if (value instanceof Instant i) {
            return pointText(i);
        }
        if (value instanceof OffsetDateTime t) {
            return pointText(t.toInstant());
        }
        if (value instanceof ZonedDateTime t) {
            return pointText(t.toInstant());
        }
        if (value instanceof LocalDateTime) {
            return text(DATE_TIME, value);
        }
        if (value instanceof LocalDate) {
            return text(DATE, value);
        }
        return value instanceof LocalTime ? text(DateTimeFormatter.ISO_LOCAL_TIME, value) : null;
    }

    private static String pointText(Instant value) throws SQLException {
        return text(INSTANT, value);
    }

    private static String text(DateTimeFormatter form, Temporal value) throws SQLException {
        try {
            return form.format(value);
        } catch (DateTimeException e) {
            throw new SQLDataException(
                    "A date is stored with a year from 0 to 9999; others do not sort as text", "22008");
        }
    }

    /** A {@code java.sql} date or time as it reads on a clock in a zone. */
    static String localText(java.util.Date value, ZoneId zone) throws SQLException {
        if (value == null) {
            return null;
        }
        LocalDateTime local = LocalDateTime.ofInstant(Instant.ofEpochMilli(value.getTime()), zone);
        return value instanceof Time ? text(DateTimeFormatter.ISO_LOCAL_TIME, local) : text(DATE, local);
    }

    /** A value as it came from the driver, as a Java type; null stays null. */
    static <T> T read(Object raw, Class<T> type) throws SQLException {
        if (type == null) {
            throw SqlErrors.invalidArgument("getObject needs a type, found null");
        }
        if (raw == null) {
            return null;
        }
        try {
            return type.cast(boxed(raw, type));
        } catch (DateTimeException | IllegalArgumentException | ArithmeticException | ClassCastException e) {
            throw unreadable(raw, type, e);
        }
    }

    private static Object boxed(Object raw, Class<?> type) throws SQLException {
        if (type == Object.class) {
            return raw;
        }
        if (type == String.class) {
            return text(raw);
        }
        if (type == Long.class) {
            return integer(raw, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        if (type == Integer.class) {
            return (int) integer(raw, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (type == Short.class) {
            return (short) integer(raw, Short.MIN_VALUE, Short.MAX_VALUE);
        }
        if (type == Byte.class) {
            return (byte) integer(raw, Byte.MIN_VALUE, Byte.MAX_VALUE);
        }
        if (type == Boolean.class) {
            return bool(raw);
        }
        if (type == Double.class) {
            return decimal(raw).doubleValue();
        }
        if (type == Float.class) {
            return decimal(raw).floatValue();
        }
        if (type == BigDecimal.class) {
            return decimal(raw);
        }
        if (type == BigInteger.class) {
            return decimal(raw).toBigIntegerExact();
        }
        if (type == byte[].class) {
            return bytes(raw);
        }
        if (type == Blob.class) {
            return new MemoryBlob(bytes(raw));
        }
        if (type == Clob.class || type == NClob.class) {
            return new MemoryClob(text(raw));
        }
        if (type == UUID.class) {
            return uuid(raw);
        }
        if (type == Character.class && text(raw).length() == 1) {
            return text(raw).charAt(0);
        }
        if (type.isEnum()) {
            return constant(raw, type);
        }
        return time(raw, type);
    }

    private static Object time(Object raw, Class<?> type) throws SQLException {
        ZoneId zone = ZoneId.systemDefault();
        if (type == Instant.class) {
            return instant(raw, ZoneOffset.UTC);
        }
        if (type == java.util.Date.class) {
            return java.util.Date.from(instant(raw, ZoneOffset.UTC));
        }
        if (type == OffsetDateTime.class) {
            return offsetDateTime(raw);
        }
        if (type == ZonedDateTime.class) {
            return offsetDateTime(raw).toZonedDateTime();
        }
        if (type == OffsetTime.class) {
            return OffsetTime.parse(text(raw).strip());
        }
        if (type == Calendar.class || type == GregorianCalendar.class) {
            Calendar calendar = new GregorianCalendar();
            calendar.setTimeInMillis(instant(raw, ZoneOffset.UTC).toEpochMilli());
            return calendar;
        }
        if (type == LocalDateTime.class) {
            return localDateTime(raw, zone);
        }
        if (type == LocalDate.class) {
            return localDateTime(raw, zone).toLocalDate();
        }
        if (type == LocalTime.class) {
            return localTime(raw, zone);
        }
        if (type == Timestamp.class) {
            return timestamp(raw, zone);
        }
        if (type == Date.class) {
            return date(raw, zone);
        }
        if (type == Time.class) {
            return sqlTime(raw, zone);
        }
        throw SqlErrors.unsupported("A column cannot be read as " + type.getName()
                + "; read it as a String, number, byte[], UUID, enum or a java.time type");
    }

    /** What a column or parameter of a JDBC type is in Java, as far as its type tells in SQLite. */
    static String className(int type) {
        return switch (type) {
            case Types.INTEGER, Types.SMALLINT, Types.TINYINT, Types.BOOLEAN -> Integer.class.getName();
            case Types.BIGINT -> Long.class.getName();
            case Types.REAL, Types.FLOAT, Types.DOUBLE -> Double.class.getName();
            case Types.BLOB, Types.BINARY, Types.VARBINARY -> "[B";
            case Types.VARCHAR, Types.CHAR, Types.CLOB -> String.class.getName();
            default -> Object.class.getName();
        };
    }

    static boolean isNumber(int type) {
        return switch (type) {
            case Types.INTEGER,
                    Types.SMALLINT,
                    Types.TINYINT,
                    Types.BIGINT,
                    Types.REAL,
                    Types.FLOAT,
                    Types.DOUBLE,
                    Types.NUMERIC,
                    Types.DECIMAL -> true;
            default -> false;
        };
    }

    static String text(Object raw) {
        if (raw instanceof byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        if (raw instanceof Double d) {
            return SqlTypes.doubleText(d);
        }
        return raw == null ? null : raw.toString();
    }

    private static String doubleText(double d) {
        double size = Math.abs(d);
        return size == 0 || size >= 1e-4 && size < 1e15 ? BigDecimal.valueOf(d).toPlainString() : Double.toString(d);
    }

    static byte[] bytes(Object raw) {
        if (raw instanceof byte[] bytes) {
            return bytes;
        }
        return raw == null ? null : text(raw).getBytes(StandardCharsets.UTF_8);
    }

    static long integer(Object raw, long min, long max) throws SQLException {
        if (raw == null) {
            return 0;
        }
        long value;
        if (raw instanceof Integer || raw instanceof Long) {
            value = ((Number) raw).longValue();
        } else if (raw instanceof Double d) {
            // As SQLite's own CAST: the fraction is dropped.
            value = d.longValue();
            if (d.isNaN() || d < -0x1p63 || d >= 0x1p63) {
                throw outOfRange(raw, min, max);
            }
        } else {
            value = parsed(raw, min, max);
        }
        if (value < min || value > max) {
            throw outOfRange(raw, min, max);
        }
        return value;
    }

    private static long parsed(Object raw, long min, long max) throws SQLException {
        BigInteger value = decimal(raw).toBigInteger();
        if (value.bitLength() >= Long.SIZE) {
            throw outOfRange(raw, min, max);
        }
        return value.longValue();
    }

    static double real(Object raw) throws SQLException {
        if (raw instanceof Number n) {
            return n.doubleValue();
        }
        return raw == null ? 0 : decimal(raw).doubleValue();
    }

    static boolean bool(Object raw) throws SQLException {
        if (raw == null) {
            return false;
        }
        if (raw instanceof Number n) {
            return n.doubleValue() != 0;
        }
        String text = text(raw).strip();
        if (text.equalsIgnoreCase("true")) {
            return true;
        }
        return !text.equalsIgnoreCase("false") && decimal(raw).signum() != 0;
    }

    static BigDecimal decimal(Object raw) throws SQLException {
        if (raw == null) {
            return null;
        }
        try {
            if (raw instanceof Integer || raw instanceof Long) {
                return BigDecimal.valueOf(((Number) raw).longValue());
            }
            return raw instanceof Double d
                    ? BigDecimal.valueOf(d)
                    : new BigDecimal(text(raw).strip());
        } catch (NumberFormatException e) {
            throw unreadable(raw, BigDecimal.class, e);
        }
    }

    private static UUID uuid(Object raw) throws SQLException {
        if (raw instanceof byte[] bytes && bytes.length == 16) {
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(bytes);
            return new UUID(buffer.getLong(), buffer.getLong());
        }
        return UUID.fromString(text(raw));
    }

    private static Object constant(Object raw, Class<?> type) throws SQLException {
        String name = text(raw);
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        throw unreadable(raw, type, null);
    }

    private static Instant instant(Object raw, ZoneId zoneOfLocalText) throws SQLException {
        if (raw instanceof Number n) {
            return Instant.ofEpochMilli(n.longValue());
        }
        TemporalAccessor parsed = ANY_DATE_TIME.parse(text(raw).strip());
        return parsed.isSupported(ChronoField.OFFSET_SECONDS)
                ? Instant.from(parsed)
                : local(parsed).atZone(zoneOfLocalText).toInstant();
    }

    private static OffsetDateTime offsetDateTime(Object raw) throws SQLException {
        if (raw instanceof Number n) {
            return Instant.ofEpochMilli(n.longValue()).atOffset(ZoneOffset.UTC);
        }
        TemporalAccessor parsed = ANY_DATE_TIME.parse(text(raw).strip());
        return parsed.isSupported(ChronoField.OFFSET_SECONDS)
                ? OffsetDateTime.from(parsed)
                : local(parsed).atOffset(ZoneOffset.UTC);
    }

    private static LocalDateTime localDateTime(Object raw, ZoneId zone) throws SQLException {
        if (raw instanceof Number n) {
            return LocalDateTime.ofInstant(Instant.ofEpochMilli(n.longValue()), zone);
        }
        TemporalAccessor parsed = ANY_DATE_TIME.parse(text(raw).strip());
        return parsed.isSupported(ChronoField.OFFSET_SECONDS)
                ? LocalDateTime.ofInstant(Instant.from(parsed), zone)
                : local(parsed);
    }

    private static LocalDateTime local(TemporalAccessor parsed) {
        LocalDate date = parsed.query(TemporalQueries.localDate());
        LocalTime time = parsed.query(TemporalQueries.localTime());
        return date.atTime(time == null ? LocalTime.MIDNIGHT : time);
    }

    private static LocalTime localTime(Object raw, ZoneId zone) throws SQLException {
        if (raw instanceof String text && text.indexOf(':') == 2) {
            return LocalTime.parse(text.strip());
        }
        return localDateTime(raw, zone).toLocalTime();
    }

    static Timestamp timestamp(Object raw, ZoneId zone) throws SQLException {
        try {
            return raw == null ? null : Timestamp.from(instant(raw, zone));
        } catch (DateTimeException e) {
            throw unreadable(raw, Timestamp.class, e);
        }
    }

    static Date date(Object raw, ZoneId zone) throws SQLException {
        try {
            return raw == null
                    ? null
                    : new Date(localDateTime(raw, zone)
                            .toLocalDate()
                            .atStartOfDay(zone)
                            .toInstant()
                            .toEpochMilli());
        } catch (DateTimeException e) {
            throw unreadable(raw, Date.class, e);
        }
    }

    static Time sqlTime(Object raw, ZoneId zone) throws SQLException {
        try {
            return raw == null
                    ? null
                    : new Time(localTime(raw, zone)
                            .atDate(LocalDate.EPOCH)
                            .atZone(zone)
                            .toInstant()
                            .toEpochMilli());
        } catch (DateTimeException e) {
            throw unreadable(raw, Time.class, e);
        }
    }

    private static SQLException outOfRange(Object raw, long min, long max) {
        return new SQLDataException(
                "A value of the column is outside " + min + ".." + max + "; read it with a wider type", "22003");
    }

    private static SQLException unreadable(Object raw, Class<?> type, Exception cause) {
        String found = raw instanceof byte[] ? "a blob" : raw instanceof String ? "text" : "a number";
        return new SQLDataException(
                "A value of the column cannot be read as " + type.getSimpleName() + ": found " + found
                        + " of another form",
                "22018",
                // The parser's own message would carry the value.
                cause == null
                        ? null
                        : new IllegalArgumentException(cause.getClass().getSimpleName()));
    }
}
