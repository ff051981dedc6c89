package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The anomalies of Adya's thesis as the ten schedules of Hermitage, and a few more. None of them happens in either
 * transaction mode with either detection; who has to wait or begin again differs.
 *
 * @see <a href="https://github.com/ept/hermitage">Hermitage</a>
 */
@Timeout(60)
class IsolationTest {
    private static final String CONFLICT = "40001";

    @TempDir
    Path folder;

    private TestDatabase database;
    private boolean immediate;
    private boolean values;
    private Session t1;
    private Session t2;
    private Session t3;

    static Stream<Arguments> modes() {
        return Stream.of(
                Arguments.of("values", TestDatabase.OPTIMISTIC),
                Arguments.of("snapshot", TestDatabase.SNAPSHOT),
                Arguments.of("immediate", TestDatabase.IMMEDIATE));
    }

    private void begin(String mode, ConnectionOptions options) throws SQLException {
        immediate = mode.equals("immediate");
        values = mode.equals("values");
        database = new TestDatabase(folder.resolve("test.db"));
        database.run("create table test(id integer primary key, value)", "insert into test values (1, 10), (2, 20)");
        t1 = new Session(database, options);
        t2 = new Session(database, options);
        t3 = new Session(database, options);
    }

    @AfterEach
    void close() throws SQLException {
        t1.close();
        t2.close();
        t3.close();
        database.close();
    }

    private static String all() {
        return "select id, value from test order by id";
    }

    private static String of(int id) {
        return "select value from test where id = " + id;
    }

    private static String set(int id, int value) {
        return "update test set value = " + value + " where id = " + id;
    }

    private static void assertOutcome(Session.Step step, String expected) throws InterruptedException {
        assertThat(step.outcome()).isEqualTo(expected);
    }

    /** Where transactions take the gate at their first statement, this one waits; elsewhere it is over. */
    private void assertWaitsIfImmediate(Session.Step step) {
        assertThat(step.waits()).isEqualTo(immediate);
    }

    private void assertStored(String expected) throws SQLException {
        assertThat(database.value("select group_concat(id || ':' || value) from (select * from test order by id)"))
                .isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void g0WriteCyclesDoNotHappen(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(set(1, 11)), "1");
        Session.Step waiting = t2.does(set(1, 12));
        assertThat(waiting.waits()).isTrue();
        assertOutcome(t1.does(set(2, 21)), "1");
        assertOutcome(t1.commits(), "committed");
        assertOutcome(waiting, "1");
        assertOutcome(t2.does(set(2, 22)), "1");
        assertOutcome(t2.commits(), "committed");
        assertStored("1:12,2:22");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void g1aWhatIsRolledBackIsNeverSeen(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(set(1, 101)), "1");
        Session.Step read = t2.does(all());
        assertWaitsIfImmediate(read);
        assertOutcome(t1.rollsBack(), "rolled back");
        assertOutcome(read, "1:10,2:20");
        assertOutcome(t2.does(all()), "1:10,2:20");
        assertOutcome(t2.commits(), "committed");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void g1bIntermediateValuesAreNeverSeen(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(set(1, 101)), "1");
        Session.Step read = t2.does(all());
        assertWaitsIfImmediate(read);
        assertOutcome(t1.does(set(1, 11)), "1");
        assertOutcome(t1.commits(), "committed");
        String seen = immediate ? "1:11,2:20" : "1:10,2:20";
        assertOutcome(read, seen);
        assertOutcome(t2.does(all()), seen);
        assertOutcome(t2.commits(), "committed");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void g1cNobodySeesWhatTheOtherHasNotCommitted(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(set(1, 11)), "1");
        Session.Step waiting = t2.does(set(2, 22));
        assertThat(waiting.waits()).isTrue();
        assertOutcome(t1.does(of(2)), "20");
        assertOutcome(t1.commits(), "committed");
        assertOutcome(waiting, "1");
        assertOutcome(t2.does(of(1)), "11");
        assertOutcome(t2.commits(), "committed");
        assertStored("1:11,2:22");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void otvATransactionThatWasSeenDoesNotVanish(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(set(1, 11)), "1");
        assertOutcome(t1.does(set(2, 19)), "1");
        Session.Step waiting = t2.does(set(1, 12));
        assertThat(waiting.waits()).isTrue();
        assertOutcome(t1.commits(), "committed");
        assertOutcome(waiting, "1");
        Session.Step read = t3.does(of(1));
        assertWaitsIfImmediate(read);
        assertOutcome(t2.does(set(2, 18)), "1");
        if (!immediate) {
            assertOutcome(read, "11");
            assertOutcome(t3.does(of(2)), "19");
        }
        assertOutcome(t2.commits(), "committed");
        assertOutcome(read, immediate ? "12" : "11");
        assertOutcome(t3.does(all()), immediate ? "1:12,2:18" : "1:11,2:19");
        assertOutcome(t3.commits(), "committed");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void pmpAPredicateIsReadTheSameTwice(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does("select id from test where value = 30"), "");
        Session.Step insert = t2.does("insert into test values (3, 30)");
        assertWaitsIfImmediate(insert);
        Session.Step commit = immediate ? null : t2.commits();
        assertOutcome(t1.does("select id from test where value % 3 = 0"), "");
        assertOutcome(t1.commits(), "committed");
        assertOutcome(insert, "1");
        assertOutcome(commit == null ? t2.commits() : commit, "committed");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void pmpAWriteSeesTheRowsOfItsPredicateAsTheyAre(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does("update test set value = value + 10"), "2");
        Session.Step delete = t2.does("delete from test where value = 20");
        assertThat(delete.waits()).isTrue();
        assertOutcome(t1.commits(), "committed");
        assertOutcome(delete, "1");
        assertOutcome(t2.does(all()), "2:30");
        assertOutcome(t2.commits(), "committed");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void p4NoUpdateIsLost(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(of(1)), "10");
        Session.Step read = t2.does(of(1));
        assertWaitsIfImmediate(read);
        assertOutcome(t1.does(set(1, 11)), "1");
        Session.Step write = immediate ? read : t2.does(set(1, 11));
        assertThat(write.waits()).isTrue();
        assertOutcome(t1.commits(), "committed");
        assertOutcome(write, immediate ? "11" : CONFLICT);
        assertStored("1:11,2:20");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void gSingleReadSkewDoesNotHappen(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(of(1)), "10");
        Session.Step read = t2.does(all());
        assertWaitsIfImmediate(read);
        if (!immediate) {
            assertOutcome(t2.does(set(1, 12)), "1");
            assertOutcome(t2.does(set(2, 18)), "1");
            assertOutcome(t2.commits(), "committed");
        }
        assertOutcome(t1.does(of(2)), "20");
        assertOutcome(t1.commits(), "committed");
        assertOutcome(read, "1:10,2:20");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void gSingleNorThroughAPredicate(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does("select id from test where value % 5 = 0 order by id"), "1,2");
        Session.Step write = t2.does("update test set value = 12 where value = 10");
        assertWaitsIfImmediate(write);
        Session.Step commit = immediate ? null : t2.commits();
        assertOutcome(t1.does("select id from test where value % 3 = 0"), "");
        assertOutcome(t1.commits(), "committed");
        assertOutcome(write, "1");
        assertOutcome(commit == null ? t2.commits() : commit, "committed");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void gSingleNorByAWrite(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(of(1)), "10");
        Session.Step write = t2.does("update test set value = value + 2");
        assertWaitsIfImmediate(write);
        Session.Step commit = immediate ? null : t2.commits();
        assertOutcome(t1.does("delete from test where value = 20"), immediate ? "1" : CONFLICT);
        assertOutcome(t1.rollsBack(), "rolled back");
        assertOutcome(write, "2");
        assertOutcome(commit == null ? t2.commits() : commit, "committed");
        assertStored("1:12,2:22");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void g2ItemWriteSkewDoesNotHappen(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(all()), "1:10,2:20");
        Session.Step read = t2.does(all());
        assertWaitsIfImmediate(read);
        assertOutcome(t1.does(set(1, 11)), "1");
        Session.Step write = immediate ? read : t2.does(set(2, 21));
        assertThat(write.waits()).isTrue();
        assertOutcome(t1.commits(), "committed");
        assertOutcome(write, immediate ? "1:11,2:20" : CONFLICT);
        assertStored("1:11,2:20");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void g2NeitherThroughPredicates(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        String thirds = "select id from test where value % 3 = 0";
        assertOutcome(t1.does(thirds), "");
        Session.Step read = t2.does(thirds);
        assertWaitsIfImmediate(read);
        assertOutcome(t1.does("insert into test values (3, 30)"), "1");
        Session.Step write = immediate ? read : t2.does("insert into test values (4, 42)");
        assertThat(write.waits()).isTrue();
        assertOutcome(t1.commits(), "committed");
        assertOutcome(write, immediate ? "3" : CONFLICT);
        assertStored("1:10,2:20,3:30");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void g2NorWithAReaderBetweenTwoWriters(String mode, ConnectionOptions options) throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(all()), "1:10,2:20");
        Session.Step write = t2.does("update test set value = value + 5 where id = 2");
        assertWaitsIfImmediate(write);
        if (!immediate) {
            assertOutcome(t2.commits(), "committed");
            assertOutcome(t3.does(all()), "1:10,2:25");
            assertOutcome(t3.commits(), "committed");
        }
        assertOutcome(t1.does(set(1, 0)), immediate ? "1" : CONFLICT);
        assertOutcome(t1.rollsBack(), "rolled back");
        assertOutcome(write, "1");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modes")
    void transactionsOnDifferentRowsBothCommitUnlessSnapshotsAreCompared(String mode, ConnectionOptions options)
            throws Exception {
        begin(mode, options);
        assertOutcome(t1.does(of(1)), "10");
        Session.Step read = t2.does(of(2));
        assertWaitsIfImmediate(read);
        assertOutcome(t1.does(set(1, 11)), "1");
        Session.Step write = immediate ? read : t2.does(set(2, 21));
        assertThat(write.waits()).isTrue();
        assertOutcome(t1.commits(), "committed");
        if (immediate) {
            assertOutcome(read, "20");
            write = t2.does(set(2, 21));
        }
        assertOutcome(write, values || immediate ? "1" : CONFLICT);
        assertOutcome(t2.commits(), values || immediate ? "committed" : "25P02");
        assertStored(values || immediate ? "1:11,2:21" : "1:11,2:20");
    }
}
