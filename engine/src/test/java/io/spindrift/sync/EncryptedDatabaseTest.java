package io.spindrift.sync;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.DatabaseConfig;
import io.spindrift.Position;
import io.spindrift.RestoreRequest;
import io.spindrift.SpindriftException;
import io.spindrift.SyncEvent;
import io.spindrift.replica.Segment;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.encryption.EncryptedReplicaStore;
import io.spindrift.replica.encryption.EncryptionKeys;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database whose replica is an encrypted folder: all that holds for a plain one, and what only keys bring. */
class EncryptedDatabaseTest extends ReplicatedDatabaseContract {
    private Path keyset;

    @BeforeEach
    void makeKeys() {
        keyset = folder.resolve("keys.json");
        EncryptionKeys.create(keyset);
    }

    @Override
    protected URI replica() {
        return folder.resolve("replica").toUri();
    }

    @Override
    protected DatabaseConfig.Builder config() {
        return super.config().encryptionKeyset(keyset);
    }

    @Test
    void nothingReadableIsInTheReplica() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            addNote(database, "a secret told to nobody");
            database.snapshot();
        }
        PlainSqlite.checkpoint(file());
        assertThat(Files.readString(file(), ISO_8859_1)).contains("a secret told to nobody");

        for (Map.Entry<String, String> object : replicaFiles().entrySet()) {
            assertThat(object.getValue())
                    .as(object.getKey())
                    .doesNotContain("a secret", "CREATE TABLE", "SQLite format");
        }
        assertThat(replicaFiles().keySet()).anyMatch(name -> name.contains("/9/"));
    }

    @Test
    void afterARotationOldAndNewKeysDecryptAndTheNewOneEncrypts() throws Exception {
        Position beforeRotation;
        try (Database database = open()) {
            createNotes(database);
            addNote(database, "under the first key");
            beforeRotation = database.snapshot();
        }
        byte[] firstKeyOnly = Files.readAllBytes(keyset);
        EncryptionKeys.rotate(keyset);
        try (Database database = open()) {
            addNote(database, "under the second key");
            database.flush();
        }
        assertRestoresIdentically();

        Path first = Files.write(folder.resolve("first-key.json"), firstKeyOnly);
        onlyForTheOwner(first);
        assertThat(Database.restore(request(keyset, "before.db")
                                .position(beforeRotation)
                                .build())
                        .position())
                .isEqualTo(beforeRotation);
        assertThatThrownBy(() -> Database.restore(request(first, "after.db").build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("is encrypted with key ")
                .hasMessageContaining("does not have (it has ");
        assertThat(folder.resolve("after.db")).doesNotExist();
    }

    @Test
    void withoutTheKeyAnEncryptedReplicaIsRefusedBeforeAByteIsWritten() throws Exception {
        shipANote();

        refused(super.config().build(), "is encrypted", "set encryption-keyset");
        assertThatThrownBy(() -> Database.restore(request("plain.db").build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("is encrypted")
                .hasMessageContaining("--encryption-keyset");
        assertThat(folder.resolve("plain.db")).doesNotExist();
    }

    @Test
    void withAnotherKeyAnEncryptedReplicaIsRefusedBeforeAByteIsWritten() throws Exception {
        shipANote();
        Path other = folder.resolve("other.json");
        EncryptionKeys.create(other);

        refused(
                super.config().encryptionKeyset(other).build(),
                "is encrypted with key",
                "use the keyset it was written");
        assertThatThrownBy(() -> Database.restore(request(other, "other.db").build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("is encrypted with key");
        assertThat(folder.resolve("other.db")).doesNotExist();
    }

    @Test
    void withAKeyAPlainReplicaIsRefusedBeforeAByteIsWrittenAndAnEmptyOneMakesItEncrypted() throws Exception {
        DatabaseConfig plain = super.config().build();
        try (Database database = open(plain)) {
            createNotes(database);
            addNote(database, "written in plain");
            database.snapshot();
        }

        refused(config().build(), "is not encrypted", "replica-url of its own");

        URI encrypted = folder.resolve("encrypted").toUri();
        try (Database database = open(config().replica(encrypted).build())) {
            database.flush();
        }
        Path copy = folder.resolve("migrated.db");
        Database.restore(request(keyset, "migrated.db").replica(encrypted).build());
        assertThat(PlainSqlite.run(copy, "SELECT body FROM note")).isEqualTo("written in plain");
    }

    @Test
    void aKeysetIsRefusedUnlessOnlyItsOwnerMayReadIt() throws Exception {
        Files.setPosixFilePermissions(keyset, PosixFilePermissions.fromString("rw-r-----"));

        assertThatThrownBy(this::open)
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("open to others than its owner (rw-r-----)")
                .hasMessageContaining("chmod 600");
        assertThat(folder.resolve("replica")).doesNotExist();
    }

    @Test
    void aSegmentWhoseAnswerWasLostIsOursAfterARestartAlthoughItsBytesWouldDiffer() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            database.flush();
            database.stopSync();
            addNote(database, "staged");
        }
        // The stop shipped it; put the staged file back, as a process leaves it that dies before it sees the answer.
        StagedSegment staged = restageTheLastSegment();
        Path halfEncrypted = Files.writeString(
                staged.file().resolveSibling(staged.file().getFileName() + EncryptedReplicaStore.TEMPORARY), "half");

        try (Database database = open()) {
            database.flush();
            assertThat(PlainSqlite.run(file(), "SELECT body FROM note")).isEqualTo("staged");
        }
        assertThat(staged.file()).doesNotExist();
        assertThat(halfEncrypted).doesNotExist();
        assertThat(events.of(SyncEvent.CommitsSetAside.class)).isEmpty();
        assertRestoresIdentically();
    }

    /** A restore cuts large objects into pieces by the size that is listed, which is larger than what it decrypts to. */
    @Test
    void objectsAroundTheSizeOfAPieceOfARestoreAreReadToTheirEnd() throws Exception {
        int piece = 4 << 20;
        List<Long> listed = new ArrayList<>();
        try (Database database = open()) {
            createNotes(database);
            TestSql.run(database, "INSERT INTO note (body) VALUES (randomblob(" + (piece - 90_000) + "))");
            for (int i = 0; i < 10; i++) {
                TestSql.run(database, "INSERT INTO note (body) VALUES (randomblob(12000))");
                Position snapshot = database.snapshot();
                listed.add(segments().stream()
                        .filter(s -> s.name().equals(SegmentName.snapshot(snapshot.txid())))
                        .mapToLong(Segment::bytes)
                        .sum());

                assertThat(restore("piece-" + i + ".db", snapshot).proven()).isTrue();
            }
        }
        assertThat(listed).anyMatch(bytes -> bytes < piece).anyMatch(bytes -> bytes > piece);
    }

    private StagedSegment restageTheLastSegment() throws Exception {
        try (var replica = openReplica();
                Sidecar sidecar = Sidecar.open(file())) {
            var last = segments().get(segments().size() - 1);
            Path copy = sidecar.scratch("again");
            try (var in = replica.open(last.name())) {
                Files.copy(in, copy);
            }
            return sidecar.stage(copy, StagedSegment.newWriteId(), 1, replica.header(last.name()));
        }
    }

    private void shipANote() throws Exception {
        try (Database database = open()) {
            createNotes(database);
            addNote(database, "shipped");
            database.flush();
        }
    }

    /** Neither the replica nor the file is touched by a database that cannot read what is there. */
    private void refused(DatabaseConfig config, String... sentence) throws IOException {
        Map<String, String> before = replicaFiles();
        assertThatThrownBy(() -> open(config))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContainingAll(sentence);
        assertThat(replicaFiles()).isEqualTo(before);

        Path elsewhere = folder.resolve("elsewhere/ledger.db");
        DatabaseConfig.Builder fresh = DatabaseConfig.builder()
                .name(NAME)
                .path(elsewhere)
                .replica(config.replica().orElseThrow());
        config.encryptionKeyset().ifPresent(fresh::encryptionKeyset);
        assertThatThrownBy(() -> open(fresh.build())).hasMessageContainingAll(sentence);
        assertThat(elsewhere).doesNotExist();
        assertThat(replicaFiles()).isEqualTo(before);
    }

    private RestoreRequest.Builder request(String output) {
        return RestoreRequest.builder().replica(replica()).name(NAME).output(folder.resolve(output));
    }

    private RestoreRequest.Builder request(Path keys, String output) {
        return request(output).encryptionKeyset(keys);
    }

    private static void onlyForTheOwner(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private Map<String, String> replicaFiles() throws IOException {
        Map<String, String> contents = new HashMap<>();
        try (Stream<Path> files = Files.walk(folder.resolve("replica"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(file.toString(), Files.readString(file, ISO_8859_1));
            }
        }
        return contents;
    }

    @Test
    void anEncryptedReplicaIsOpenedByTheNameOfItsDatabase() {
        assertThatThrownBy(() -> Database.restore(RestoreRequest.builder()
                        .replica(URI.create(replica() + "/databases/ledger"))
                        .encryptionKeyset(keyset)
                        .output(folder.resolve("nameless.db"))
                        .build()))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("opened by the name of its database");
        assertThat(folder.resolve("nameless.db")).doesNotExist();
    }
}
