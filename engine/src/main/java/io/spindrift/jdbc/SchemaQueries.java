package io.spindrift.jdbc;

/**
 * What {@link java.sql.DatabaseMetaData} tells of the schema, asked of SQLite's pragma functions. {@code ?1} and so on are
 * names or LIKE patterns with {@code \} as the escape; names are compared without regard to case, as SQLite does.
 *
 * @see <a href="https://www.sqlite.org/pragma.html#pragma_table_list">PRAGMA table_list</a>
 */
final class SchemaQueries {
    /** The tables a name means: a temporary one before all others. */
    private static final String TABLE =
            """
            (SELECT * FROM pragma_table_list WHERE name = %s COLLATE NOCASE
                ORDER BY schema <> 'temp', schema <> 'main' LIMIT 1)""";

    private static final String TYPE_OF_TABLE =
            """
            CASE WHEN type = 'view' THEN 'VIEW'
                WHEN name LIKE 'sqlite\\_%' ESCAPE '\\' OR type = 'shadow' THEN 'SYSTEM TABLE'
                WHEN schema = 'temp' THEN 'LOCAL TEMPORARY' ELSE 'TABLE' END""";

    /** ?1 pattern of the table; types are appended as further parameters. */
    static String tables(int types) {
        String filter = types == 0 ? "" : "WHERE TABLE_TYPE IN (?" + ", ?".repeat(types - 1) + ")";
        return """
                SELECT * FROM (
                    SELECT NULL AS TABLE_CAT, NULL AS TABLE_SCHEM, name AS TABLE_NAME, %s AS TABLE_TYPE, NULL AS REMARKS,
                        NULL AS TYPE_CAT, NULL AS TYPE_SCHEM, NULL AS TYPE_NAME, NULL AS SELF_REFERENCING_COL_NAME,
                        NULL AS REF_GENERATION
                    FROM pragma_table_list WHERE name LIKE ?1 ESCAPE '\\')
                %s ORDER BY TABLE_TYPE, TABLE_NAME"""
                .formatted(TYPE_OF_TABLE, filter);
    }

    static final String TABLE_TYPES =
            """
            SELECT column1 AS TABLE_TYPE FROM (VALUES ('LOCAL TEMPORARY'), ('SYSTEM TABLE'), ('TABLE'), ('VIEW'))""";

    /** A column of a table with the parts of its declared type: name, size and scale. */
    private static final String DECLARED =
            """
            SELECT t.name AS tab, t.wr AS wr, c.*, upper(trim(substr(c.type, 1, instr(c.type || '(', '(') - 1))) AS base,
                CASE WHEN instr(c.type, '(') > 0 THEN CAST(substr(c.type, instr(c.type, '(') + 1) AS INTEGER) END AS size,
                CASE WHEN instr(c.type, ',') > 0 THEN CAST(substr(c.type, instr(c.type, ',') + 1) AS INTEGER) END AS scale,
                c.pk = 1 AND upper(c.type) = 'INTEGER' AND t.wr = 0 AND 1 = (
                    SELECT count(*) FROM pragma_table_xinfo(t.name, t.schema) k WHERE k.pk > 0) AS rowid
            FROM pragma_table_list t, pragma_table_xinfo(t.name, t.schema) c
            WHERE c.hidden <> 1 AND t.name LIKE ?1 ESCAPE '\\' AND c.name LIKE ?2 ESCAPE '\\'""";

    /** The numbers are those of {@link java.sql.Types}; what is not named goes by SQLite's rules of affinity. */
    private static final String TYPE_OF_COLUMN =
            """
            CASE WHEN base IN ('BOOLEAN', 'BOOL') THEN 16 WHEN base = 'TINYINT' THEN -6 WHEN base IN ('SMALLINT', 'INT2') THEN 5
                WHEN base IN ('BIGINT', 'INT8', 'UNSIGNED BIG INT') THEN -5 WHEN base LIKE '%INT%' THEN 4
                WHEN base = 'DATE' THEN 91 WHEN base = 'TIME' THEN 92 WHEN base IN ('TIMESTAMP', 'DATETIME') THEN 93
                WHEN base IN ('CHAR', 'CHARACTER', 'NCHAR') THEN 1 WHEN base = 'CLOB' THEN 2005
                WHEN base LIKE '%CHAR%' OR base LIKE '%TEXT%' OR base = '' THEN 12
                WHEN base IN ('BINARY', 'VARBINARY') THEN -3 WHEN base LIKE '%BLOB%' THEN 2004
                WHEN base = 'REAL' THEN 7 WHEN base = 'FLOAT' THEN 6 WHEN base LIKE '%DOUB%' THEN 8
                WHEN base = 'DECIMAL' THEN 3 ELSE 2 END""";

    /** ?1 and ?2 patterns of table and column. */
    static final String COLUMNS =
            """
            SELECT NULL AS TABLE_CAT, NULL AS TABLE_SCHEM, tab AS TABLE_NAME, name AS COLUMN_NAME, %s AS DATA_TYPE,
                base AS TYPE_NAME,
                coalesce(size, CASE WHEN base LIKE '%%INT%%' THEN 19 WHEN %1$s IN (7, 6, 8, 3, 2) THEN 15
                    ELSE 1000000000 END) AS COLUMN_SIZE,
                NULL AS BUFFER_LENGTH, scale AS DECIMAL_DIGITS, 10 AS NUM_PREC_RADIX,
                CASE WHEN "notnull" OR rowid THEN 0 ELSE 1 END AS NULLABLE, NULL AS REMARKS, dflt_value AS COLUMN_DEF,
                NULL AS SQL_DATA_TYPE, NULL AS SQL_DATETIME_SUB,
                CASE WHEN %1$s IN (1, 12, 2005, -3, 2004) THEN coalesce(size, 1000000000) END AS CHAR_OCTET_LENGTH,
                cid + 1 AS ORDINAL_POSITION, CASE WHEN "notnull" OR rowid THEN 'NO' ELSE 'YES' END AS IS_NULLABLE,
                NULL AS SCOPE_CATALOG, NULL AS SCOPE_SCHEMA, NULL AS SCOPE_TABLE, NULL AS SOURCE_DATA_TYPE,
                CASE WHEN rowid THEN 'YES' ELSE 'NO' END AS IS_AUTOINCREMENT,
                CASE WHEN hidden IN (2, 3) THEN 'YES' ELSE 'NO' END AS IS_GENERATEDCOLUMN
            FROM (%s) ORDER BY TABLE_NAME, ORDINAL_POSITION"""
                    .formatted(TYPE_OF_COLUMN, DECLARED);

    /** ?1 name of the table. SQLite does not tell the name of a primary key's constraint. */
    static final String PRIMARY_KEYS =
            """
            SELECT NULL AS TABLE_CAT, NULL AS TABLE_SCHEM, t.name AS TABLE_NAME, c.name AS COLUMN_NAME, c.pk AS KEY_SEQ,
                NULL AS PK_NAME
            FROM %s t, pragma_table_xinfo(t.name, t.schema) c WHERE c.pk > 0 ORDER BY COLUMN_NAME"""
                    .formatted(TABLE.formatted("?1"));

    /** ?1 name of the table: its primary key, or the rowid, which is 2, a pseudo column. */
    static final String BEST_ROW_IDENTIFIER =
            """
            SELECT 2 AS SCOPE, name AS COLUMN_NAME, %s AS DATA_TYPE, base AS TYPE_NAME, size AS COLUMN_SIZE,
                NULL AS BUFFER_LENGTH, scale AS DECIMAL_DIGITS, 1 AS PSEUDO_COLUMN
            FROM (%s) WHERE tab = ?3 COLLATE NOCASE AND pk > 0
            UNION ALL SELECT 1, 'rowid', -5, 'INTEGER', 19, NULL, 0, 2 FROM %s t
            WHERE t.type = 'table' AND NOT EXISTS (
                SELECT 1 FROM pragma_table_xinfo(t.name, t.schema) k WHERE k.pk > 0)"""
                    .formatted(TYPE_OF_COLUMN, DECLARED, TABLE.formatted("?3"));

    /** ?1 name of the table, ?2 whether unique indexes only. An indexed expression has no column name. */
    static final String INDEXES =
            """
            SELECT NULL AS TABLE_CAT, NULL AS TABLE_SCHEM, t.name AS TABLE_NAME, NOT i."unique" AS NON_UNIQUE,
                NULL AS INDEX_QUALIFIER, i.name AS INDEX_NAME, 3 AS TYPE, c.seqno + 1 AS ORDINAL_POSITION,
                c.name AS COLUMN_NAME, CASE WHEN c."desc" THEN 'D' ELSE 'A' END AS ASC_OR_DESC, 0 AS CARDINALITY,
                0 AS PAGES, NULL AS FILTER_CONDITION
            FROM %s t, pragma_index_list(t.name, t.schema) i, pragma_index_xinfo(i.name, t.schema) c
            WHERE c.key = 1 AND (i."unique" OR NOT ?2)
            ORDER BY NON_UNIQUE, TYPE, INDEX_NAME, ORDINAL_POSITION"""
                    .formatted(TABLE.formatted("?1"));

    /** ?1 name of the table referred to, ?2 of the table that refers; null is any. Constraints' names are not told. */
    static final String FOREIGN_KEYS =
            """
            SELECT NULL AS PKTABLE_CAT, NULL AS PKTABLE_SCHEM,
                coalesce((SELECT name FROM pragma_table_list p WHERE p.name = f."table" COLLATE NOCASE AND p.schema = t.schema),
                    f."table") AS PKTABLE_NAME,
                coalesce(f."to", (SELECT k.name FROM pragma_table_xinfo(f."table", t.schema) k WHERE k.pk = f.seq + 1))
                    AS PKCOLUMN_NAME,
                NULL AS FKTABLE_CAT, NULL AS FKTABLE_SCHEM, t.name AS FKTABLE_NAME, f."from" AS FKCOLUMN_NAME,
                f.seq + 1 AS KEY_SEQ, %s AS UPDATE_RULE, %s AS DELETE_RULE, NULL AS FK_NAME, NULL AS PK_NAME,
                7 AS DEFERRABILITY
            FROM pragma_table_list t, pragma_foreign_key_list(t.name, t.schema) f
            WHERE (?1 IS NULL OR f."table" = ?1 COLLATE NOCASE) AND (?2 IS NULL OR t.name = ?2 COLLATE NOCASE)
            """
                    .formatted(rule("f.on_update"), rule("f.on_delete"));

    static final String IMPORTED_KEYS = FOREIGN_KEYS + "ORDER BY PKTABLE_NAME, f.id, KEY_SEQ";
    static final String EXPORTED_KEYS = FOREIGN_KEYS + "ORDER BY FKTABLE_NAME, f.id, KEY_SEQ";

    /** ?1 pattern of the function. */
    static final String FUNCTIONS =
            """
            SELECT DISTINCT NULL AS FUNCTION_CAT, NULL AS FUNCTION_SCHEM, name AS FUNCTION_NAME, NULL AS REMARKS,
                1 AS FUNCTION_TYPE, name AS SPECIFIC_NAME
            FROM pragma_function_list WHERE name LIKE ?1 ESCAPE '\\' ORDER BY FUNCTION_NAME""";

    static final String CLIENT_INFO_PROPERTIES =
            "SELECT NULL AS NAME, NULL AS MAX_LEN, NULL AS DEFAULT_VALUE, NULL AS DESCRIPTION WHERE false";

    static final String PSEUDO_COLUMNS =
            """
            SELECT NULL AS TABLE_CAT, NULL AS TABLE_SCHEM, NULL AS TABLE_NAME, NULL AS COLUMN_NAME, NULL AS DATA_TYPE,
                NULL AS COLUMN_SIZE, NULL AS DECIMAL_DIGITS, NULL AS NUM_PREC_RADIX, NULL AS COLUMN_USAGE, NULL AS REMARKS,
                NULL AS CHAR_OCTET_LENGTH, NULL AS IS_NULLABLE WHERE false""";

    static final String SCHEMAS = "SELECT NULL AS TABLE_SCHEM, NULL AS TABLE_CATALOG WHERE false";

    private SchemaQueries() {}

    private static String rule(String column) {
        return "CASE " + column + " WHEN 'CASCADE' THEN 0 WHEN 'RESTRICT' THEN 1 WHEN 'SET NULL' THEN 2"
                + " WHEN 'SET DEFAULT' THEN 4 ELSE 3 END";
    }
}
