package io.spindrift.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteConnection;

/**
 * Which values of inserted rows {@link Statement#getGeneratedKeys()} gives: no, the primary key's, or those of columns by
 * name or index. They are asked for by a RETURNING that is added to the statement, so there is a row of keys for every
 * row inserted, whatever the key's type.
 */
record WantedKeys(boolean any, List<String> names, List<Integer> indexes) {
    static final WantedKeys NONE = new WantedKeys(false, List.of(), List.of());
    private static final WantedKeys PRIMARY_KEY = new WantedKeys(true, List.of(), List.of());

    /**
     * The columns of a table, none of a view or a virtual table, whose RETURNING knows no rowid. A temporary table hides
     * another of its name.
     */
    private static final String COLUMNS =
            """
            SELECT c.name, c.pk FROM pragma_table_list t, pragma_table_xinfo(t.name, t.schema) c
            WHERE t.name = ?1 COLLATE NOCASE AND t.type NOT IN ('view', 'virtual') AND t.schema = (
                SELECT schema FROM pragma_table_list
                WHERE name = ?1 COLLATE NOCASE AND (?2 = '' OR schema = ?2 COLLATE NOCASE)
                ORDER BY schema <> 'temp', schema <> 'main' LIMIT 1)
            ORDER BY c.cid""";

    static WantedKeys of(int flag) throws SQLException {
        return switch (flag) {
            case Statement.NO_GENERATED_KEYS -> NONE;
            case Statement.RETURN_GENERATED_KEYS -> PRIMARY_KEY;
            default ->
                throw SqlErrors.invalidArgument(
                        "Generated keys are RETURN_GENERATED_KEYS or NO_GENERATED_KEYS, found " + flag);
        };
    }

    static WantedKeys of(String[] names) throws SQLException {
        if (names == null || Arrays.asList(names).contains(null)) {
            throw SqlErrors.invalidArgument("The names of the key columns are null");
        }
        return names.length == 0 ? NONE : new WantedKeys(true, List.of(names), List.of());
    }

    static WantedKeys of(int[] indexes) throws SQLException {
        if (indexes == null) {
            throw SqlErrors.invalidArgument("The indexes of the key columns are null");
        }
        return indexes.length == 0
                ? NONE
                : new WantedKeys(true, List.of(), Arrays.stream(indexes).boxed().toList());
    }

    /**
     * The statement with a RETURNING of these keys.
     *
     * @return empty if it is no insert, returns rows by itself, or has a target that gives no keys, such as a view
     */
    Optional<String> returning(String sql, SQLiteConnection driver) throws SQLException {
        Optional<InsertTarget> insert = any ? InsertTarget.of(sql) : Optional.empty();
        if (insert.isEmpty() || insert.get().returning()) {
            return Optional.empty();
        }
        List<String> columns = columns(insert.get(), driver);
        if (columns.isEmpty()) {
            return Optional.empty();
        }
        int end = insert.get().end();
        return Optional.of(sql.substring(0, end) + " RETURNING " + String.join(", ", columns) + sql.substring(end));
    }

    private List<String> columns(InsertTarget insert, SQLiteConnection driver) throws SQLException {
        if (!names.isEmpty()) {
            return names.stream().map(WantedKeys::quoted).toList();
        }
        List<String> all = new ArrayList<>();
        List<String> key = new ArrayList<>();
        try (PreparedStatement statement = driver.prepareStatement(COLUMNS)) {
            statement.setString(1, insert.table());
            statement.setString(2, insert.schema());
            try (ResultSet column = statement.executeQuery()) {
                while (column.next()) {
                    all.add(quoted(column.getString(1)));
                    if (column.getInt(2) > 0) {
                        key.add(quoted(column.getString(1)));
                    }
                }
            }
        }
        if (!indexes.isEmpty()) {
            return byIndex(all);
        }
        return all.isEmpty() || !key.isEmpty() ? key : List.of("rowid");
    }

    private List<String> byIndex(List<String> all) throws SQLException {
        List<String> columns = new ArrayList<>();
        for (int index : indexes) {
            if (index < 1 || index > all.size()) {
                throw new SQLNonTransientException(
                        "Key column " + index + " does not exist: the table has " + all.size(), "07009");
            }
            columns.add(all.get(index - 1));
        }
        return columns;
    }

    /** In backticks: SQLite takes a name in double quotes that it does not know for a text. */
    private static String quoted(String name) {
        String quoted = "`" + name.replace("`", "``") + "`";
        return quoted + " AS " + quoted;
    }
}
