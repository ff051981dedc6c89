package io.spindrift.jdbc;

import java.sql.SQLException;
import java.sql.SQLSyntaxErrorException;
import java.util.List;
import java.util.Set;

/** Which statements an application may not run itself, and what it does instead. */
final class StatementRules {
    /** Pragmas that only report, or change nothing but the file's content, in any form. */
    private static final Set<String> PRAGMAS = Set.of(
            "ANALYSIS_LIMIT",
            "APPLICATION_ID",
            "COLLATION_LIST",
            "COMPILE_OPTIONS",
            "DATABASE_LIST",
            "DATA_VERSION",
            "DEFER_FOREIGN_KEYS",
            "FOREIGN_KEY_CHECK",
            "FOREIGN_KEY_LIST",
            "FREELIST_COUNT",
            "FUNCTION_LIST",
            "INCREMENTAL_VACUUM",
            "INDEX_INFO",
            "INDEX_LIST",
            "INDEX_XINFO",
            "INTEGRITY_CHECK",
            "MODULE_LIST",
            "OPTIMIZE",
            "PAGE_COUNT",
            "PRAGMA_LIST",
            "QUICK_CHECK",
            "TABLE_INFO",
            "TABLE_LIST",
            "TABLE_XINFO",
            "USER_VERSION");

    /** Pragmas that may be asked but not set. */
    private static final Set<String> READABLE_PRAGMAS = Set.of(
            "AUTO_VACUUM",
            "BUSY_TIMEOUT",
            "CACHE_SIZE",
            "ENCODING",
            "FOREIGN_KEYS",
            "JOURNAL_MODE",
            "MAX_PAGE_COUNT",
            "PAGE_SIZE",
            "QUERY_ONLY",
            "RECURSIVE_TRIGGERS",
            "SCHEMA_VERSION",
            "SYNCHRONOUS",
            "TEMP_STORE");

    private StatementRules() {}

    /** Whether a statement is a PRAGMA that is harmless, also while it is being explained. */
    static boolean isHarmlessPragma(List<String> words) {
        int i = body(words);
        if (!"PRAGMA".equals(word(words, i))) {
            return false;
        }
        int name = ".".equals(word(words, i + 2)) ? i + 3 : i + 1;
        return PRAGMAS.contains(word(words, name))
                || READABLE_PRAGMAS.contains(word(words, name))
                        && word(words, name + 1).isEmpty();
    }

    static boolean isPragma(List<String> words) {
        return "PRAGMA".equals(word(words, body(words)));
    }

    static boolean isExplain(List<String> words) {
        return "EXPLAIN".equals(word(words, 0));
    }

    /** SQLite frees one page at each step of it and answers a row without columns, which the driver takes for the end. */
    static boolean isIncrementalVacuum(List<String> words) {
        return isPragma(words) && words.contains("INCREMENTAL_VACUUM");
    }

    static boolean runsAlone(List<String> words) {
        return switch (word(words, 0)) {
            case "VACUUM", "ATTACH", "DETACH" -> true;
            case "PRAGMA" -> !isHarmlessPragma(words);
            default -> false;
        };
    }

    /** @throws SQLException with a sentence if the statement must not run */
    static void check(List<String> words, String database, boolean replicated) throws SQLException {
        switch (word(words, body(words))) {
            case "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE" ->
                throw new SQLSyntaxErrorException(
                        word(words, body(words))
                                + " cannot be run as SQL: the connection keeps track of its transaction;"
                                + " use setAutoCommit, commit, rollback, setSavepoint and releaseSavepoint of"
                                + " java.sql.Connection, or the container's transaction",
                        "42000");
            case "BACKUP", "RESTORE" ->
                throw SqlErrors.unsupported("The driver's backup and restore commands are not"
                        + " available: they bypass the write-ahead log; use VACUUM INTO, a snapshot or a restore");
            case "ATTACH", "DETACH" -> {
                if (replicated) {
                    throw SqlErrors.unsupported(word(words, body(words)) + " is refused: database " + database
                            + " is replicated, and what another file holds would not be; open the other file as a"
                            + " database of its own");
                }
            }
            case "PRAGMA" -> checkPragma(words, database, replicated);
            default -> {}
        }
    }

    private static void checkPragma(List<String> words, String database, boolean replicated) throws SQLException {
        if (replicated && !isHarmlessPragma(words)) {
            int i = body(words);
            String name = word(words, ".".equals(word(words, i + 2)) ? i + 3 : i + 1);
            throw SqlErrors.unsupported("PRAGMA " + name.toLowerCase(java.util.Locale.ROOT)
                    + (READABLE_PRAGMAS.contains(name) ? " may be read but not set" : " is refused") + ": database "
                    + database + " is replicated, and the engine sets what its connections and its write-ahead log"
                    + " depend on");
        }
    }

    /** Where the statement begins that an EXPLAIN explains; 0 without one. */
    private static int body(List<String> words) {
        if (!"EXPLAIN".equals(word(words, 0))) {
            return 0;
        }
        return "QUERY".equals(word(words, 1)) ? 3 : 1;
    }

    private static String word(List<String> words, int index) {
        return index < words.size() ? words.get(index) : "";
    }
}
