package io.spindrift.jdbc;

import java.sql.SQLException;
import java.sql.SQLSyntaxErrorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The scalar functions of JDBC, appendix C, in SQLite's words. One that is not named here is called as it is written, so
 * SQLite's own functions work in <code>{fn}</code> too. {@code $1} is the first argument.
 */
enum EscapeFunctions {
    NUMERIC(Map.ofEntries(
            Map.entry("ABS/1", "abs($1)"),
            Map.entry("ACOS/1", "acos($1)"),
            Map.entry("ASIN/1", "asin($1)"),
            Map.entry("ATAN/1", "atan($1)"),
            Map.entry("ATAN2/2", "atan2($1, $2)"),
            Map.entry("CEILING/1", "ceiling($1)"),
            Map.entry("COS/1", "cos($1)"),
            Map.entry("COT/1", "(1 / tan($1))"),
            Map.entry("DEGREES/1", "degrees($1)"),
            Map.entry("EXP/1", "exp($1)"),
            Map.entry("FLOOR/1", "floor($1)"),
            // SQLite's log() is the logarithm to base 10.
            Map.entry("LOG/1", "ln($1)"),
            Map.entry("LOG10/1", "log10($1)"),
            Map.entry("MOD/2", "(($1) % ($2))"),
            Map.entry("PI/0", "pi()"),
            Map.entry("POWER/2", "power($1, $2)"),
            Map.entry("RADIANS/1", "radians($1)"),
            Map.entry("RAND/0", "((random() & 9007199254740991) / 9007199254740992.0)"),
            Map.entry("ROUND/2", "round($1, $2)"),
            Map.entry("SIGN/1", "sign($1)"),
            Map.entry("SIN/1", "sin($1)"),
            Map.entry("SQRT/1", "sqrt($1)"),
            Map.entry("TAN/1", "tan($1)"),
            Map.entry("TRUNCATE/2", "(trunc(($1) * power(10, $2)) / power(10, $2))"))),

    STRING(Map.ofEntries(
            Map.entry("ASCII/1", "unicode($1)"),
            Map.entry("CHAR/1", "char($1)"),
            Map.entry("CHAR_LENGTH/1", "length($1)"),
            Map.entry("CHARACTER_LENGTH/1", "length($1)"),
            // SQLite's concat() takes NULL for the empty text.
            Map.entry("CONCAT/2", "(($1) || ($2))"),
            Map.entry("INSERT/4", "(substr($1, 1, ($2) - 1) || ($4) || substr($1, ($2) + ($3)))"),
            Map.entry("LCASE/1", "lower($1)"),
            Map.entry("LEFT/2", "substr($1, 1, $2)"),
            // Without trailing blanks, says JDBC.
            Map.entry("LENGTH/1", "length(rtrim($1))"),
            Map.entry("LOCATE/2", "instr($2, $1)"),
            Map.entry(
                    "LOCATE/3",
                    "(CASE instr(substr($2, $3), $1) WHEN 0 THEN 0 ELSE instr(substr($2, $3), $1) + ($3) - 1 END)"),
            Map.entry("LTRIM/1", "ltrim($1)"),
            Map.entry("REPEAT/2", "replace(hex(zeroblob($2)), '00', $1)"),
            Map.entry("REPLACE/3", "replace($1, $2, $3)"),
            Map.entry("RIGHT/2", "(CASE WHEN ($2) > 0 THEN substr($1, -($2)) ELSE '' END)"),
            Map.entry("RTRIM/1", "rtrim($1)"),
            Map.entry("SPACE/1", "replace(hex(zeroblob($1)), '00', ' ')"),
            Map.entry("SUBSTRING/2", "substr($1, $2)"),
            Map.entry("SUBSTRING/3", "substr($1, $2, $3)"),
            Map.entry("UCASE/1", "upper($1)"))),

    TIME_AND_DATE(Map.ofEntries(
            Map.entry("CURDATE/0", "date('now', 'localtime')"),
            Map.entry("CURRENT_DATE/0", "date('now', 'localtime')"),
            Map.entry("CURRENT_TIME/0", "time('now', 'localtime')"),
            Map.entry("CURRENT_TIMESTAMP/0", "strftime('%Y-%m-%dT%H:%M:%f000000Z', 'now')"),
            Map.entry("CURTIME/0", "time('now', 'localtime')"),
            Map.entry("DAYOFMONTH/1", "CAST(strftime('%d', $1) AS INTEGER)"),
            Map.entry("DAYOFWEEK/1", "(strftime('%w', $1) + 1)"),
            Map.entry("DAYOFYEAR/1", "CAST(strftime('%j', $1) AS INTEGER)"),
            Map.entry("HOUR/1", "CAST(strftime('%H', $1) AS INTEGER)"),
            Map.entry("MINUTE/1", "CAST(strftime('%M', $1) AS INTEGER)"),
            Map.entry("MONTH/1", "CAST(strftime('%m', $1) AS INTEGER)"),
            Map.entry("NOW/0", "strftime('%Y-%m-%dT%H:%M:%f000000Z', 'now')"),
            Map.entry("QUARTER/1", "((strftime('%m', $1) + 2) / 3)"),
            Map.entry("SECOND/1", "CAST(strftime('%S', $1) AS INTEGER)"),
            Map.entry("YEAR/1", "CAST(strftime('%Y', $1) AS INTEGER)"))),

    SYSTEM(Map.of("IFNULL/2", "ifnull($1, $2)", "USER/0", "''", "DATABASE/0", "'main'"));

    private static final Pattern ARGUMENT = Pattern.compile("\\$([1-9])");

    private final Map<String, String> forms;

    EscapeFunctions(Map<String, String> forms) {
        this.forms = new TreeMap<>(forms);
    }

    /** The names, as {@link java.sql.DatabaseMetaData} lists them. */
    String names() {
        return forms.keySet().stream()
                .map(key -> key.substring(0, key.indexOf('/')))
                .distinct()
                .collect(Collectors.joining(","));
    }

    /** @param parameters whether an argument holds a parameter, which must keep its place and appear once */
    static String call(String name, List<String> arguments, boolean parameters) throws SQLException {
        if (name.equals("CONVERT") && arguments.size() == 2) {
            return "CAST(" + arguments.get(0) + " AS " + affinity(arguments.get(1)) + ")";
        }
        for (EscapeFunctions group : values()) {
            String form = group.forms.get(name + "/" + arguments.size());
            if (form != null) {
                return parameters && !inOrder(form, arguments.size())
                        ? throughSubquery(form, arguments)
                        : filled(form, arguments);
            }
        }
        return name + "(" + String.join(", ", arguments) + ")";
    }

    private static boolean inOrder(String form, int count) {
        Matcher uses = ARGUMENT.matcher(form);
        int expected = 1;
        while (uses.find()) {
            if (Integer.parseInt(uses.group(1)) != expected++) {
                return false;
            }
        }
        return expected == count + 1;
    }

    private static String throughSubquery(String form, List<String> arguments) {
        List<String> names = new ArrayList<>();
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            names.add("a" + i);
            columns.add(arguments.get(i) + " AS a" + i);
        }
        return "(SELECT " + filled(form, names) + " FROM (SELECT " + String.join(", ", columns) + "))";
    }

    private static String filled(String form, List<String> arguments) {
        return ARGUMENT.matcher(form)
                .replaceAll(use -> Matcher.quoteReplacement(arguments.get(Integer.parseInt(use.group(1)) - 1)));
    }

    private static String affinity(String sqlType) throws SQLException {
        String name = sqlType.strip().toUpperCase(java.util.Locale.ROOT);
        return switch (name.startsWith("SQL_") ? name.substring(4) : name) {
            case "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "BIT", "BOOLEAN" -> "INTEGER";
            case "DOUBLE", "FLOAT", "REAL" -> "REAL";
            case "DECIMAL", "NUMERIC" -> "NUMERIC";
            case "CHAR", "VARCHAR", "LONGVARCHAR", "CLOB", "DATE", "TIME", "TIMESTAMP" -> "TEXT";
            case "BINARY", "VARBINARY", "LONGVARBINARY", "BLOB" -> "BLOB";
            default -> throw new SQLSyntaxErrorException("{fn convert()} does not know the type " + name, "42000");
        };
    }
}
