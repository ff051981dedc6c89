package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.RestoreRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases of unusual size and kind, shipped and restored byte for byte. */
class UnusualDatabasesTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path folder;

    @Test
    void vacuumFtsWithoutRowidAndAutoVacuumTravel() throws Exception {
        create(4096, "PRAGMA auto_vacuum=INCREMENTAL", "CREATE TABLE first (x)");
        try (Database database = open()) {
            TestSql.run(database, "CREATE VIRTUAL TABLE words USING fts5(body)");
            TestSql.run(database, "CREATE TABLE pair (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID");
            TestSql.run(
                    database,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                            + " INSERT INTO words SELECT 'word' || i || ' ' || hex(randomblob(20)) FROM n");
            TestSql.run(database, "INSERT INTO pair SELECT body, rowid FROM words");
            database.flush();
            TestSql.run(database, "DELETE FROM pair WHERE b % 3 > 0", "DELETE FROM words WHERE rowid > 500");
            database.flush();
            int free = Integer.parseInt(TestSql.value(database, "PRAGMA freelist_count"));
            TestSql.run(database, "PRAGMA incremental_vacuum(20)");
            assertThat(TestSql.value(database, "PRAGMA freelist_count")).isEqualTo(Integer.toString(free - 20));
            database.flush();
            database.vacuum();
            database.flush();
            TestSql.run(database, "INSERT INTO words(words) VALUES ('integrity-check')");
        }
        Path copy = assertRestoresIdentically();
        assertThat(PlainSqlite.run(copy, "SELECT count(*) FROM words WHERE words MATCH 'word77'"))
                .isEqualTo("1");
        assertThat(PlainSqlite.run(copy, "SELECT count(*) FROM pair")).isEqualTo("1000");
    }

    /** SQLite never uses the page at 1 GiB; a blob of zeros brings the file across it, almost without writing. */
    @ParameterizedTest
    @Tag("long")
    @ValueSource(ints = {512, 4096, 65536})
    void theLockPageIsCrossed(int pageSize) throws Exception {
        create(pageSize, "CREATE TABLE wide (b)");
        try (Database database = open()) {
            for (int i = 0; i < 3; i++) {
                TestSql.run(database, "INSERT INTO wide VALUES (zeroblob(" + (GIB / 3 + 5_000_000) + "))");
                database.flush();
            }
            TestSql.run(database, "CREATE TABLE behind (x)", "INSERT INTO behind VALUES (randomblob(100000))");
            database.flush();
        }
        Path copy = assertRestoresIdentically();
        assertThat(Files.size(copy)).isGreaterThan(GIB + pageSize);
    }

    @Test
    @Tag("long")
    void twoGibibytesOfRows() throws Exception {
        create(4096, "CREATE TABLE row (id INTEGER PRIMARY KEY, b BLOB)");
        try (Database database = open()) {
            for (int i = 0; i < 21; i++) {
                TestSql.run(
                        database,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                                + " INSERT INTO row (b) SELECT randomblob(100000) FROM n");
            }
            database.flush();
            database.snapshot();
            TestSql.run(database, "UPDATE row SET b = randomblob(90000) WHERE id % 500 = 0");
        }
        Path copy = assertRestoresIdentically();
        assertThat(Files.size(copy)).isGreaterThan(2 * GIB - GIB / 10);
    }

    private void create(int pageSize, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size=" + pageSize);
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Database open() {
        return Database.open(DatabaseConfig.builder()
                .name("unusual")
                .path(file())
                .replica(folder.resolve("replica").toUri())
                .durabilityTimeout(Duration.ofMinutes(20))
                .build());
    }

    private Path file() {
        return folder.resolve("unusual.db");
    }

    private Path assertRestoresIdentically() throws Exception {
        Path copy = folder.resolve("copy.db");
        Database.restore(RestoreRequest.builder()
                .replica(folder.resolve("replica").toUri())
                .name("unusual")
                .output(copy)
                .build());
        PlainSqlite.checkpoint(file());
        assertThat(Files.mismatch(file(), copy)).as("first differing byte").isEqualTo(-1);
        return copy;
    }
}
