package io.spindrift.inserver;

import io.spindrift.retry.ConflictEvent;
import io.spindrift.transaction.RetryOnConflict;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** Tries again only because the application's configuration says so, and remembers the conflicts it is told of. */
@ApplicationScoped
public class Contended {
    static final String CONFIGURATION =
            Contended.class.getName() + "/add/RetryOnConflict/maxRetries=2\nRetryOnConflict/delay=0\n";

    @Resource(lookup = "jdbc/probe")
    private DataSource dataSource;

    private final List<ConflictEvent> conflicts = new CopyOnWriteArrayList<>();

    @RetryOnConflict(maxRetries = 0)
    @Transactional(rollbackOn = SQLException.class)
    public void add(String text) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement insert = connection.prepareStatement("insert into note (text) values (?)")) {
            insert.setString(1, text);
            insert.executeUpdate();
        }
    }

    @Transactional
    public void addInside(Contended self, String text) throws SQLException {
        self.add(text);
    }

    void on(@Observes ConflictEvent conflict) {
        conflicts.add(conflict);
    }

    /** Those that were told since the last call. */
    public List<ConflictEvent> takeConflicts() {
        List<ConflictEvent> told = List.copyOf(conflicts);
        conflicts.clear();
        return told;
    }
}
