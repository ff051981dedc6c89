package io.spindrift.jdbc;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;

/** What the driver says about the columns of a result, kept so that it outlives the cursor. */
final class Columns implements ResultSetMetaData, Unwrapping {
    private record Column(
            String label, String name, String table, int type, String typeName, int nullable, boolean autoIncrement) {}

    private final List<Column> columns;

    private Columns(List<Column> columns) {
        this.columns = List.copyOf(columns);
    }

    static Columns of(ResultSet cursor) throws SQLException {
        return of(cursor.getMetaData());
    }

    static Columns of(ResultSetMetaData driver) throws SQLException {
        List<Column> columns = new ArrayList<>();
        int count = driver.getColumnCount();
        for (int i = 1; i <= count; i++) {
            columns.add(new Column(
                    text(driver.getColumnLabel(i)),
                    text(driver.getColumnName(i)),
                    text(driver.getTableName(i)),
                    driver.getColumnType(i),
                    text(driver.getColumnTypeName(i)),
                    driver.isNullable(i),
                    driver.isAutoIncrement(i)));
        }
        return new Columns(columns);
    }

    static SQLException missing(int index, int count) {
        return SqlErrors.missing("Column", index, "result", count);
    }

    static Columns generatedKeys() {
        String name = "last_insert_rowid()";
        return new Columns(List.of(new Column(name, name, "", Types.BIGINT, "INTEGER", columnNoNulls, true)));
    }

    private static String text(String value) {
        return value == null ? "" : value;
    }

    int count() {
        return columns.size();
    }

    int find(String label) throws SQLException {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).label.equalsIgnoreCase(label)) {
                return i + 1;
            }
        }
        throw new SQLNonTransientException(
                "The result has no column " + label + "; it has " + String.join(", ", labels()), "42703");
    }

    private List<String> labels() {
        return columns.stream().map(Column::label).toList();
    }

    private Column column(int index) throws SQLException {
        if (index < 1 || index > columns.size()) {
            throw missing(index, columns.size());
        }
        return columns.get(index - 1);
    }

    @Override
    public int getColumnCount() {
        return columns.size();
    }

    @Override
    public String getColumnLabel(int index) throws SQLException {
        return column(index).label;
    }

    @Override
    public String getColumnName(int index) throws SQLException {
        return column(index).name;
    }

    @Override
    public String getTableName(int index) throws SQLException {
        return column(index).table;
    }

    @Override
    public int getColumnType(int index) throws SQLException {
        return column(index).type;
    }

    @Override
    public String getColumnTypeName(int index) throws SQLException {
        return column(index).typeName;
    }

    @Override
    public int isNullable(int index) throws SQLException {
        return column(index).nullable;
    }

    @Override
    public boolean isAutoIncrement(int index) throws SQLException {
        return column(index).autoIncrement;
    }

    /** What {@link ResultSet#getObject(int)} gives; one column may hold values of several types in SQLite. */
    @Override
    public String getColumnClassName(int index) throws SQLException {
        return SqlTypes.className(column(index).type);
    }

    @Override
    public boolean isSigned(int index) throws SQLException {
        return SqlTypes.isNumber(column(index).type);
    }

    @Override
    public boolean isCaseSensitive(int index) throws SQLException {
        column(index);
        return true;
    }

    @Override
    public boolean isSearchable(int index) throws SQLException {
        column(index);
        return true;
    }

    @Override
    public boolean isCurrency(int index) throws SQLException {
        column(index);
        return false;
    }

    @Override
    public int getColumnDisplaySize(int index) throws SQLException {
        column(index);
        return Integer.MAX_VALUE;
    }

    @Override
    public String getSchemaName(int index) throws SQLException {
        column(index);
        return "";
    }

    @Override
    public String getCatalogName(int index) throws SQLException {
        column(index);
        return "";
    }

    @Override
    public int getPrecision(int index) throws SQLException {
        column(index);
        return 0;
    }

    @Override
    public int getScale(int index) throws SQLException {
        column(index);
        return 0;
    }

    @Override
    public boolean isReadOnly(int index) throws SQLException {
        column(index);
        return true;
    }

    @Override
    public boolean isWritable(int index) throws SQLException {
        column(index);
        return false;
    }

    @Override
    public boolean isDefinitelyWritable(int index) throws SQLException {
        column(index);
        return false;
    }
}
