package io.spindrift.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a SQL string, statement by statement: just enough of SQLite's tokenizer to see how a statement begins and
 * where it ends. Comments and string literals never count as words; identifiers lose their quotes.
 *
 * @see <a href="https://www.sqlite.org/c3ref/complete.html">sqlite3_complete, for how a trigger's body is skipped</a>
 */
final class SqlText {
    /** Enough to see what a statement is; the rest of its words do not matter. */
    private static final int WORDS_KEPT = 12;

    private final String sql;
    private int at;

    private SqlText(String sql) {
        this.sql = sql;
    }

    /**
     * A word, quoted text or single character of a SQL string.
     *
     * @param word in upper case and without quotes; never {@code ;} or {@code .} where it was quoted
     * @param start where it begins in the string, its quote included
     * @param end the place after its last character
     */
    record Token(String word, int start, int end, boolean quoted) {
        boolean is(String expected) {
            return !quoted && word.equals(expected);
        }
    }

    /** All tokens of a string, comments left out. */
    static List<Token> tokens(String sql) {
        SqlText text = new SqlText(sql);
        List<Token> tokens = new ArrayList<>();
        for (Token token = text.nextToken(); token != null; token = text.nextToken()) {
            tokens.add(token);
        }
        return tokens;
    }

    /** The first words of every statement in a string, in upper case; empty statements are left out. */
    static List<List<String>> statements(String sql) {
        return new SqlText(sql).read();
    }

    private List<List<String>> read() {
        List<List<String>> statements = new ArrayList<>();
        List<String> words = new ArrayList<>();
        String previous = "";
        String beforePrevious = "";
        for (Token token = nextToken(); token != null; token = nextToken()) {
            String word = token.word;
            boolean inTriggerBody = isTrigger(words) && !(previous.equals("END") && beforePrevious.equals(";"));
            if (word.equals(";") && !inTriggerBody) {
                if (!words.isEmpty()) {
                    statements.add(words);
                }
                words = new ArrayList<>();
            } else if (words.size() < WORDS_KEPT) {
                words.add(word);
            }
            beforePrevious = previous;
            previous = word;
        }
        if (!words.isEmpty()) {
            statements.add(words);
        }
        return statements;
    }

    private static boolean isTrigger(List<String> words) {
        int i = 0;
        if (starts(words, i, "EXPLAIN")) {
            i += starts(words, 1, "QUERY") ? 3 : 1;
        }
        if (!starts(words, i, "CREATE")) {
            return false;
        }
        boolean temporary = starts(words, i + 1, "TEMP") || starts(words, i + 1, "TEMPORARY");
        return starts(words, i + (temporary ? 2 : 1), "TRIGGER");
    }

    private static boolean starts(List<String> words, int index, String word) {
        return index < words.size() && words.get(index).equals(word);
    }

    /** Null at the end. */
    private Token nextToken() {
        skipSpaceAndComments();
        if (at >= sql.length()) {
            return null;
        }
        int start = at;
        char c = sql.charAt(at);
        boolean quoted = c == '\'' || c == '"' || c == '`' || c == '[';
        String word;
        if (quoted) {
            word = quoted(c == '[' ? ']' : c);
        } else {
            word = isWordPart(c) ? word() : sql.substring(at, ++at);
        }
        return new Token(word, start, at, quoted);
    }

    private void skipSpaceAndComments() {
        while (at < sql.length()) {
            if (sql.startsWith("--", at)) {
                int end = sql.indexOf('\n', at);
                at = end < 0 ? sql.length() : end + 1;
            } else if (sql.startsWith("/*", at)) {
                int end = sql.indexOf("*/", at + 2);
                at = end < 0 ? sql.length() : end + 2;
            } else if (Character.isWhitespace(sql.charAt(at)) || sql.charAt(at) == '\uFEFF') {
                at++;
            } else {
                return;
            }
        }
    }

    private String quoted(char end) {
        int start = ++at;
        while (at < sql.length()) {
            if (sql.charAt(at) == end) {
                if (end == ']' || at + 1 >= sql.length() || sql.charAt(at + 1) != end) {
                    return unquoted(sql.substring(start, at++));
                }
                at++;
            }
            at++;
        }
        return unquoted(sql.substring(start));
    }

    /** Quoted text is a word whatever it holds: {@code ';'} ends no statement. */
    private static String unquoted(String text) {
        return text.equals(";") || text.equals(".") ? "''" : upper(text);
    }

    private String word() {
        int start = at;
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
            at++;
        }
        return upper(sql.substring(start, at));
    }

    private static boolean isWordPart(char c) {
        return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c > 127;
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }
}
