package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.RestoreRequest;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import net.hydromatic.sqllogictest.OptionsParser;
import net.hydromatic.sqllogictest.OptionsParser.SuppliedOptions;
import net.hydromatic.sqllogictest.SltSqlStatement;
import net.hydromatic.sqllogictest.SltTestFile;
import net.hydromatic.sqllogictest.TestStatistics;
import net.hydromatic.sqllogictest.executors.JdbcExecutor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * <a href="https://sqlite.org/sqllogictest/">sqllogictest</a>: queries whose results several databases agree on. They are
 * answered by a replicated database, and again by what is restored from its replica.
 */
class SqlLogicTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();
    private final SuppliedOptions options =
            new OptionsParser(false, printing(messages), printing(messages)).parse("-v");

    @Test
    void aThousandQueriesAreAnsweredRightBeforeAndAfterARestore() throws Exception {
        assertAnswered(1_000, "select1");
    }

    @Test
    @Tag("long")
    void everyQueryIsAnsweredRightBeforeAndAfterARestore() throws Exception {
        assertAnswered(1_000, "select1");
        assertAnswered(1_000, "select2");
        assertAnswered(3_320, "select3");
    }

    private void assertAnswered(int queries, String name) throws Exception {
        SltTestFile file = new SltTestFile("test/" + name + ".test");
        file.parse(options);
        URI replica = folder.resolve(name + "-replica").toUri();
        try (Database database = open(name, Optional.of(replica))) {
            assertAllPass(queries, file, new Executor(options, database.dataSource(), false));
        }
        Database.restore(RestoreRequest.builder()
                .replica(replica)
                .name(name)
                .output(folder.resolve("restored-" + name + ".db"))
                .build());
        try (Database restored = open("restored-" + name, Optional.empty())) {
            assertAllPass(queries, file, new Executor(options, restored.dataSource(), true));
        }
    }

    private void assertAllPass(int queries, SltTestFile file, Executor executor) throws SQLException {
        TestStatistics found = executor.execute(file, options);
        String said = messages.toString(StandardCharsets.UTF_8);
        assertThat(found.getPassedTestCount()).as(said).isEqualTo(queries);
        assertThat(found.getFailedTestCount()).as(said).isZero();
        assertThat(found.getIgnoredTestCount()).as(said).isZero();
        assertThat(found.getParseFailureCount()).as(said).isZero();
    }

    private Database open(String name, Optional<URI> replica) {
        DatabaseConfig.Builder config = DatabaseConfig.builder().name(name).path(folder.resolve(name + ".db"));
        replica.ifPresent(config::replica);
        return Database.open(config.build());
    }

    private static PrintStream printing(ByteArrayOutputStream out) {
        return new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    /** Keeps the tables, and makes none where they have been restored. */
    private static final class Executor extends JdbcExecutor {
        private final DataSource dataSource;
        private final boolean restored;

        Executor(SuppliedOptions options, DataSource dataSource, boolean restored) {
            super(options, "", "", "");
            this.dataSource = dataSource;
            this.restored = restored;
        }

        @Override
        public void establishConnection() throws SQLException {
            connection = dataSource.getConnection();
        }

        @Override
        public void statement(SltSqlStatement statement) throws SQLException {
            if (!restored) {
                super.statement(statement);
            }
        }

        @Override
        public void dropAllViews() {
            // There are none.
        }

        @Override
        public void dropAllTables() {
            // They are what is replicated.
        }
    }
}
