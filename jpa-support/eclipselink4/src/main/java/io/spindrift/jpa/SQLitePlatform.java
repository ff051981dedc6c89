package io.spindrift.jpa;

import java.io.Writer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.util.Calendar;
import java.util.Hashtable;
import java.util.UUID;
import org.eclipse.persistence.exceptions.ConversionException;
import org.eclipse.persistence.internal.databaseaccess.DatabaseCall;
import org.eclipse.persistence.internal.databaseaccess.FieldTypeDefinition;
import org.eclipse.persistence.internal.expressions.ExpressionSQLPrinter;
import org.eclipse.persistence.internal.expressions.SQLSelectStatement;
import org.eclipse.persistence.internal.sessions.AbstractSession;
import org.eclipse.persistence.platform.database.DatabasePlatform;
import org.eclipse.persistence.queries.Call;
import org.eclipse.persistence.queries.ValueReadQuery;

/**
 * SQLite for EclipseLink 4. A persistence unit names it, because EclipseLink cannot find it by itself:
 * {@code <property name="eclipselink.target-database" value="io.spindrift.jpa.SQLitePlatform"/>}.
 *
 * <p>Identity ids are the row id. Dates and times are text, see {@link IsoText}: in a schema
 * of your own declare their columns TEXT. A pessimistic lock prints nothing:
 * whoever has written in a transaction is the database's only writer until it ends. Generated schemas have unique
 * constraints but no foreign keys, which SQLite cannot add to a table that exists; write the schema as SQL where they
 * matter. {@code BigDecimal} is NUMERIC, exact to 15 digits: keep money in whole cents.
 */
public class SQLitePlatform extends DatabasePlatform {
    private static final long serialVersionUID = 1L;

    public SQLitePlatform() {
        pingSQL = "SELECT 1";
    }

    @Override
    public boolean supportsIdentity() {
        return true;
    }

    @Override
    public ValueReadQuery buildSelectQueryForIdentity() {
        return new ValueReadQuery("SELECT last_insert_rowid()");
    }

    /** Prints nothing: a column INTEGER that is the primary key is the row id, which SQLite numbers. */
    @Override
    public void printFieldIdentityClause(Writer writer) {}

    @Override
    @SuppressWarnings("removal") // The replacement exists in 4.0.9, but its schema generator does not ask for it.
    protected Hashtable<Class<?>, FieldTypeDefinition> buildFieldTypes() {
        Hashtable<Class<?>, FieldTypeDefinition> types = super.buildFieldTypes();
        map(types, "BOOLEAN", Boolean.class);
        // Only a column of exactly the type INTEGER can be the row id.
        map(types, "INTEGER", Byte.class, Short.class, Integer.class, Long.class, BigInteger.class);
        map(types, "REAL", Float.class, Double.class);
        map(types, "NUMERIC", BigDecimal.class, Number.class);
        map(types, "TEXT", String.class, Character.class, Character[].class, char[].class, java.sql.Clob.class);
        map(types, "BLOB", Byte[].class, byte[].class, java.sql.Blob.class);
        map(types, "TEXT", java.sql.Date.class, java.sql.Time.class, java.sql.Timestamp.class);
        map(types, "TEXT", java.util.Date.class, Calendar.class, Instant.class, UUID.class);
        map(types, "TEXT", LocalDate.class, LocalTime.class, LocalDateTime.class);
        map(types, "TEXT", OffsetDateTime.class, OffsetTime.class);
        return types;
    }

    @SuppressWarnings("removal")
    private static void map(Hashtable<Class<?>, FieldTypeDefinition> types, String name, Class<?>... javaTypes) {
        for (Class<?> javaType : javaTypes) {
            types.put(javaType, new FieldTypeDefinition(name, false));
        }
    }

    @Override
    public boolean supportsForeignKeyConstraints() {
        return false;
    }

    @Override
    public boolean requiresUniqueConstraintCreationOnTableCreate() {
        return true;
    }

    @Override
    public boolean shouldUseJDBCOuterJoinSyntax() {
        return false;
    }

    @Override
    public boolean shouldPrintForUpdateClause() {
        return false;
    }

    /** Turns the index behind the last row, as EclipseLink counts, into a number of rows, as LIMIT does. */
    @Override
    public int computeMaxRowsForSQL(int firstResultIndex, int maxResults) {
        return maxResults - Math.max(0, firstResultIndex);
    }

    @Override
    public void printSQLSelectStatement(DatabaseCall call, ExpressionSQLPrinter printer, SQLSelectStatement statement) {
        boolean limited = statement.getQuery() != null && statement.getQuery().getMaxRows() > 0;
        boolean offset = statement.getQuery() != null && statement.getQuery().getFirstResult() > 0;
        if (!shouldUseRownumFiltering() || !limited && !offset) {
            super.printSQLSelectStatement(call, printer, statement);
            return;
        }
        statement.setUseUniqueFieldAliases(true);
        call.setFields(statement.printSQL(printer));
        if (limited) {
            printer.printString(" LIMIT ");
            printer.printParameter(DatabaseCall.MAXROW_FIELD);
        } else {
            printer.printString(" LIMIT -1");
        }
        printer.printString(" OFFSET ");
        printer.printParameter(DatabaseCall.FIRSTRESULT_FIELD);
        call.setIgnoreFirstRowSetting(true);
        call.setIgnoreMaxResultsSetting(true);
    }

    @Override
    protected void initializePlatformOperators() {
        super.initializePlatformOperators();
        SQLiteOperators.all().forEach(this::addOperator);
    }

    @Override
    public void setParameterValueInDatabaseCall(
            Object parameter, PreparedStatement statement, int index, AbstractSession session) throws SQLException {
        super.setParameterValueInDatabaseCall(textIfDate(parameter), statement, index, session);
    }

    @Override
    public int appendParameterInternal(Call call, Writer writer, Object parameter) {
        return super.appendParameterInternal(call, writer, textIfDate(parameter));
    }

    private static Object textIfDate(Object value) {
        return IsoText.of(value).map(Object.class::cast).orElse(value);
    }

    @Override
    public <T> T convertObject(Object source, Class<T> javaClass) {
        if (source instanceof String text && javaClass != null && IsoText.covers(javaClass)) {
            try {
                return IsoText.parse(text, javaClass);
            } catch (DateTimeException e) {
                throw ConversionException.couldNotBeConverted(source, javaClass, e);
            }
        }
        return super.convertObject(source, javaClass);
    }
}
