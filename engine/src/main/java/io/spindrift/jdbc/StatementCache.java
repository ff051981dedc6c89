package io.spindrift.jdbc;

import java.sql.SQLException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The compiled statements of one physical connection that no statement of the application uses now: preparing the same
 * SQL again compiles nothing. SQLite itself compiles a kept one again when the schema has changed. Guarded by its
 * connection's lock.
 */
final class StatementCache {
    /** A compiled statement takes a few KiB. */
    static final int STATEMENTS_KEPT = 64;

    private record Key(SqlStatement statement, WantedKeys keys) {}

    private final Map<Key, Compiled> kept = new LinkedHashMap<>(16, 0.75f, true);

    Optional<Compiled> take(SqlStatement statement, WantedKeys keys) {
        return Optional.ofNullable(kept.remove(new Key(statement, keys)));
    }

    /** One of the same SQL that is kept already is closed, and so is the one whose last use is longest ago. */
    void keep(Compiled compiled) throws SQLException {
        if (compiled.statement().temporary() || compiled.statement().effect() == SqlStatement.Effect.WRITE_ALONE) {
            compiled.close();
            return;
        }
        Compiled same = kept.put(new Key(compiled.statement(), compiled.keys()), compiled);
        if (same != null) {
            same.close();
        } else if (kept.size() > STATEMENTS_KEPT) {
            Iterator<Compiled> eldest = kept.values().iterator();
            Compiled least = eldest.next();
            eldest.remove();
            least.close();
        }
    }

    int size() {
        return kept.size();
    }
}
