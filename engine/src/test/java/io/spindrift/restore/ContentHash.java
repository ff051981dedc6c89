package io.spindrift.restore;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A hash over the schema and every value of every row of a database. */
final class ContentHash {
    private ContentHash() {}

    static String of(Connection connection) throws Exception {
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        try (Statement statement = connection.createStatement()) {
            List<String> tables =
                    column(statement, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
            for (String entry : column(
                    statement,
                    "SELECT type || ' ' || name || ' ' || coalesce(sql, '')"
                            + " FROM sqlite_schema ORDER BY type, name")) {
                hash.update(entry.getBytes(UTF_8));
            }
            for (String table : tables) {
                String values = String.join(
                        " || ',' || ",
                        column(
                                statement,
                                "SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('" + table + "')"));
                for (String row : column(statement, "SELECT " + values + " FROM \"" + table + "\" ORDER BY 1")) {
                    hash.update((table + row + "\n").getBytes(UTF_8));
                }
            }
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private static List<String> column(Statement statement, String query) throws Exception {
        List<String> values = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }
}
