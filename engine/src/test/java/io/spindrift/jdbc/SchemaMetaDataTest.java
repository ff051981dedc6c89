package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SchemaMetaDataTest extends OnOneConnection {
    private DatabaseMetaData metadata;

    @BeforeEach
    void fill() throws SQLException {
        TestDatabase.run(
                connection,
                "create table parent(id integer primary key, name varchar(20) not null unique,"
                        + " amount decimal(10, 2) default 5, twice generated always as (amount * 2) stored)",
                "create table my_child(a text, b bigint, p integer constraint fk_p references parent on delete cascade,"
                        + " n text references PARENT(name) on update set null, primary key(b, a)) without rowid",
                "create table myXchild(z, at timestamp)",
                "create table pair(x, y, foreign key (x, y) references my_child)",
                "create index plain on my_child(n desc, b)",
                "create index expression on my_child(lower(a)) where b > 1",
                "create view v as select id, name from parent",
                "create temp table mine(a)");
        metadata = connection.getMetaData();
    }

    @Test
    void tablesAreListedByPatternAndType() throws SQLException {
        assertThat(rows(
                        metadata.getTables(null, null, "%", new String[] {"TABLE", "VIEW"}),
                        "TABLE_TYPE",
                        "TABLE_NAME"))
                .containsExactly("TABLE myXchild", "TABLE my_child", "TABLE pair", "TABLE parent", "VIEW v");
        assertThat(rows(metadata.getTables(null, "main", "MY\\_child", null), "TABLE_NAME"))
                .containsExactly("my_child");
        assertThat(rows(metadata.getTables(null, null, "my_child", null), "TABLE_NAME"))
                .containsExactly("myXchild", "my_child");
        assertThat(rows(metadata.getTables("", null, null, new String[] {"LOCAL TEMPORARY"}), "TABLE_NAME"))
                .containsExactly("mine");
        assertThat(rows(metadata.getTableTypes(), "TABLE_TYPE"))
                .containsExactly("LOCAL TEMPORARY", "SYSTEM TABLE", "TABLE", "VIEW");
    }

    @Test
    void columnsTellTheirTypeAndWhetherTheyMayBeNull() throws SQLException {
        assertThat(rows(
                        metadata.getColumns(null, null, "PARENT", null),
                        "COLUMN_NAME",
                        "DATA_TYPE",
                        "TYPE_NAME",
                        "COLUMN_SIZE",
                        "DECIMAL_DIGITS",
                        "IS_NULLABLE",
                        "COLUMN_DEF",
                        "ORDINAL_POSITION",
                        "IS_AUTOINCREMENT",
                        "IS_GENERATEDCOLUMN"))
                .containsExactly(
                        "id 4 INTEGER 19 null NO null 1 YES NO",
                        "name 12 VARCHAR 20 null NO null 2 NO NO",
                        "amount 3 DECIMAL 10 2 YES 5 3 NO NO",
                        "twice 12  1000000000 null YES null 4 NO YES");
        assertThat(rows(metadata.getColumns(null, null, "my\\_child", "b"), "DATA_TYPE", "NULLABLE"))
                .containsExactly("-5 0");
        assertThat(rows(metadata.getColumns(null, null, "myXchild", "at"), "DATA_TYPE"))
                .containsExactly("93");
        assertThat(rows(metadata.getColumns(null, null, "v", "%"), "COLUMN_NAME"))
                .containsExactly("id", "name");
        assertThat(rows(metadata.getColumns(null, null, "nothing", "%"), "COLUMN_NAME"))
                .isEmpty();
    }

    @Test
    void primaryKeysAndTheBestRowIdentifier() throws SQLException {
        assertThat(rows(metadata.getPrimaryKeys(null, null, "my_child"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"))
                .containsExactly("a 2 null", "b 1 null");
        assertThat(rows(metadata.getPrimaryKeys(null, null, "nothing"), "COLUMN_NAME"))
                .isEmpty();
        assertThat(rows(metadata.getBestRowIdentifier(null, null, "Parent", 0, true), "COLUMN_NAME", "PSEUDO_COLUMN"))
                .containsExactly("id 1");
        assertThat(rows(metadata.getBestRowIdentifier(null, null, "myXchild", 0, true), "COLUMN_NAME", "PSEUDO_COLUMN"))
                .containsExactly("rowid 2");
    }

    @Test
    void indexesTellTheirOrderAndUniqueness() throws SQLException {
        assertThat(rows(
                        metadata.getIndexInfo(null, null, "my_child", false, true),
                        "INDEX_NAME",
                        "ORDINAL_POSITION",
                        "COLUMN_NAME",
                        "ASC_OR_DESC",
                        "NON_UNIQUE"))
                .containsExactly(
                        "sqlite_autoindex_my_child_1 1 b A 0",
                        "sqlite_autoindex_my_child_1 2 a A 0",
                        "expression 1 null A 1",
                        "plain 1 n D 1",
                        "plain 2 b A 1");
        assertThat(rows(metadata.getIndexInfo(null, null, "parent", true, true), "COLUMN_NAME"))
                .containsExactly("name");
    }

    @Test
    void foreignKeysAreFoundFromBothSides() throws SQLException {
        String[] columns = {
            "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ", "UPDATE_RULE", "DELETE_RULE"
        };
        List<String> ofChild = List.of("parent name my_child n 1 2 3", "parent id my_child p 1 3 0");
        assertThat(rows(metadata.getImportedKeys(null, null, "my_child"), columns))
                .isEqualTo(ofChild);
        assertThat(rows(metadata.getExportedKeys(null, null, "Parent"), columns))
                .isEqualTo(ofChild);
        assertThat(rows(metadata.getCrossReference(null, null, "my_child", null, null, "pair"), columns))
                .containsExactly("my_child b pair x 1 3 3", "my_child a pair y 2 3 3");
        assertThat(rows(metadata.getCrossReference(null, null, "pair", null, null, "my_child"), columns))
                .isEmpty();
    }

    @Test
    void whatSqliteCanDoIsAnswered() throws SQLException {
        assertThat(metadata.supportsLikeEscapeClause()).isTrue();
        assertThat(metadata.nullsAreSortedLow()).isTrue();
        assertThat(metadata.nullsAreSortedHigh()).isFalse();
        assertThat(metadata.supportsCorrelatedSubqueries()).isTrue();
        assertThat(metadata.supportsTransactionIsolationLevel(Connection.TRANSACTION_SERIALIZABLE))
                .isTrue();
        assertThat(metadata.supportsTransactionIsolationLevel(Connection.TRANSACTION_READ_COMMITTED))
                .isFalse();
        assertThat(metadata.supportsResultSetType(ResultSet.TYPE_SCROLL_INSENSITIVE))
                .isFalse();
        assertThat(metadata.supportsResultSetHoldability(ResultSet.HOLD_CURSORS_OVER_COMMIT))
                .isFalse();
        assertThat(metadata.getIdentifierQuoteString()).isEqualTo("\"");
        assertThat(metadata.getSearchStringEscape()).isEqualTo("\\");
        assertThat(metadata.getStringFunctions()).contains("LOCATE").doesNotContain("/");
        assertThat(rows(metadata.getFunctions(null, null, "json\\_extract"), "FUNCTION_NAME"))
                .containsExactly("json_extract");
        assertThat(rows(metadata.getTypeInfo(), "TYPE_NAME")).contains("INTEGER", "REAL", "TEXT", "BLOB");
        assertThat(rows(metadata.getSchemas(), "TABLE_SCHEM")).isEmpty();
        assertThat(rows(metadata.getCatalogs(), "TABLE_CAT")).isEmpty();
    }

    private static List<String> rows(ResultSet rows, String... columns) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rows.next()) {
            List<String> row = new ArrayList<>();
            for (String column : columns) {
                row.add(String.valueOf(rows.getString(column)));
            }
            found.add(String.join(" ", row));
        }
        rows.close();
        return found;
    }
}
