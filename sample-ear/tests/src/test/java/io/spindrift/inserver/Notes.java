package io.spindrift.inserver;

import io.spindrift.Durability;
import io.spindrift.SyncEngine;
import io.spindrift.jdbc.SpindriftConnection;
import io.spindrift.transaction.Durable;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** A CDI bean with the data source and the sync engine. */
@ApplicationScoped
public class Notes {
    @Resource(lookup = "jdbc/probe")
    private DataSource dataSource;

    @Resource(lookup = "jdbc/probe-durable")
    private DataSource durableDataSource;

    @Inject
    @Named("probe")
    private SyncEngine sync;

    public DataSource dataSource() {
        return dataSource;
    }

    public SyncEngine sync() {
        return sync;
    }

    void createTables() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table if not exists note (id integer primary key, text text not null) strict");
            statement.execute("create table if not exists counter (id integer primary key, value integer) strict");
            statement.execute("insert or ignore into counter values (1, 0)");
        }
    }

    @Transactional
    public void add(String text) throws SQLException {
        insert(text);
    }

    @Durable
    @Transactional
    public void addDurably(String text) throws SQLException {
        insert(text);
    }

    @Transactional
    public void addThroughADurableFactory(String text) throws SQLException {
        try (Connection connection = durableDataSource.getConnection()) {
            insert(connection, text);
        }
    }

    @Transactional
    public void addThroughAConnectionThatAsksForDurability(String text) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.unwrap(SpindriftConnection.class).setDurability(Durability.REPLICA);
            insert(connection, text);
        }
    }

    @Transactional
    public void addDurablyInside(Notes self, String text) throws SQLException {
        self.addDurably(text);
    }

    @Transactional
    public void addAndFail(String text) throws SQLException {
        insert(text);
        throw new IllegalStateException("after the insert");
    }

    /** Writes through one connection and reads through a second that is open at the same time. */
    @Transactional
    public long addAndCountThroughAnotherHandle(String text) throws SQLException {
        try (Connection first = dataSource.getConnection();
                Connection second = dataSource.getConnection()) {
            insert(first, text);
            return count(second, text);
        }
    }

    public long count(String text) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return count(connection, text);
        }
    }

    private void insert(String text) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            insert(connection, text);
        }
    }

    private static void insert(Connection connection, String text) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into note (text) values (?)")) {
            insert.setString(1, text);
            insert.executeUpdate();
        }
    }

    private static long count(Connection connection, String text) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select count(*) from note where text = ?")) {
            select.setString(1, text);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
