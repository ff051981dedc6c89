package io.spindrift.jpa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import org.junit.jupiter.api.Test;

class IsoTextTest {
    private static final Instant INSTANT = Instant.parse("2026-11-20T10:15:30.25Z");

    @Test
    void localValuesAreStoredAsTheyStand() {
        assertStored(LocalDate.of(2026, 11, 20), "2026-11-20");
        assertStored(java.sql.Date.valueOf("2026-11-20"), "2026-11-20");
        assertStored(LocalTime.of(10, 15), "10:15:00");
        assertStored(Time.valueOf("10:15:30"), "10:15:30");
        assertStored(LocalDateTime.of(2026, 11, 20, 10, 15, 30, 250_000_000), "2026-11-20T10:15:30.25");
        assertStored(OffsetTime.of(10, 15, 30, 0, ZoneOffset.ofHours(1)), "10:15:30+01:00");
    }

    @Test
    void pointsOnTheTimeLineAreStoredInUtc() {
        String stored = "2026-11-20T10:15:30.250000000Z";
        Calendar calendar = new GregorianCalendar();
        calendar.setTime(Date.from(INSTANT));
        assertStored(INSTANT, stored);
        assertStored(Date.from(INSTANT), stored);
        assertStored(Timestamp.from(INSTANT), stored);
        assertStored(calendar, stored);
        assertStored(INSTANT.atOffset(ZoneOffset.UTC), stored);
        assertThat(IsoText.of(INSTANT.atOffset(ZoneOffset.ofHours(9)))).contains(stored);
    }

    @Test
    void textSortsAsTimeDoes() {
        List<Instant> instants =
                List.of(INSTANT.truncatedTo(ChronoUnit.SECONDS), INSTANT, INSTANT.plusNanos(1), INSTANT.plusSeconds(1));
        assertThat(instants.stream().map(instant -> IsoText.of(instant).orElseThrow()))
                .isSorted();

        LocalDateTime second = LocalDateTime.of(2026, 11, 20, 10, 15, 30);
        List<LocalDateTime> locals =
                List.of(second.withSecond(0), second, second.plusNanos(5_000_000), second.plusNanos(50_000_000));
        assertThat(locals.stream().map(local -> IsoText.of(local).orElseThrow()))
                .isSorted();
    }

    @Test
    void yearsThatWouldNotSortAreRefused() {
        assertThatThrownBy(() -> IsoText.of(LocalDate.of(10_000, 1, 1))).isInstanceOf(DateTimeException.class);
        assertThatThrownBy(() -> IsoText.of(LocalDate.of(-1, 1, 1))).isInstanceOf(DateTimeException.class);
    }

    @Test
    void whatSqliteWritesIsRead() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT datetime('now'), date('now'), " + IsoText.CURRENT_INSTANT
                        + ", " + IsoText.CURRENT_LOCAL_DATE_TIME + ", " + IsoText.CURRENT_DATE + ", "
                        + IsoText.CURRENT_TIME)) {
            row.next();
            Instant now = Instant.now();
            assertThat(IsoText.parse(row.getString(1), Instant.class)).isCloseTo(now, within(1, ChronoUnit.MINUTES));
            assertThat(IsoText.parse(row.getString(3), Instant.class)).isCloseTo(now, within(1, ChronoUnit.MINUTES));
            assertThat(row.getString(3)).hasSameSizeAs(IsoText.of(now).orElseThrow());
            // SQLite's local time is the operating system's, which may differ from the JVM's, but not by more than a
            // day.
            assertThat(IsoText.parse(row.getString(4), LocalDateTime.class))
                    .isCloseTo(LocalDateTime.ofInstant(now, ZoneOffset.UTC), within(1, ChronoUnit.DAYS));
            assertThat(IsoText.parse(row.getString(5), LocalDate.class))
                    .isCloseTo(LocalDate.ofInstant(now, ZoneOffset.UTC), within(1, ChronoUnit.DAYS));
            assertThat(IsoText.parse(row.getString(6), LocalTime.class)).isNotNull();
        }
    }

    @Test
    void aDateAloneIsTheMidnightItBeginsWith() {
        assertThat(IsoText.parse("2026-11-20", Date.class))
                .isEqualTo(Date.from(LocalDate.of(2026, 11, 20)
                        .atStartOfDay(ZoneId.systemDefault())
                        .toInstant()));
        assertThat(IsoText.parse("2026-11-20", LocalDateTime.class)).isEqualTo("2026-11-20T00:00:00");
    }

    @Test
    void aDateAndTimeWithoutOffsetIsUtcButLocalForATimestamp() {
        assertThat(IsoText.parse("2026-11-20 10:15:30", Instant.class)).isEqualTo("2026-11-20T10:15:30Z");
        assertThat(IsoText.parse("2026-11-20T10:15:30", Timestamp.class))
                .isEqualTo(Timestamp.valueOf("2026-11-20 10:15:30"));
    }

    @Test
    void otherTextsAndTypesAreRefused() {
        assertThatThrownBy(() -> IsoText.parse("yesterday", LocalDate.class)).isInstanceOf(DateTimeException.class);
        assertThatThrownBy(() -> IsoText.parse("2026-11-20", String.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.String");
        assertThat(IsoText.of("2026-11-20")).isEmpty();
        assertThat(IsoText.of(null)).isEmpty();
    }

    private static void assertStored(Object value, String text) {
        assertThat(IsoText.of(value)).contains(text);
        Class<?> type = value instanceof Calendar ? Calendar.class : value.getClass();
        assertThat(IsoText.parse(text, type)).isEqualTo(value);
    }
}
