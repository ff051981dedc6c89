package io.spindrift.jdbc;

/**
 * What is known of a SQL string before it runs.
 *
 * @param sql the text
 * @param effect what it does to the database
 * @param script whether it holds more than one statement
 * @param insert whether it may give a key
 * @param temporary whether it writes to temporary tables only; the same text means another table once such a table is
 *     gone, so this is asked again before every run
 */
record SqlStatement(String sql, Effect effect, boolean script, boolean insert, boolean temporary) {

    static SqlStatement of(String sql, Effect effect) {
        return new SqlStatement(sql, effect, false, false, false);
    }

    /** Several statements, taken for a write. */
    static SqlStatement script(String sql) {
        return new SqlStatement(sql, Effect.WRITE, true, false, false);
    }

    /** What a statement does to the database. */
    enum Effect {
        /** Nothing at all: only comments. */
        NOTHING,
        /** Reads, or changes temporary tables only. */
        READ,
        /** Writes, or may write. */
        WRITE,
        /** Writes, and SQLite runs it outside a transaction only. */
        WRITE_ALONE
    }
}
