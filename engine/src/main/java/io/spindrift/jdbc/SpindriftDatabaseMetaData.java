package io.spindrift.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.RowIdLifetime;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What SQLite tells of the schema ({@link SchemaQueries}), and for the rest the driver's answers where they hold for this
 * product too. There are no catalogs and no schemas to choose from, so those arguments are not looked at. Result sets are
 * read into memory before they are returned.
 */
public final class SpindriftDatabaseMetaData implements DatabaseMetaData, Unwrapping {
    @FunctionalInterface
    private interface Question<T> {
        T of(DatabaseMetaData driver) throws SQLException;
    }

    private final SpindriftConnection connection;

    SpindriftDatabaseMetaData(SpindriftConnection connection) {
        this.connection = connection;
    }

    private <T> T ask(Question<T> question) throws SQLException {
        return connection.read(driver -> question.of(driver.getMetaData()));
    }

    private ResultSet schema(String query, Object... parameters) throws SQLException {
        return connection.read(driver -> {
            try (PreparedStatement statement = driver.prepareStatement(query)) {
                for (int i = 0; i < parameters.length; i++) {
                    statement.setObject(i + 1, parameters[i]);
                }
                return SpindriftResultSet.inMemory(statement.executeQuery());
            }
        });
    }

    /** JDBC's patterns are those of LIKE. */
    private static String pattern(String pattern) {
        return pattern == null ? "%" : pattern;
    }

    /** No table has the name null, or all would be meant. */
    private static String named(String table) {
        return table == null ? "" : table;
    }

    private ResultSet rows(Question<ResultSet> question) throws SQLException {
        return connection.read(driver -> SpindriftResultSet.inMemory(question.of(driver.getMetaData())));
    }

    @Override
    public Connection getConnection() {
        return connection;
    }

    @Override
    public String getDatabaseProductName() {
        return "SQLite";
    }

    @Override
    public String getDriverName() {
        return "Spindrift";
    }

    @Override
    public String getDriverVersion() {
        return "0.1";
    }

    @Override
    public String getURL() throws SQLException {
        return "jdbc:spindrift:" + connection.physical().database();
    }

    @Override
    public String getUserName() {
        return "";
    }

    @Override
    public boolean isReadOnly() throws SQLException {
        return connection.physical().options().readOnly();
    }

    @Override
    public boolean supportsTransactions() {
        return true;
    }

    @Override
    public int getDefaultTransactionIsolation() {
        return Connection.TRANSACTION_SERIALIZABLE;
    }

    @Override
    public boolean supportsTransactionIsolationLevel(int level) {
        return level == Connection.TRANSACTION_SERIALIZABLE;
    }

    @Override
    public boolean supportsResultSetType(int type) {
        return type == ResultSet.TYPE_FORWARD_ONLY;
    }

    @Override
    public boolean supportsResultSetConcurrency(int type, int concurrency) {
        return type == ResultSet.TYPE_FORWARD_ONLY && concurrency == ResultSet.CONCUR_READ_ONLY;
    }

    @Override
    public boolean supportsResultSetHoldability(int holdability) {
        return holdability == ResultSet.CLOSE_CURSORS_AT_COMMIT;
    }

    @Override
    public int getResultSetHoldability() {
        return ResultSet.CLOSE_CURSORS_AT_COMMIT;
    }

    @Override
    public boolean supportsMultipleOpenResults() {
        return false;
    }

    @Override
    public boolean supportsSavepoints() {
        return true;
    }

    @Override
    public boolean supportsBatchUpdates() {
        return true;
    }

    @Override
    public boolean supportsGetGeneratedKeys() {
        return true;
    }

    @Override
    public boolean supportsNamedParameters() {
        return false;
    }

    @Override
    public boolean supportsMultipleTransactions() {
        return true;
    }

    @Override
    public boolean supportsMixedCaseIdentifiers() {
        return false;
    }

    @Override
    public boolean supportsStoredProcedures() {
        return false;
    }

    @Override
    public boolean supportsDataDefinitionAndDataManipulationTransactions() {
        return true;
    }

    @Override
    public boolean dataDefinitionCausesTransactionCommit() {
        return false;
    }

    @Override
    public boolean dataDefinitionIgnoredInTransactions() {
        return false;
    }

    @Override
    public boolean supportsSelectForUpdate() {
        return false;
    }

    @Override
    public boolean supportsOpenCursorsAcrossCommit() {
        return false;
    }

    @Override
    public boolean supportsOpenCursorsAcrossRollback() {
        return false;
    }

    @Override
    public boolean supportsOpenStatementsAcrossCommit() {
        return true;
    }

    @Override
    public boolean supportsOpenStatementsAcrossRollback() {
        return true;
    }

    @Override
    public boolean autoCommitFailureClosesAllResultSets() {
        return false;
    }

    @Override
    public boolean generatedKeyAlwaysReturned() {
        return false;
    }

    @Override
    public boolean supportsStatementPooling() {
        return true;
    }

    @Override
    public boolean supportsStoredFunctionsUsingCallSyntax() {
        return false;
    }

    @Override
    public boolean locatorsUpdateCopy() {
        return false;
    }

    @Override
    public boolean allProceduresAreCallable() throws SQLException {
        return ask(m -> m.allProceduresAreCallable());
    }

    @Override
    public boolean allTablesAreSelectable() throws SQLException {
        return ask(m -> m.allTablesAreSelectable());
    }

    @Override
    public boolean deletesAreDetected(int type) throws SQLException {
        return ask(m -> m.deletesAreDetected(type));
    }

    @Override
    public boolean doesMaxRowSizeIncludeBlobs() throws SQLException {
        return ask(m -> m.doesMaxRowSizeIncludeBlobs());
    }

    @Override
    public ResultSet getAttributes(String catalog, String schema, String type, String attribute) throws SQLException {
        return rows(m -> m.getAttributes(catalog, schema, type, attribute));
    }

    @Override
    public ResultSet getBestRowIdentifier(String catalog, String schema, String table, int scope, boolean nullable)
            throws SQLException {
        return schema(SchemaQueries.BEST_ROW_IDENTIFIER, "%", "%", table);
    }

    @Override
    public String getCatalogSeparator() throws SQLException {
        return ask(m -> m.getCatalogSeparator());
    }

    @Override
    public String getCatalogTerm() throws SQLException {
        return ask(m -> m.getCatalogTerm());
    }

    @Override
    public ResultSet getCatalogs() throws SQLException {
        return rows(m -> m.getCatalogs());
    }

    @Override
    public ResultSet getClientInfoProperties() throws SQLException {
        return schema(SchemaQueries.CLIENT_INFO_PROPERTIES);
    }

    @Override
    public ResultSet getColumnPrivileges(String catalog, String schema, String table, String column)
            throws SQLException {
        return rows(m -> m.getColumnPrivileges(catalog, schema, table, column));
    }

    @Override
    public ResultSet getColumns(String catalog, String schema, String table, String column) throws SQLException {
        return schema(SchemaQueries.COLUMNS, pattern(table), pattern(column));
    }

    @Override
    public ResultSet getCrossReference(
            String parentCatalog,
            String parentSchema,
            String parentTable,
            String foreignCatalog,
            String foreignSchema,
            String foreignTable)
            throws SQLException {
        return schema(SchemaQueries.EXPORTED_KEYS, named(parentTable), named(foreignTable));
    }

    @Override
    public int getDatabaseMajorVersion() throws SQLException {
        return ask(m -> m.getDatabaseMajorVersion());
    }

    @Override
    public int getDatabaseMinorVersion() throws SQLException {
        return ask(m -> m.getDatabaseMinorVersion());
    }

    @Override
    public String getDatabaseProductVersion() throws SQLException {
        return ask(m -> m.getDatabaseProductVersion());
    }

    @Override
    public int getDriverMajorVersion() {
        return 0;
    }

    @Override
    public int getDriverMinorVersion() {
        return 1;
    }

    @Override
    public ResultSet getExportedKeys(String catalog, String schema, String table) throws SQLException {
        return schema(SchemaQueries.EXPORTED_KEYS, named(table), null);
    }

    @Override
    public String getExtraNameCharacters() throws SQLException {
        return ask(m -> m.getExtraNameCharacters());
    }

    @Override
    public ResultSet getFunctionColumns(String catalog, String schema, String function, String column)
            throws SQLException {
        return rows(m -> m.getFunctionColumns(catalog, schema, function, column));
    }

    @Override
    public ResultSet getFunctions(String catalog, String schema, String function) throws SQLException {
        return schema(SchemaQueries.FUNCTIONS, pattern(function));
    }

    @Override
    public String getIdentifierQuoteString() throws SQLException {
        return ask(m -> m.getIdentifierQuoteString());
    }

    @Override
    public ResultSet getImportedKeys(String catalog, String schema, String table) throws SQLException {
        return schema(SchemaQueries.IMPORTED_KEYS, null, named(table));
    }

    @Override
    public ResultSet getIndexInfo(String catalog, String schema, String table, boolean unique, boolean approximate)
            throws SQLException {
        return schema(SchemaQueries.INDEXES, table, unique);
    }

    @Override
    public int getJDBCMajorVersion() throws SQLException {
        return ask(m -> m.getJDBCMajorVersion());
    }

    @Override
    public int getJDBCMinorVersion() throws SQLException {
        return ask(m -> m.getJDBCMinorVersion());
    }

    @Override
    public int getMaxBinaryLiteralLength() throws SQLException {
        return ask(m -> m.getMaxBinaryLiteralLength());
    }

    @Override
    public int getMaxCatalogNameLength() throws SQLException {
        return ask(m -> m.getMaxCatalogNameLength());
    }

    @Override
    public int getMaxCharLiteralLength() throws SQLException {
        return ask(m -> m.getMaxCharLiteralLength());
    }

    @Override
    public int getMaxColumnNameLength() throws SQLException {
        return ask(m -> m.getMaxColumnNameLength());
    }

    @Override
    public int getMaxColumnsInGroupBy() throws SQLException {
        return ask(m -> m.getMaxColumnsInGroupBy());
    }

    @Override
    public int getMaxColumnsInIndex() throws SQLException {
        return ask(m -> m.getMaxColumnsInIndex());
    }

    @Override
    public int getMaxColumnsInOrderBy() throws SQLException {
        return ask(m -> m.getMaxColumnsInOrderBy());
    }

    @Override
    public int getMaxColumnsInSelect() throws SQLException {
        return ask(m -> m.getMaxColumnsInSelect());
    }

    @Override
    public int getMaxColumnsInTable() throws SQLException {
        return ask(m -> m.getMaxColumnsInTable());
    }

    @Override
    public int getMaxConnections() throws SQLException {
        return ask(m -> m.getMaxConnections());
    }

    @Override
    public int getMaxCursorNameLength() throws SQLException {
        return ask(m -> m.getMaxCursorNameLength());
    }

    @Override
    public int getMaxIndexLength() throws SQLException {
        return ask(m -> m.getMaxIndexLength());
    }

    @Override
    public long getMaxLogicalLobSize() throws SQLException {
        return ask(m -> m.getMaxLogicalLobSize());
    }

    @Override
    public int getMaxProcedureNameLength() throws SQLException {
        return ask(m -> m.getMaxProcedureNameLength());
    }

    @Override
    public int getMaxRowSize() throws SQLException {
        return ask(m -> m.getMaxRowSize());
    }

    @Override
    public int getMaxSchemaNameLength() throws SQLException {
        return ask(m -> m.getMaxSchemaNameLength());
    }

    @Override
    public int getMaxStatementLength() throws SQLException {
        return ask(m -> m.getMaxStatementLength());
    }

    @Override
    public int getMaxStatements() throws SQLException {
        return ask(m -> m.getMaxStatements());
    }

    @Override
    public int getMaxTableNameLength() throws SQLException {
        return ask(m -> m.getMaxTableNameLength());
    }

    @Override
    public int getMaxTablesInSelect() throws SQLException {
        return ask(m -> m.getMaxTablesInSelect());
    }

    @Override
    public int getMaxUserNameLength() throws SQLException {
        return ask(m -> m.getMaxUserNameLength());
    }

    @Override
    public String getNumericFunctions() {
        return EscapeFunctions.NUMERIC.names();
    }

    @Override
    public ResultSet getPrimaryKeys(String catalog, String schema, String table) throws SQLException {
        return schema(SchemaQueries.PRIMARY_KEYS, table);
    }

    @Override
    public ResultSet getProcedureColumns(String catalog, String schema, String procedure, String column)
            throws SQLException {
        return rows(m -> m.getProcedureColumns(catalog, schema, procedure, column));
    }

    @Override
    public String getProcedureTerm() {
        return "procedure";
    }

    @Override
    public ResultSet getProcedures(String catalog, String schema, String procedure) throws SQLException {
        return rows(m -> m.getProcedures(catalog, schema, procedure));
    }

    @Override
    public ResultSet getPseudoColumns(String catalog, String schema, String table, String column) throws SQLException {
        return schema(SchemaQueries.PSEUDO_COLUMNS);
    }

    @Override
    public RowIdLifetime getRowIdLifetime() {
        return RowIdLifetime.ROWID_UNSUPPORTED;
    }

    @Override
    public String getSQLKeywords() throws SQLException {
        return ask(m -> m.getSQLKeywords());
    }

    @Override
    public int getSQLStateType() throws SQLException {
        return ask(m -> m.getSQLStateType());
    }

    @Override
    public String getSchemaTerm() throws SQLException {
        return ask(m -> m.getSchemaTerm());
    }

    @Override
    public ResultSet getSchemas() throws SQLException {
        return schema(SchemaQueries.SCHEMAS);
    }

    @Override
    public ResultSet getSchemas(String catalog, String schema) throws SQLException {
        return getSchemas();
    }

    @Override
    public String getSearchStringEscape() throws SQLException {
        return ask(m -> m.getSearchStringEscape());
    }

    @Override
    public String getStringFunctions() {
        return EscapeFunctions.STRING.names();
    }

    @Override
    public ResultSet getSuperTables(String catalog, String schema, String table) throws SQLException {
        return rows(m -> m.getSuperTables(catalog, schema, table));
    }

    @Override
    public ResultSet getSuperTypes(String catalog, String schema, String type) throws SQLException {
        return rows(m -> m.getSuperTypes(catalog, schema, type));
    }

    @Override
    public String getSystemFunctions() {
        return EscapeFunctions.SYSTEM.names();
    }

    @Override
    public ResultSet getTablePrivileges(String catalog, String schema, String table) throws SQLException {
        return rows(m -> m.getTablePrivileges(catalog, schema, table));
    }

    @Override
    public ResultSet getTableTypes() throws SQLException {
        return schema(SchemaQueries.TABLE_TYPES);
    }

    @Override
    public ResultSet getTables(String catalog, String schema, String table, String[] types) throws SQLException {
        List<Object> parameters = new ArrayList<>(List.of(pattern(table)));
        parameters.addAll(types == null ? List.of() : List.of(types));
        return schema(SchemaQueries.tables(parameters.size() - 1), parameters.toArray());
    }

    @Override
    public String getTimeDateFunctions() {
        return EscapeFunctions.TIME_AND_DATE.names();
    }

    @Override
    public ResultSet getTypeInfo() throws SQLException {
        return rows(m -> m.getTypeInfo());
    }

    @Override
    public ResultSet getUDTs(String catalog, String schema, String type, int[] types) throws SQLException {
        return rows(m -> m.getUDTs(catalog, schema, type, types));
    }

    @Override
    public ResultSet getVersionColumns(String catalog, String schema, String table) throws SQLException {
        return rows(m -> m.getVersionColumns(catalog, schema, table));
    }

    @Override
    public boolean insertsAreDetected(int type) throws SQLException {
        return ask(m -> m.insertsAreDetected(type));
    }

    @Override
    public boolean isCatalogAtStart() throws SQLException {
        return ask(m -> m.isCatalogAtStart());
    }

    @Override
    public boolean nullPlusNonNullIsNull() throws SQLException {
        return ask(m -> m.nullPlusNonNullIsNull());
    }

    @Override
    public boolean nullsAreSortedAtEnd() {
        return false;
    }

    @Override
    public boolean nullsAreSortedAtStart() {
        return false;
    }

    @Override
    public boolean nullsAreSortedHigh() {
        return false;
    }

    @Override
    public boolean nullsAreSortedLow() {
        return true;
    }

    @Override
    public boolean othersDeletesAreVisible(int type) throws SQLException {
        return ask(m -> m.othersDeletesAreVisible(type));
    }

    @Override
    public boolean othersInsertsAreVisible(int type) throws SQLException {
        return ask(m -> m.othersInsertsAreVisible(type));
    }

    @Override
    public boolean othersUpdatesAreVisible(int type) throws SQLException {
        return ask(m -> m.othersUpdatesAreVisible(type));
    }

    @Override
    public boolean ownDeletesAreVisible(int type) throws SQLException {
        return ask(m -> m.ownDeletesAreVisible(type));
    }

    @Override
    public boolean ownInsertsAreVisible(int type) throws SQLException {
        return ask(m -> m.ownInsertsAreVisible(type));
    }

    @Override
    public boolean ownUpdatesAreVisible(int type) throws SQLException {
        return ask(m -> m.ownUpdatesAreVisible(type));
    }

    @Override
    public boolean storesLowerCaseIdentifiers() throws SQLException {
        return ask(m -> m.storesLowerCaseIdentifiers());
    }

    @Override
    public boolean storesLowerCaseQuotedIdentifiers() throws SQLException {
        return ask(m -> m.storesLowerCaseQuotedIdentifiers());
    }

    @Override
    public boolean storesMixedCaseIdentifiers() throws SQLException {
        return ask(m -> m.storesMixedCaseIdentifiers());
    }

    @Override
    public boolean storesMixedCaseQuotedIdentifiers() {
        return true;
    }

    @Override
    public boolean storesUpperCaseIdentifiers() throws SQLException {
        return ask(m -> m.storesUpperCaseIdentifiers());
    }

    @Override
    public boolean storesUpperCaseQuotedIdentifiers() throws SQLException {
        return ask(m -> m.storesUpperCaseQuotedIdentifiers());
    }

    @Override
    public boolean supportsANSI92EntryLevelSQL() throws SQLException {
        return ask(m -> m.supportsANSI92EntryLevelSQL());
    }

    @Override
    public boolean supportsANSI92FullSQL() throws SQLException {
        return ask(m -> m.supportsANSI92FullSQL());
    }

    @Override
    public boolean supportsANSI92IntermediateSQL() throws SQLException {
        return ask(m -> m.supportsANSI92IntermediateSQL());
    }

    @Override
    public boolean supportsAlterTableWithAddColumn() throws SQLException {
        return ask(m -> m.supportsAlterTableWithAddColumn());
    }

    @Override
    public boolean supportsAlterTableWithDropColumn() throws SQLException {
        return ask(m -> m.supportsAlterTableWithDropColumn());
    }

    @Override
    public boolean supportsCatalogsInDataManipulation() throws SQLException {
        return ask(m -> m.supportsCatalogsInDataManipulation());
    }

    @Override
    public boolean supportsCatalogsInIndexDefinitions() throws SQLException {
        return ask(m -> m.supportsCatalogsInIndexDefinitions());
    }

    @Override
    public boolean supportsCatalogsInPrivilegeDefinitions() throws SQLException {
        return ask(m -> m.supportsCatalogsInPrivilegeDefinitions());
    }

    @Override
    public boolean supportsCatalogsInProcedureCalls() throws SQLException {
        return ask(m -> m.supportsCatalogsInProcedureCalls());
    }

    @Override
    public boolean supportsCatalogsInTableDefinitions() throws SQLException {
        return ask(m -> m.supportsCatalogsInTableDefinitions());
    }

    @Override
    public boolean supportsColumnAliasing() throws SQLException {
        return ask(m -> m.supportsColumnAliasing());
    }

    @Override
    public boolean supportsConvert() {
        return true;
    }

    @Override
    public boolean supportsConvert(int from, int to) throws SQLException {
        return true;
    }

    @Override
    public boolean supportsCoreSQLGrammar() throws SQLException {
        return ask(m -> m.supportsCoreSQLGrammar());
    }

    @Override
    public boolean supportsCorrelatedSubqueries() {
        return true;
    }

    @Override
    public boolean supportsDataManipulationTransactionsOnly() throws SQLException {
        return ask(m -> m.supportsDataManipulationTransactionsOnly());
    }

    @Override
    public boolean supportsDifferentTableCorrelationNames() throws SQLException {
        return ask(m -> m.supportsDifferentTableCorrelationNames());
    }

    @Override
    public boolean supportsExpressionsInOrderBy() throws SQLException {
        return ask(m -> m.supportsExpressionsInOrderBy());
    }

    @Override
    public boolean supportsExtendedSQLGrammar() throws SQLException {
        return ask(m -> m.supportsExtendedSQLGrammar());
    }

    @Override
    public boolean supportsFullOuterJoins() throws SQLException {
        return ask(m -> m.supportsFullOuterJoins());
    }

    @Override
    public boolean supportsGroupBy() throws SQLException {
        return ask(m -> m.supportsGroupBy());
    }

    @Override
    public boolean supportsGroupByBeyondSelect() {
        return true;
    }

    @Override
    public boolean supportsGroupByUnrelated() {
        return true;
    }

    @Override
    public boolean supportsIntegrityEnhancementFacility() {
        return true;
    }

    @Override
    public boolean supportsLikeEscapeClause() {
        return true;
    }

    @Override
    public boolean supportsLimitedOuterJoins() throws SQLException {
        return ask(m -> m.supportsLimitedOuterJoins());
    }

    @Override
    public boolean supportsMinimumSQLGrammar() throws SQLException {
        return ask(m -> m.supportsMinimumSQLGrammar());
    }

    @Override
    public boolean supportsMixedCaseQuotedIdentifiers() throws SQLException {
        return ask(m -> m.supportsMixedCaseQuotedIdentifiers());
    }

    @Override
    public boolean supportsMultipleResultSets() throws SQLException {
        return ask(m -> m.supportsMultipleResultSets());
    }

    @Override
    public boolean supportsNonNullableColumns() throws SQLException {
        return ask(m -> m.supportsNonNullableColumns());
    }

    @Override
    public boolean supportsOrderByUnrelated() {
        return true;
    }

    @Override
    public boolean supportsOuterJoins() throws SQLException {
        return ask(m -> m.supportsOuterJoins());
    }

    @Override
    public boolean supportsPositionedDelete() throws SQLException {
        return ask(m -> m.supportsPositionedDelete());
    }

    @Override
    public boolean supportsPositionedUpdate() throws SQLException {
        return ask(m -> m.supportsPositionedUpdate());
    }

    @Override
    public boolean supportsSchemasInDataManipulation() throws SQLException {
        return ask(m -> m.supportsSchemasInDataManipulation());
    }

    @Override
    public boolean supportsSchemasInIndexDefinitions() throws SQLException {
        return ask(m -> m.supportsSchemasInIndexDefinitions());
    }

    @Override
    public boolean supportsSchemasInPrivilegeDefinitions() throws SQLException {
        return ask(m -> m.supportsSchemasInPrivilegeDefinitions());
    }

    @Override
    public boolean supportsSchemasInProcedureCalls() throws SQLException {
        return ask(m -> m.supportsSchemasInProcedureCalls());
    }

    @Override
    public boolean supportsSchemasInTableDefinitions() throws SQLException {
        return ask(m -> m.supportsSchemasInTableDefinitions());
    }

    @Override
    public boolean supportsSubqueriesInComparisons() {
        return true;
    }

    @Override
    public boolean supportsSubqueriesInExists() throws SQLException {
        return ask(m -> m.supportsSubqueriesInExists());
    }

    @Override
    public boolean supportsSubqueriesInIns() throws SQLException {
        return ask(m -> m.supportsSubqueriesInIns());
    }

    @Override
    public boolean supportsSubqueriesInQuantifieds() throws SQLException {
        return ask(m -> m.supportsSubqueriesInQuantifieds());
    }

    @Override
    public boolean supportsTableCorrelationNames() {
        return true;
    }

    @Override
    public boolean supportsUnion() throws SQLException {
        return ask(m -> m.supportsUnion());
    }

    @Override
    public boolean supportsUnionAll() throws SQLException {
        return ask(m -> m.supportsUnionAll());
    }

    @Override
    public boolean updatesAreDetected(int type) throws SQLException {
        return ask(m -> m.updatesAreDetected(type));
    }

    @Override
    public boolean usesLocalFilePerTable() throws SQLException {
        return ask(m -> m.usesLocalFilePerTable());
    }

    @Override
    public boolean usesLocalFiles() throws SQLException {
        return ask(m -> m.usesLocalFiles());
    }
}
