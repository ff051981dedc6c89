package io.spindrift.jdbc;

import io.spindrift.jdbc.SqlText.Token;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which table an INSERT or REPLACE writes to.
 *
 * @param schema as written, empty if none is
 * @param table as written, without quotes
 * @param end where the statement's text ends, a closing semicolon and comments left out
 * @param returning whether it has a RETURNING of its own
 */
record InsertTarget(String schema, String table, int end, boolean returning) {
    private static final Set<String> CONFLICT = Set.of("ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK");

    /** Empty if the SQL is no insert. */
    static Optional<InsertTarget> of(String sql) {
        List<Token> tokens = SqlText.tokens(sql);
        int at = topLevel(tokens, Set.of("INSERT", "REPLACE"));
        if (at < 0) {
            return Optional.empty();
        }
        at++;
        if (is(tokens, at, "OR")
                && at + 1 < tokens.size()
                && CONFLICT.contains(tokens.get(at + 1).word())) {
            at += 2;
        }
        if (!is(tokens, at, "INTO") || at + 1 >= tokens.size()) {
            return Optional.empty();
        }
        boolean qualified = is(tokens, at + 2, ".") && at + 3 < tokens.size();
        String first = name(sql, tokens.get(at + 1));
        int last = tokens.size() - 1;
        while (tokens.get(last).is(";")) {
            last--;
        }
        return Optional.of(new InsertTarget(
                qualified ? first : "",
                qualified ? name(sql, tokens.get(at + 3)) : first,
                tokens.get(last).end(),
                topLevel(tokens, Set.of("RETURNING")) >= 0));
    }

    /** The first of these words that stands in no parentheses; -1 if there is none. */
    private static int topLevel(List<Token> tokens, Set<String> words) {
        int depth = 0;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
            if (depth == 0 && !token.quoted() && words.contains(token.word())) {
                return i;
            }
        }
        return -1;
    }

    private static boolean is(List<Token> tokens, int index, String word) {
        return index < tokens.size() && tokens.get(index).is(word);
    }

    private static String name(String sql, Token token) {
        String text = sql.substring(token.start(), token.end());
        if (!token.quoted()) {
            return text;
        }
        char quote = text.charAt(0);
        String inner = text.substring(1, Math.max(1, text.length() - 1));
        return quote == '[' ? inner : inner.replace(String.valueOf(quote) + quote, String.valueOf(quote));
    }
}
