package io.spindrift.jpa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.LockModeType;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.Persistence;
import jakarta.persistence.TypedQuery;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.eclipse.persistence.config.HintValues;
import org.eclipse.persistence.config.QueryHints;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SQLitePlatformTest {
    private Database database;
    private EntityManagerFactory factory;

    @BeforeEach
    void open(@TempDir Path folder) {
        database = Database.open(DatabaseConfig.builder()
                .name("ledger")
                .path(folder.resolve("ledger.db"))
                .build());
        factory = Persistence.createEntityManagerFactory(
                "ledger", Map.of("jakarta.persistence.nonJtaDataSource", database.dataSource()));
    }

    @AfterEach
    void close() {
        factory.close();
        database.close();
    }

    @Test
    void anIdentityIsTheRowId() throws SQLException {
        Account ada = new Account("Ada", 100);
        Account bob = new Account("Bob", 50);
        persist(ada, bob);
        assertThat(List.of(ada.id, bob.id)).containsExactlyInAnyOrder(1L, 2L);
        assertThat(rows("SELECT rowid FROM Account ORDER BY rowid")).containsExactly("1", "2");
    }

    @Test
    void aSchemaOfRelatedEntitiesIsCreatedWithSqliteTypes() throws SQLException {
        inTransaction(em -> em.persist(new Posting(em.merge(new Account("Ada", 0)), 1)));
        assertThat(rows("SELECT name || ' ' || type FROM pragma_table_info('POSTING')"))
                .containsExactlyInAnyOrder(
                        "ID INTEGER",
                        "AMOUNT NUMERIC",
                        "NUMBER INTEGER",
                        "RATE REAL",
                        "REFERENCE TEXT",
                        "SIGNATURE BLOB",
                        "ACCOUNT_ID INTEGER");
        assertThat(rows("SELECT \"unique\" FROM pragma_index_list('POSTING')")).containsExactly("1");
        assertThat(rows("SELECT \"unique\" FROM pragma_index_list('ACCOUNT')")).containsExactly("1");
    }

    @Test
    void basicValuesRoundTrip() {
        Posting posting = new Posting(null, 7);
        posting.rate = 0.125;
        posting.amount = new BigDecimal("12.34");
        posting.reference = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
        posting.signature = new byte[] {0, 1, -1};
        persist(posting);

        Posting found = read(em -> em.find(Posting.class, posting.id));

        assertThat(found.rate).isEqualTo(0.125);
        assertThat(found.amount).isEqualByComparingTo("12.34");
        assertThat(found.reference).isEqualTo(posting.reference);
        assertThat(found.signature).containsExactly(0, 1, -1);
        assertThat(this.<Posting>read(em -> em.createQuery(
                                        "SELECT p FROM Posting p WHERE p.reference = :reference", Posting.class)
                                .setParameter("reference", posting.reference)
                                .getSingleResult())
                        .id)
                .isEqualTo(posting.id);
    }

    @Test
    void booleansAreOneAndZero() throws SQLException {
        Account closed = new Account("Ada", 0);
        closed.closed = true;
        persist(closed, new Account("Bob", 0));
        assertThat(rows("SELECT typeof(closed) || closed FROM Account ORDER BY owner"))
                .containsExactly("integer1", "integer0");
        assertThat(owners("SELECT a FROM Account a WHERE a.closed = TRUE")).containsExactly("Ada");
    }

    @Test
    void theLoserOfTwoConcurrentChangesGetsAnOptimisticLockException() {
        Account account = new Account("Ada", 100);
        persist(account);
        Long id = account.id;
        try (EntityManager winner = factory.createEntityManager();
                EntityManager loser = factory.createEntityManager()) {
            Account seenByLoser = loser.find(Account.class, id);
            winner.getTransaction().begin();
            winner.find(Account.class, id).balance = 1;
            winner.getTransaction().commit();

            loser.getTransaction().begin();
            seenByLoser.balance = 2;
            assertThatThrownBy(() -> loser.getTransaction().commit()).hasCauseInstanceOf(OptimisticLockException.class);
        }
        assertThat(this.<Account>read(em -> em.find(Account.class, id)).balance).isEqualTo(1);
    }

    @Test
    void pagesAreCutByTheDatabase() {
        persist(IntStream.range(0, 10)
                .mapToObj(i -> new Account("owner" + i, i))
                .toArray());
        assertThat(page(0, 3)).containsExactly("owner0", "owner1", "owner2");
        assertThat(page(3, 3)).containsExactly("owner3", "owner4", "owner5");
        assertThat(page(9, 3)).containsExactly("owner9");
        assertThat(page(8, Integer.MAX_VALUE)).containsExactly("owner8", "owner9");
        assertThat(page(20, 3)).isEmpty();
        assertThat(this.<List<Account>>read(em -> accounts(em).setFirstResult(7).getResultList()))
                .extracting(account -> account.owner)
                .containsExactly("owner7", "owner8", "owner9");
    }

    @Test
    void functionsOfJpqlSpeakSqlite() {
        persist(new Account("  Ada Lovelace ", 17), new Account("xxBobxx", 5));
        assertThat(owners("SELECT a FROM Account a WHERE CONCAT(TRIM(a.owner), '!') = 'Ada Lovelace!'"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE CONCAT('<', a.owner, '>') = '<xxBobxx>'"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE TRIM(BOTH 'x' FROM a.owner) = 'Bob'"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE TRIM(LEADING 'x' FROM a.owner) = 'Bobxx'"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE TRIM(TRAILING FROM a.owner) = '  Ada Lovelace'"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE LOCATE('Bob', a.owner) = 3"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE LOCATE('x', a.owner, 3) = 6"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE LOCATE('B', a.owner, 4) = 0 AND a.balance = 5"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE LOWER(a.owner) = 'xxbobxx'"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE UPPER(SUBSTRING(a.owner, 3, 3)) = 'BOB'"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE MOD(a.balance, 10) = 7"))
                .hasSize(1);
        assertThat(owners("SELECT a FROM Account a WHERE LENGTH(a.owner) = 7")).hasSize(1);
    }

    @Test
    void aggregatesHaveTheTypesOfTheSpecification() {
        inTransaction(em -> {
            em.persist(new Posting(null, 1));
            em.persist(new Posting(null, 2));
        });
        Object[] row = read(em -> em.createQuery(
                        "SELECT COUNT(p), SUM(p.number), MAX(p.number), AVG(p.number) FROM Posting p", Object[].class)
                .getSingleResult());
        assertThat(row).containsExactly(2L, 3L, 2, 1.5);
    }

    @Test
    void aBulkUpdateConcatenates() {
        persist(new Account("Ada", 0));
        inTransaction(em -> assertThat(em.createQuery("UPDATE Account a SET a.owner = CONCAT(a.owner, ' II')")
                        .executeUpdate())
                .isEqualTo(1));
        assertThat(owners("SELECT a FROM Account a")).containsExactly("Ada II");
    }

    @Test
    void outerJoinsAndPessimisticLocksPrintSqlThatSqliteReads() {
        inTransaction(em -> {
            Account ada = new Account("Ada", 0);
            em.persist(ada);
            em.persist(new Posting(ada, 1));
            em.persist(new Posting(null, 2));
        });
        assertThat(this.<List<Object>>read(em -> em.createQuery(
                                "SELECT p.number FROM Posting p LEFT JOIN p.account a ORDER BY p.number", Object.class)
                        .getResultList()))
                .hasSize(2);
        inTransaction(em -> assertThat(
                        accounts(em).setLockMode(LockModeType.PESSIMISTIC_WRITE).getResultList())
                .hasSize(1));
    }

    @Test
    void datesAndTimesRoundTripAsText() throws SQLException {
        Moments moments = moments(Instant.parse("2026-11-20T10:15:30.123456789Z"));
        persist(moments);

        assertThat(rows("SELECT localDate || ' ' || localTime FROM Moments")).containsExactly("2026-11-20 10:15:30.5");
        assertThat(rows("SELECT localDateTime FROM Moments")).containsExactly("2026-11-20T10:15:30.000000001");
        assertThat(rows("SELECT offsetDateTime FROM Moments")).containsExactly("2026-11-20T10:15:30.123456789Z");
        assertThat(rows("SELECT instant FROM Moments")).containsExactly("2026-11-20T10:15:30.123456789Z");
        assertThat(rows("SELECT timestamp FROM Moments")).containsExactly("2026-11-20T10:15:30.123456789Z");
        assertThat(rows("SELECT date FROM Moments")).containsExactly("2026-11-20T10:15:30.123000000Z");
        assertThat(rows("SELECT calendar FROM Moments")).containsExactly("2026-11-20T10:15:30.123000000Z");
        assertThat(rows("SELECT length(day) FROM Moments")).containsExactly("10");

        Moments found = read(em -> em.find(Moments.class, moments.id));
        assertThat(found.localDate).isEqualTo(moments.localDate);
        assertThat(found.localTime).isEqualTo(moments.localTime);
        assertThat(found.localDateTime).isEqualTo(moments.localDateTime);
        assertThat(found.offsetDateTime.isEqual(moments.offsetDateTime)).isTrue();
        assertThat(found.instant).isEqualTo(moments.instant);
        assertThat(found.timestamp).isEqualTo(moments.timestamp);
        assertThat(found.date).isEqualTo(moments.date);
        assertThat(found.day).isEqualTo(moments.day);
        assertThat(found.calendar.getTimeInMillis()).isEqualTo(moments.calendar.getTimeInMillis());
    }

    @Test
    void datesAndTimesAreComparedAsTime() {
        Instant first = Instant.parse("2026-11-20T10:15:30Z");
        Moments early = moments(first);
        Moments late = moments(first.plusMillis(500));
        persist(late, early);
        for (String attribute : List.of("instant", "offsetDateTime", "timestamp", "date", "calendar")) {
            assertThat(this.<List<Long>>read(
                            em -> em.createQuery("SELECT m.id FROM Moments m ORDER BY m." + attribute, Long.class)
                                    .getResultList()))
                    .as(attribute)
                    .containsExactly(early.id, late.id);
        }
        assertThat(count("m.instant > :value", first)).isEqualTo(1);
        assertThat(count("m.offsetDateTime > :value", first.atOffset(ZoneOffset.ofHours(9))))
                .isEqualTo(1);
        assertThat(count("m.timestamp = :value", Timestamp.from(first))).isEqualTo(1);
        assertThat(count("m.date > :value", Date.from(first))).isEqualTo(1);
        assertThat(count("m.localDate = :value", early.localDate)).isEqualTo(2);
        assertThat(count("m.localDateTime <= :value", early.localDateTime)).isEqualTo(2);
        assertThat(count("m.localTime < :value", early.localTime)).isZero();
    }

    @Test
    void theCurrentDatesOfJpqlCompareWithStoredOnes() {
        Moments past = moments(Instant.parse("2001-01-01T00:00:00Z"));
        past.localDate = LocalDate.of(2001, 1, 1);
        past.localDateTime = past.localDate.atStartOfDay();
        Moments future = moments(Instant.parse("9001-01-01T00:00:00Z"));
        future.localDate = LocalDate.of(9001, 1, 1);
        future.localDateTime = future.localDate.atStartOfDay();
        persist(past, future);
        for (String condition : List.of(
                "m.instant < CURRENT_TIMESTAMP",
                "m.localDate < CURRENT_DATE",
                "m.localDate < LOCAL DATE",
                "m.localDateTime < LOCAL DATETIME")) {
            assertThat(this.<List<Long>>read(
                            em -> em.createQuery("SELECT m.id FROM Moments m WHERE " + condition, Long.class)
                                    .getResultList()))
                    .as(condition)
                    .containsExactly(past.id);
        }
    }

    @Test
    void datesPrintedIntoTheSqlAreTheSameText() {
        Moments moments = moments(Instant.parse("2026-11-20T10:15:30.25Z"));
        persist(moments);
        Map<String, Object> values = Map.of(
                "localDate", moments.localDate,
                "localTime", moments.localTime,
                "localDateTime", moments.localDateTime,
                "offsetDateTime", moments.offsetDateTime,
                "timestamp", moments.timestamp,
                "date", moments.date,
                "calendar", moments.calendar);
        values.forEach((attribute, value) -> assertThat(this.<List<Moments>>read(em -> em.createQuery(
                                "SELECT m FROM Moments m WHERE m." + attribute + " = :value", Moments.class)
                        .setParameter("value", value)
                        .setHint(QueryHints.BIND_PARAMETERS, HintValues.FALSE)
                        .getResultList()))
                .as(attribute)
                .hasSize(1));
    }

    @Test
    void datesThatJdbcWroteAreRead() throws SQLException {
        Moments written = moments(Instant.parse("2026-11-20T10:15:30.25Z"));
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO Moments(instant, localDateTime, localDate, localTime, timestamp, date, day)"
                                + " VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            insert.setObject(1, written.instant);
            insert.setObject(2, written.localDateTime);
            insert.setObject(3, written.localDate);
            insert.setObject(4, written.localTime);
            insert.setTimestamp(5, written.timestamp);
            insert.setObject(6, written.date);
            insert.setDate(7, new java.sql.Date(written.day.getTime()));
            insert.executeUpdate();
        }
        Moments found = read(
                em -> em.createQuery("SELECT m FROM Moments m", Moments.class).getSingleResult());
        assertThat(found.instant).isEqualTo(written.instant);
        assertThat(found.localDateTime).isEqualTo(written.localDateTime);
        assertThat(found.localDate).isEqualTo(written.localDate);
        assertThat(found.localTime).isEqualTo(written.localTime);
        assertThat(found.timestamp).isEqualTo(written.timestamp);
        assertThat(found.date).isEqualTo(written.date);
        assertThat(found.day).isEqualTo(written.day);
    }

    @Test
    void everyDateAndTimeIsTheSameTextThroughJdbc() throws SQLException {
        Instant instant = Instant.parse("2026-11-20T10:15:30.123456789Z");
        GregorianCalendar calendar = new GregorianCalendar();
        calendar.setTime(Date.from(instant));
        TimeZone zone = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement select = connection.prepareStatement("SELECT ?")) {
            for (Object value : List.of(
                    instant,
                    instant.atOffset(ZoneOffset.ofHours(9)),
                    instant.atZone(ZoneId.of("Europe/Berlin")),
                    Timestamp.from(instant),
                    Date.from(instant),
                    calendar,
                    LocalDateTime.parse("2026-11-20T10:15"),
                    LocalDate.parse("0026-11-20"),
                    LocalTime.parse("10:15:30.5"),
                    OffsetTime.parse("10:15:30.5+01:00"),
                    java.sql.Date.valueOf("2026-11-20"),
                    new java.sql.Time(instant.toEpochMilli()))) {
                select.setObject(1, value);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    assertThat(row.getString(1))
                            .as(value.getClass().getName())
                            .isEqualTo(IsoText.of(value).orElseThrow());
                    if (IsoText.covers(value.getClass())) {
                        assertThat((Object) row.getObject(1, value.getClass()))
                                .isEqualTo(IsoText.parse(row.getString(1), value.getClass()));
                    }
                }
            }
        } finally {
            TimeZone.setDefault(zone);
        }
    }

    @Test
    void nullsRoundTrip() {
        Moments nothing = new Moments();
        persist(nothing);
        Moments found = read(em -> em.find(Moments.class, nothing.id));
        assertThat(found.instant).isNull();
        assertThat(found.localDateTime).isNull();
        assertThat(found.date).isNull();
    }

    @Test
    void aUniqueViolationReachesTheApplication() {
        persist(new Account("Ada", 0));
        assertThatThrownBy(() -> persist(new Account("Ada", 1)))
                .hasStackTraceContaining(SQLIntegrityConstraintViolationException.class.getName())
                .hasStackTraceContaining("ACCOUNT.OWNER");
        assertThatThrownBy(() -> inTransaction(em -> {
                    Account ada = em.find(Account.class, 1L);
                    em.persist(new Posting(ada, 1));
                    em.persist(new Posting(ada, 1));
                }))
                .hasStackTraceContaining(SQLIntegrityConstraintViolationException.class.getName())
                .hasStackTraceContaining("POSTING.ACCOUNT_ID, POSTING.NUMBER");
    }

    private static Moments moments(Instant instant) {
        Moments moments = new Moments();
        moments.localDate = LocalDate.of(2026, 11, 20);
        moments.localTime = LocalTime.of(10, 15, 30, 500_000_000);
        moments.localDateTime = LocalDateTime.of(2026, 11, 20, 10, 15, 30, 1);
        moments.offsetDateTime = OffsetDateTime.ofInstant(instant, ZoneOffset.ofHours(-5));
        moments.instant = instant;
        moments.timestamp = Timestamp.from(instant);
        moments.date = Date.from(instant);
        moments.day =
                Date.from(moments.localDate.atStartOfDay(ZoneId.systemDefault()).toInstant());
        moments.calendar = new GregorianCalendar();
        moments.calendar.setTimeInMillis(instant.toEpochMilli());
        return moments;
    }

    private long count(String condition, Object value) {
        return this.<Long>read(em -> em.createQuery("SELECT COUNT(m) FROM Moments m WHERE " + condition, Long.class)
                .setParameter("value", value)
                .getSingleResult());
    }

    private List<String> page(int first, int max) {
        return this.<List<Account>>read(em ->
                        accounts(em).setFirstResult(first).setMaxResults(max).getResultList())
                .stream()
                .map(account -> account.owner)
                .toList();
    }

    private static TypedQuery<Account> accounts(EntityManager em) {
        return em.createQuery("SELECT a FROM Account a ORDER BY a.balance", Account.class);
    }

    private List<String> owners(String jpql) {
        return this.<List<Account>>read(
                        em -> em.createQuery(jpql, Account.class).getResultList())
                .stream()
                .map(account -> account.owner)
                .toList();
    }

    private void persist(Object... entities) {
        inTransaction(em -> List.of(entities).forEach(em::persist));
    }

    private void inTransaction(Consumer<EntityManager> work) {
        try (EntityManager em = factory.createEntityManager()) {
            em.getTransaction().begin();
            try {
                work.accept(em);
                em.getTransaction().commit();
            } finally {
                if (em.getTransaction().isActive()) {
                    em.getTransaction().rollback();
                }
            }
        }
    }

    private <T> T read(Function<EntityManager, T> work) {
        try (EntityManager em = factory.createEntityManager()) {
            return work.apply(em);
        }
    }

    private List<String> rows(String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        return rows;
    }
}
