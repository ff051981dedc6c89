package io.spindrift.jdbc;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests that have an empty database and one connection to it. */
abstract class OnOneConnection {
    @TempDir
    Path folder;

    TestDatabase database;
    Connection connection;

    @BeforeEach
    final void openDatabase() throws SQLException {
        database = new TestDatabase(folder.resolve("test.db"));
        connection = database.connect();
    }

    @AfterEach
    final void closeDatabase() throws SQLException {
        connection.close();
        database.close();
    }
}
