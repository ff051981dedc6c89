package io.spindrift.jpa;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Temporal;
import jakarta.persistence.TemporalType;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Calendar;
import java.util.Date;

/** One attribute of each type of date and time. */
@Entity
class Moments {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    Long id;

    LocalDate localDate;
    LocalTime localTime;
    LocalDateTime localDateTime;
    OffsetDateTime offsetDateTime;
    Instant instant;
    Timestamp timestamp;

    @Temporal(TemporalType.TIMESTAMP)
    Date date;

    @Temporal(TemporalType.DATE)
    Date day;

    @Temporal(TemporalType.TIMESTAMP)
    Calendar calendar;
}
