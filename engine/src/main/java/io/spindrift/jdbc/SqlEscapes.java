package io.spindrift.jdbc;

import io.spindrift.jdbc.SqlText.Token;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLSyntaxErrorException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns JDBC's escapes into SQLite's SQL: <code>{d}</code>, <code>{t}</code>, <code>{ts}</code>, <code>{fn}</code>,
 * <code>{oj}</code>, <code>{escape}</code> and <code>{limit}</code>, one inside another too. A date or time becomes the
 * text that binding it would store. Braces mean nothing else in SQLite, so other text stays as it is.
 *
 * @see <a href="https://docs.oracle.com/en/java/javase/17/docs/api/java.sql/java/sql/Statement.html">JDBC 4.3, 13.4</a>
 */
final class SqlEscapes {
    private final String sql;
    private final List<Token> tokens;

    private SqlEscapes(String sql) {
        this.sql = sql;
        tokens = SqlText.tokens(sql);
    }

    /**
     * The SQL without escapes.
     *
     * @throws SQLException 42000 if an escape is not one of those, or not closed; 22007 if a date or time is none; 0A000
     *     for <code>{call}</code>
     */
    static String translate(String sql) throws SQLException {
        if (sql.indexOf('{') < 0) {
            return sql;
        }
        SqlEscapes escapes = new SqlEscapes(sql);
        StringBuilder out = new StringBuilder(sql.length() + 64);
        int end = escapes.tokens.size();
        int copied = escapes.translate(0, end, 0, out);
        return out.append(sql, copied, sql.length()).toString();
    }

    /** Writes tokens and what stands between them; gives the place in the text up to which it wrote. */
    private int translate(int from, int to, int copied, StringBuilder out) throws SQLException {
        int written = copied;
        for (int i = from; i < to; i++) {
            Token token = tokens.get(i);
            if (token.is("{")) {
                int close = closing(i, to);
                out.append(sql, written, token.start());
                escape(i + 1, close, out);
                i = close;
            } else {
                out.append(sql, written, token.end());
            }
            written = tokens.get(i).end();
        }
        return written;
    }

    private String translated(int from, int to) throws SQLException {
        StringBuilder out = new StringBuilder();
        if (from < to) {
            translate(from, to, tokens.get(from).start(), out);
        }
        return out.toString();
    }

    private int closing(int open, int to) throws SQLException {
        int depth = 0;
        for (int i = open; i < to; i++) {
            depth += tokens.get(i).is("{") ? 1 : tokens.get(i).is("}") ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        throw syntax("A JDBC escape is not closed: { without }");
    }

    private void escape(int from, int to, StringBuilder out) throws SQLException {
        String keyword = from < to ? tokens.get(from).word() : "";
        switch (keyword) {
            case "D", "T", "TS" ->
                out.append('\'').append(literal(keyword, from + 1, to)).append('\'');
            case "FN" -> out.append(function(from + 1, to));
            case "OJ" -> out.append(translated(from + 1, to));
            case "ESCAPE", "LIMIT" -> out.append(translated(from, to));
            case "CALL", "?" ->
                throw SqlErrors.unsupported("SQLite has no stored procedures; run the statements from" + " Java");
            default ->
                throw syntax("{" + keyword.toLowerCase(java.util.Locale.ROOT) + "} is not a JDBC escape; known are"
                        + " {d}, {t}, {ts}, {fn}, {oj}, {escape} and {limit}");
        }
    }

    private Object literal(String keyword, int at, int to) throws SQLException {
        if (to - at != 1 || sql.charAt(tokens.get(at).start()) != '\'') {
            throw syntax("The JDBC escape {" + keyword.toLowerCase(java.util.Locale.ROOT)
                    + "} takes one text in single quotes");
        }
        String text = tokens.get(at).word();
        try {
            return switch (keyword) {
                case "D" -> SqlTypes.bindable(LocalDate.parse(text));
                case "T" -> SqlTypes.bindable(LocalTime.parse(text));
                default -> SqlTypes.bindable(SqlTypes.timestamp(text, ZoneId.systemDefault()));
            };
        } catch (DateTimeException | SQLDataException e) {
            throw new SQLDataException(
                    "The text of a JDBC escape {" + keyword.toLowerCase(java.util.Locale.ROOT) + "} is not "
                            + "a date, time or timestamp as in {d '2026-01-02'}, {t '03:04:05'} or"
                            + " {ts '2026-01-02 03:04:05.678'}",
                    "22007");
        }
    }

    private String function(int from, int to) throws SQLException {
        if (to - from < 3
                || !tokens.get(from + 1).is("(")
                || !tokens.get(to - 1).is(")")) {
            throw syntax("The JDBC escape {fn} takes a function and its arguments in parentheses");
        }
        List<String> arguments = new ArrayList<>();
        boolean parameters = false;
        int depth = 0;
        int start = from + 2;
        for (int i = start; i < to; i++) {
            Token token = tokens.get(i);
            parameters |= token.is("?") || token.is(":") || token.is("@");
            boolean last = i == to - 1;
            if (depth == 0 && (last || token.is(","))) {
                if (!last || start < i || !arguments.isEmpty()) {
                    arguments.add(translated(start, i));
                }
                start = i + 1;
            } else if (token.is("(") || token.is("{")) {
                depth++;
            } else if (token.is(")") || token.is("}")) {
                depth--;
            }
        }
        return EscapeFunctions.call(tokens.get(from).word(), arguments, parameters);
    }

    private static SQLException syntax(String sentence) {
        return new SQLSyntaxErrorException(sentence, "42000");
    }
}
