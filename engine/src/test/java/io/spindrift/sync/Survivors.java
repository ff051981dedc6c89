package io.spindrift.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseEnvironment;
import io.spindrift.Durability;
import io.spindrift.RestoreRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a {@link CrashScenario} acknowledged, and whether it is there. */
final class Survivors {
    private final Map<String, Long> lastByWriter = new TreeMap<>();

    /** Counts what a file of acknowledgements says. */
    void acknowledge(byte[] acks) {
        new String(acks, StandardCharsets.US_ASCII).lines().forEach(line -> {
            int space = line.indexOf(' ');
            acknowledge(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
        });
    }

    void acknowledge(String writer, long number) {
        lastByWriter.merge(writer, number, Math::max);
    }

    /** The same and what another file says. */
    Survivors and(byte[] acks) {
        Survivors more = new Survivors();
        more.lastByWriter.putAll(lastByWriter);
        more.acknowledge(acks);
        return more;
    }

    /** Those writers alone that had one of these durabilities. */
    Survivors only(Set<Durability> durabilities) {
        Survivors some = new Survivors();
        lastByWriter.forEach((writer, last) -> {
            if (durabilities.stream().anyMatch(durability -> writer.startsWith(durability.name()))) {
                some.lastByWriter.put(writer, last);
            }
        });
        return some;
    }

    long rows() {
        return lastByWriter.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Opens the database as the next start would: everything acknowledged is there, and replication goes on. */
    void assertAliveAndReplicated(Path folder, URI replica, RecordedEvents events) throws Exception {
        try (Database database =
                Database.open(CrashScenario.config(folder, replica).build(), DatabaseEnvironment.standalone(events))) {
            for (Map.Entry<String, Long> last : lastByWriter.entrySet()) {
                assertRows(query -> TestSql.value(database, query), last.getKey(), last.getValue());
            }
            assertThat(TestSql.value(database, "PRAGMA quick_check")).isEqualTo("ok");
            TestSql.run(database, "CREATE TABLE IF NOT EXISTS after_the_crash (b)");
            TestSql.run(database, "INSERT INTO after_the_crash VALUES (randomblob(5000))");
            database.flush();
        }
        Path file = folder.resolve("data").resolve("crash.db");
        Path copy = restore(folder, replica);
        PlainSqlite.checkpoint(file);
        assertThat(Files.mismatch(file, copy)).as("first differing byte").isEqualTo(-1);
        Files.delete(copy);
    }

    /** Restores a copy: everything acknowledged is in it. */
    void assertInReplica(Path folder, URI replica) throws Exception {
        Path copy = restore(folder, replica);
        for (Map.Entry<String, Long> last : lastByWriter.entrySet()) {
            assertRows(query -> PlainSqlite.run(copy, query), last.getKey(), last.getValue());
        }
        Files.delete(copy);
    }

    private static Path restore(Path folder, URI replica) {
        Path copy = folder.resolve("copy.db");
        RestoreRequest.Builder request =
                RestoreRequest.builder().replica(replica).name("crash").output(copy);
        CrashScenario.keyset(folder).ifPresent(request::encryptionKeyset);
        Database.restore(request.build());
        return copy;
    }

    @FunctionalInterface
    private interface Query {
        String value(String sql) throws SQLException;
    }

    /** Every row up to the last acknowledged one, and no hole behind it either. */
    private static void assertRows(Query query, String writer, long last) throws SQLException {
        String from = " FROM row WHERE writer = '" + writer + "'";
        long rows = Long.parseLong(query.value("SELECT count(*)" + from));
        long highest = Long.parseLong(query.value("SELECT coalesce(max(number), 0)" + from));
        assertThat(highest).as("last row of " + writer).isGreaterThanOrEqualTo(last);
        assertThat(rows).as("rows of " + writer + " without a hole").isEqualTo(highest);
    }
}
