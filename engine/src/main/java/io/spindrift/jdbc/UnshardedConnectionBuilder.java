package io.spindrift.jdbc;

import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.ShardingKey;
import java.sql.ShardingKeyBuilder;
import javax.sql.DataSource;

/** What {@link DataSource#createConnectionBuilder()} answers: connections as from the data source, for a database is one file. */
public final class UnshardedConnectionBuilder implements ConnectionBuilder {
    private final DataSource dataSource;
    private String user;
    private String password;
    private boolean sharded;

    public UnshardedConnectionBuilder(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** With a name or a password {@link #build()} fails as {@link DataSource#getConnection(String, String)} does. */
    @Override
    public UnshardedConnectionBuilder user(String value) {
        user = value;
        return this;
    }

    @Override
    public UnshardedConnectionBuilder password(String value) {
        password = value;
        return this;
    }

    /** With a key {@link #build()} fails with 0A000. */
    @Override
    public UnshardedConnectionBuilder shardingKey(ShardingKey value) {
        sharded |= value != null;
        return this;
    }

    @Override
    public UnshardedConnectionBuilder superShardingKey(ShardingKey value) {
        return shardingKey(value);
    }

    /** @throws SQLException 0A000 if a sharding key, a user or a password was given */
    @Override
    public Connection build() throws SQLException {
        if (sharded) {
            throw noShards();
        }
        return user == null && password == null ? dataSource.getConnection() : dataSource.getConnection(user, password);
    }

    /** What {@link DataSource#createShardingKeyBuilder()} does. */
    public static ShardingKeyBuilder createShardingKeyBuilder() throws SQLException {
        throw noShards();
    }

    static SQLException noShards() {
        return SqlErrors.unsupported("A database is one file and has no shards: leave the sharding key out, and choose"
                + " the database by its data source");
    }
}
