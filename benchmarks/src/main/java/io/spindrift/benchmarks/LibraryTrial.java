package io.spindrift.benchmarks;

import io.spindrift.Database;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;

/**
 * Makes a database whose pages compress about as business data does (LZ4 finds half of a page): names, addresses, a
 * JSON document and some random bytes a row, and an index. The same seed gives the same rows.
 *
 * <p>Parameters: {@code file}, {@code replica}, {@code megabytes}, {@code snapshot}: whether one is written at the end.
 */
public final class LibraryTrial implements Trial {
    /** A busy machine is no reason to give up. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final int ROWS_PER_COMMIT = 5_000;
    private static final int WORDS = 2_000;
    private static final int NOISE_BYTES = 100;

    private final Random random = new Random(1);
    private final String[] words = new String[WORDS];

    @Override
    public Measurements run(Parameters parameters) throws Exception {
        long wanted = parameters.number("megabytes", 100) * 1_000_000L;
        Optional<URI> replica = Optional.of(URI.create(parameters.text("replica")));
        try (Database database = Database.open(Databases.config(parameters.path("file"), replica)
                        .gateTimeout(PATIENCE)
                        .build());
                Connection connection = database.dataSource().getConnection()) {
            fill(connection, wanted);
            database.flush();
            if (parameters.flag("snapshot")) {
                database.snapshot();
            }
        }
        return new Measurements().putAll(S3Meter.counted());
    }

    /** Fills a new database up to a size. */
    void fill(Connection connection, long bytes) throws SQLException {
        for (int i = 0; i < words.length; i++) {
            words[i] = word(random);
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, mail TEXT, body TEXT, scan BLOB)");
            statement.execute("CREATE INDEX book_mail ON book (mail)");
        }
        connection.setAutoCommit(false);
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO book (title, mail, body, scan) VALUES (?, ?, ?, ?)")) {
            while (size(connection) < bytes) {
                for (int i = 0; i < ROWS_PER_COMMIT; i++) {
                    fillRow(insert);
                    insert.executeUpdate();
                }
                connection.commit();
            }
        }
        connection.setAutoCommit(true);
    }

    private void fillRow(PreparedStatement insert) throws SQLException {
        byte[] noise = new byte[NOISE_BYTES];
        random.nextBytes(noise);
        insert.setString(1, any() + " " + any() + " " + any());
        insert.setString(2, any() + "@" + any() + ".example");
        insert.setString(
                3,
                "{\"order\":" + random.nextInt(1 << 30) + ",\"lines\":[{\"sku\":\"" + any() + random.nextInt(1 << 20)
                        + "\",\"quantity\":" + random.nextInt(10) + ",\"note\":\"" + any() + " " + any()
                        + "\"},{\"sku\":\"" + any() + random.nextInt(1 << 20) + "\",\"quantity\":1,\"note\":\"" + any()
                        + "\"}]}");
        insert.setBytes(4, noise);
    }

    private static long size(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")) {
            row.next();
            return row.getLong(1);
        }
    }

    private String any() {
        return words[random.nextInt(words.length)];
    }

    private static String word(Random random) {
        StringBuilder word = new StringBuilder();
        for (int length = 3 + random.nextInt(7); length > 0; length--) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        return word.toString();
    }
}
