package io.spindrift.inserver;

import io.spindrift.transaction.RetryOnConflict;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** A number that requests add to by reading and writing it. */
@ApplicationScoped
public class Tally {
    @Resource(lookup = "jdbc/probe")
    private DataSource dataSource;

    private final CyclicBarrier bothHaveRead = new CyclicBarrier(2);

    @Transactional
    public void create() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table if not exists tally (id integer primary key, value integer) strict");
            statement.execute("insert or ignore into tally values (1, 0)");
        }
    }

    public long value() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return read(connection);
        }
    }

    @Transactional
    public void add() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            write(connection, read(connection) + 1);
        }
    }

    @Transactional
    public void addAndFail() throws SQLException {
        add();
        throw new IllegalStateException("after the addition");
    }

    /** Two callers at once read the same number, so that one of them has to begin again. */
    @RetryOnConflict
    @Transactional(rollbackOn = SQLException.class)
    public void addBesideAnother(AtomicInteger attempts)
            throws SQLException, InterruptedException, BrokenBarrierException, TimeoutException {
        try (Connection connection = dataSource.getConnection()) {
            long value = read(connection);
            if (attempts.incrementAndGet() == 1) {
                bothHaveRead.await(60, TimeUnit.SECONDS);
            }
            write(connection, value + 1);
        }
    }

    private static long read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select value from tally")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void write(Connection connection, long value) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update tally set value = ?")) {
            update.setLong(1, value);
            update.executeUpdate();
        }
    }
}
