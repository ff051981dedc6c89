package io.spindrift.inserver;

import io.spindrift.transaction.RetryOnConflict;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import jakarta.transaction.Transactional.TxType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** Loses its first attempt: another transaction changes what it has read before it writes. */
@ApplicationScoped
public class Counter {
    @Resource(lookup = "jdbc/probe")
    private DataSource dataSource;

    @Inject
    private Rival rival;

    private final AtomicInteger attempts = new AtomicInteger();

    public int attempts() {
        return attempts.get();
    }

    /** Writes the counter's value into a note of its own, and returns it. */
    @RetryOnConflict
    @Transactional(rollbackOn = SQLException.class)
    public long note(String prefix) throws SQLException {
        int attempt = attempts.incrementAndGet();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                PreparedStatement insert = connection.prepareStatement("insert into note (text) values (?)")) {
            long value;
            try (ResultSet row = statement.executeQuery("select value from counter where id = 1")) {
                row.next();
                value = row.getLong(1);
            }
            if (attempt == 1) {
                rival.increment();
            }
            insert.setString(1, prefix + value);
            insert.executeUpdate();
            return value;
        }
    }

    /** The transaction that commits in between. */
    @ApplicationScoped
    public static class Rival {
        @Resource(lookup = "jdbc/probe")
        private DataSource dataSource;

        @Transactional(TxType.REQUIRES_NEW)
        public void increment() throws SQLException {
            try (Connection connection = dataSource.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.executeUpdate("update counter set value = value + 1 where id = 1");
            }
        }
    }
}
