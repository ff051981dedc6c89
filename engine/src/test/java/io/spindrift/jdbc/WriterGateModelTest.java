package io.spindrift.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The writer gate, its threads switched at every step where that could matter: Lincheck's model checker goes through
 * these orders one after another, and prints the one that fails. A thread that is never woken is a deadlock to it. Time
 * stands still, so no wait ends by itself.
 */
class WriterGateModelTest {
    private static final int ORDERS = 100;
    private static final int MANY_ORDERS = 10_000;
    private static final Duration PATIENT = Duration.ofDays(1);
    private static final int OVERTAKEN_AT_MOST = 2;

    /** A connection at the gate. */
    private static final class Connection implements WriterGate.Claimant {
        volatile Thread user = Thread.currentThread();
        volatile boolean givesUp;

        @Override
        public Thread lastUsedBy() {
            return user;
        }

        @Override
        public boolean givesUp() {
            return givesUp;
        }

        @Override
        public boolean isEngine() {
            return false;
        }
    }

    /** Some writers at one gate. */
    private static final class Writers {
        final WriterGate gate = new WriterGate("test", () -> 0L, OVERTAKEN_AT_MOST);
        private int begun;
        private int written;
        private AssertionError failure;

        /** A thread that writes once; {@code patience} says whether it must succeed. */
        Thread writer(Connection connection, Duration patience) {
            Thread thread = new Thread(() -> {
                connection.user = Thread.currentThread();
                try {
                    gate.acquire(connection, patience);
                    write();
                    gate.release(connection);
                } catch (SQLException e) {
                    boolean allowed = patience.isZero()
                            || connection.givesUp
                            || Thread.currentThread().isInterrupted();
                    require(allowed, "a patient writer was refused");
                }
            });
            thread.start();
            return thread;
        }

        /** Goes on when so many wait. */
        void inLine(int waiting) {
            while (gate.waiting() < waiting) {
                Thread.onSpinWait();
            }
        }

        /** In steps: a second writer inside would take the first one's step for its own. */
        void write() {
            begun++;
            int before = written;
            written = before + 1;
            require(begun == written, "two writers were let in");
        }

        void require(boolean holds, String otherwise) {
            if (!holds) {
                failure = new AssertionError(otherwise);
            }
        }

        /** Nobody is left, and whoever comes finds the gate free. */
        void end(Thread... threads) throws InterruptedException, SQLException {
            for (Thread thread : threads) {
                thread.join();
            }
            if (failure != null) {
                throw failure;
            }
            Connection last = new Connection();
            gate.acquire(last, Duration.ZERO);
            gate.release(last);
            if (gate.waiting() != 0) {
                throw new AssertionError("a writer that has gone is still in line");
            }
        }
    }

    /** What is done in each order. */
    @FunctionalInterface
    private interface Scenario {
        void run() throws InterruptedException, SQLException;
    }

    private static void inEveryOrder(int orders, Scenario scenario) {
        Lincheck.runConcurrentTest(orders, () -> {
            try {
                scenario.run();
            } catch (InterruptedException | SQLException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void threeWriters() throws InterruptedException, SQLException {
        Writers writers = new Writers();
        writers.end(
                writers.writer(new Connection(), PATIENT),
                writers.writer(new Connection(), PATIENT),
                writers.writer(new Connection(), PATIENT));
        if (writers.written != 3) {
            throw new AssertionError("a write is lost");
        }
    }

    /** It gives up while it waits, when it is being given the gate, or when it has left. */
    private static void theFirstInLineGivesUp() throws InterruptedException, SQLException {
        Writers writers = new Writers();
        Connection holder = new Connection();
        Connection impatient = new Connection();
        writers.gate.acquire(holder, PATIENT);
        Thread first = writers.writer(impatient, PATIENT);
        writers.inLine(1);
        Thread second = writers.writer(new Connection(), PATIENT);
        impatient.givesUp = true;
        writers.gate.wake(impatient);
        writers.gate.release(holder);
        writers.end(first, second);
    }

    private static void theFirstInLineIsInterrupted() throws InterruptedException, SQLException {
        Writers writers = new Writers();
        Connection holder = new Connection();
        writers.gate.acquire(holder, PATIENT);
        Thread first = writers.writer(new Connection(), PATIENT);
        writers.inLine(1);
        Thread second = writers.writer(new Connection(), PATIENT);
        writers.inLine(2);
        first.interrupt();
        writers.gate.release(holder);
        writers.end(first, second);
    }

    private static void oneWaitsForNothing() throws InterruptedException, SQLException {
        Writers writers = new Writers();
        writers.end(
                writers.writer(new Connection(), PATIENT),
                writers.writer(new Connection(), Duration.ZERO),
                writers.writer(new Connection(), PATIENT));
    }

    private static void oneComesAgainAndAgain() throws InterruptedException, SQLException {
        Writers writers = new Writers();
        Connection greedy = new Connection();
        writers.gate.acquire(greedy, PATIENT);
        Thread waiter = writers.writer(new Connection(), PATIENT);
        int overtakings = 0;
        for (int i = 0; i < OVERTAKEN_AT_MOST + 2; i++) {
            writers.gate.release(greedy);
            boolean waited = writers.gate.waiting() == 1;
            writers.gate.acquire(greedy, PATIENT);
            if (waited && writers.gate.waiting() == 1) {
                overtakings++;
            }
        }
        writers.gate.release(greedy);
        writers.require(overtakings <= OVERTAKEN_AT_MOST, "overtaken " + overtakings + " times");
        writers.end(waiter);
    }

    @Test
    void writersExcludeEachOtherAndNoneIsForgotten() {
        inEveryOrder(ORDERS, WriterGateModelTest::threeWriters);
    }

    @Test
    void whoGivesUpIsGoneAndTakesNobodysTurnAway() {
        inEveryOrder(ORDERS, WriterGateModelTest::theFirstInLineGivesUp);
    }

    @Test
    void whoIsInterruptedIsGoneAndTakesNobodysTurnAway() {
        inEveryOrder(ORDERS / 5, WriterGateModelTest::theFirstInLineIsInterrupted); // interrupts take it long
    }

    @Test
    void whoDoesNotWaitIsGoneAndTakesNobodysTurnAway() {
        inEveryOrder(ORDERS, WriterGateModelTest::oneWaitsForNothing);
    }

    @Test
    void nobodyIsOvertakenMoreOftenThanIsDeclared() {
        inEveryOrder(ORDERS, WriterGateModelTest::oneComesAgainAndAgain);
    }

    @Test
    @Tag("long")
    void theSameInManyMoreOrders() {
        inEveryOrder(MANY_ORDERS, WriterGateModelTest::threeWriters);
        inEveryOrder(MANY_ORDERS, WriterGateModelTest::theFirstInLineGivesUp);
        inEveryOrder(MANY_ORDERS / 5, WriterGateModelTest::theFirstInLineIsInterrupted);
        inEveryOrder(MANY_ORDERS, WriterGateModelTest::oneWaitsForNothing);
        inEveryOrder(MANY_ORDERS, WriterGateModelTest::oneComesAgainAndAgain);
    }
}
