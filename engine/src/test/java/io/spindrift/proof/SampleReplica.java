package io.spindrift.proof;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.ltx.LtxReader;
import io.spindrift.ltx.LtxWriter;
import io.spindrift.replica.Replica;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.SegmentName;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A replica in a folder that has everything a replica can have: three owners' claims, groups that grow, change and
 * shrink the database, objects of levels 1 and 2 that cover the same groups, snapshots, a manifest and a lease.
 */
final class SampleReplica {
    static final String NAME = "ledger";

    final Path folder;
    private final Optional<Path> keyset;

    SampleReplica(Path folder, Optional<Path> keyset) throws Exception {
        this.folder = folder;
        this.keyset = keyset;
        write("CREATE TABLE entry (id INTEGER PRIMARY KEY, body)");
        try (Database database = open()) {
            for (int i = 0; i < 4; i++) {
                run(database, "INSERT INTO entry (body) VALUES (randomblob(6000))");
                database.flush();
            }
            database.snapshot();
            run(database, "DELETE FROM entry WHERE id < 3");
            database.flush();
            database.vacuum();
            database.flush();
        }
        compact(1, 3, 4);
        compact(1, 5, 8);
        compact(2, 3, 8);
        try (Database database = open()) {
            run(database, "UPDATE entry SET body = 'changed'");
            database.flush();
            database.snapshot();
            run(database, "INSERT INTO entry (body) VALUES (randomblob(9000))");
            database.flush();
        }
    }

    DatabaseConfig.Builder config() {
        DatabaseConfig.Builder config = DatabaseConfig.builder()
                .name(NAME)
                .path(folder.resolve("local/ledger.db"))
                .replica(folder.resolve("replica").toUri())
                .syncInterval(Duration.ofMillis(20));
        keyset.ifPresent(config::encryptionKeyset);
        return config;
    }

    Database open() {
        return Database.open(config().build());
    }

    Replica replica() throws Exception {
        return Replica.open(folder.resolve("replica").toUri(), Optional.of(NAME), keyset);
    }

    VerificationReport verify(Optional<Position> atLeast) throws Exception {
        try (Replica replica = replica()) {
            return new ReplicaVerification(replica, Duration.ofHours(24)).run(atLeast);
        }
    }

    /** The files of the replica's segments and snapshots. */
    Map<SegmentName, Path> objects() throws Exception {
        Map<SegmentName, Path> objects = new TreeMap<>();
        Path root = folder.resolve("replica/databases").resolve(NAME);
        try (Replica replica = replica();
                Stream<Path> files = Files.walk(root)) {
            files.filter(Files::isRegularFile).forEach(file -> SegmentName.parse(
                            root.relativize(file).toString(), replica.store().layout())
                    .ifPresent(name -> objects.put(name, file)));
        }
        return objects;
    }

    Path file(String name) {
        return folder.resolve("replica/databases").resolve(NAME).resolve(name);
    }

    static void run(Database database, String sql) throws Exception {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void write(String sql) throws Exception {
        try (Database database = open()) {
            run(database, sql);
            database.flush();
        }
    }

    /** Merges the groups from one TXID to another into an object of a higher level: of each page, the latest. */
    void compact(int level, long min, long max) throws Exception {
        Path file = folder.resolve("compacted");
        try (Replica replica = replica()) {
            Map<Integer, byte[]> pages = new TreeMap<>();
            LtxHeader first = replica.header(SegmentName.group(min));
            LtxHeader last = replica.header(SegmentName.group(max));
            for (long txid = min; txid <= max; txid++) {
                try (InputStream in = replica.open(SegmentName.group(txid))) {
                    LtxReader reader = new LtxReader(in, "group " + txid);
                    while (reader.next()) {
                        pages.put(reader.pageNumber(), reader.page().clone());
                    }
                    pages.keySet().removeIf(page -> page > reader.header().pages());
                }
            }
            RollingChecksums checksums = new RollingChecksums(
                    first.checksums().orElseThrow().before(),
                    last.checksums().orElseThrow().after());
            LtxHeader header = new LtxHeader(
                    last.pageSize(), last.pages(), min, max, last.timestamp(), 0, 0, 0, 0, 1, Optional.of(checksums));
            try (OutputStream out = Files.newOutputStream(file)) {
                LtxWriter writer = new LtxWriter(out, header);
                for (Map.Entry<Integer, byte[]> page : pages.entrySet()) {
                    writer.writePage(page.getKey(), page.getValue());
                }
                writer.finish();
            }
            replica.create(new SegmentName(level, min, max), file, "compacted", last.timestamp(), SendGuard.ALWAYS);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
