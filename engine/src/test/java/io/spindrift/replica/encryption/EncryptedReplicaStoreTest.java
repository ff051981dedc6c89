package io.spindrift.replica.encryption;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.streamingaead.PredefinedStreamingAeadParameters;
import io.spindrift.SpindriftException;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncryptedReplicaStoreTest {
    private static final Instant TIME = Instant.parse("2026-11-20T10:15:30.500Z");
    private static final SegmentName SEGMENT = SegmentName.group(42);

    @TempDir
    Path folder;

    private final Random contents = new Random(7);
    private Path keyset;
    private URI url;
    private ReplicaStore store;
    private String name;

    @BeforeEach
    void open() throws Exception {
        keyset = folder.resolve("keys.json");
        EncryptionKeys.create(keyset);
        url = folder.resolve("replica").toUri();
        store = ReplicaStores.open(url, "ledger", Optional.of(keyset));
        name = SEGMENT.path(store.layout());
    }

    /** Around the ends of the cipher's segments: the first holds 4040 bytes, the others 4080. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 4039, 4040, 4041, 8119, 8120, 8121, 300_000})
    void givesBackWhatWasPutWholeAndInParts(int bytes) throws Exception {
        byte[] content = put(SEGMENT, bytes);

        assertThat(read(0, -1)).isEqualTo(content);
        Random random = new Random(bytes); // the same ranges in every run
        for (int i = 0; i < 20 && bytes > 0; i++) {
            int from = random.nextInt(bytes);
            int length = 1 + random.nextInt(bytes + 10);
            byte[] expected = Arrays.copyOfRange(content, from, Math.min(bytes, from + length));
            assertThat(read(from, length)).as("%d bytes from %d", length, from).isEqualTo(expected);
        }
        assertThat(store.contentBytes(Files.size(object()))).isEqualTo(bytes);
        assertThat(store.list("")).singleElement().satisfies(listed -> {
            assertThat(listed.bytes()).isEqualTo(Files.size(object())).isEqualTo(store.storedBytes(bytes));
            assertThat(listed.modified()).isEqualTo(TIME);
        });
    }

    @Test
    void theSameContentIsOursAgainAfterARestartAndOtherContentIsTaken() throws Exception {
        Path content = file(10_000);
        assertThat(store.create(name, content, "first", TIME, SendGuard.ALWAYS)).isEqualTo(Created.OURS);
        byte[] stored = Files.readAllBytes(object());

        ReplicaStore restarted = ReplicaStores.open(url, "ledger", Optional.of(keyset));
        assertThat(restarted.create(name, content, "first", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(restarted.create(name, file(10_000), "second", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.TAKEN);
        assertThat(restarted.create(name, file(9_999), "second", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.TAKEN);

        assertThat(Files.readAllBytes(object())).isEqualTo(stored);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).noneMatch(file -> file.toString().endsWith(EncryptedReplicaStore.TEMPORARY));
        }
    }

    @Test
    void leasesAndTheManifestStayPlain() throws Exception {
        byte[] json = "{\"version\":1}".getBytes(UTF_8);
        store.create("lease/0000000000000001.json", json, "w", SendGuard.ALWAYS);
        store.put("manifest.json", json, SendGuard.ALWAYS);

        Path root = folder.resolve("replica/databases/ledger");
        assertThat(root.resolve("lease/0000000000000001.json")).hasBinaryContent(json);
        assertThat(root.resolve("manifest.json")).hasBinaryContent(json);
        assertThat(store.get("manifest.json", 100)).hasValue(json);
        assertThatThrownBy(() -> store.put(name, json, SendGuard.ALWAYS)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everyFlippedByteAndEveryCutIsFound() throws Exception {
        put(SEGMENT, 9_000);
        byte[] stored = Files.readAllBytes(object());
        for (int at = 0; at < stored.length; at += at < 64 ? 1 : 37) {
            byte[] damaged = stored.clone();
            damaged[at] ^= 0x10;
            Files.write(object(), damaged);
            assertThatThrownBy(() -> read(0, -1))
                    .as("byte %d", at)
                    .isInstanceOfAny(StoreException.class, SpindriftException.class);
        }
        for (int length = 0; length < stored.length; length += length < 64 ? 1 : 41) {
            Files.write(object(), Arrays.copyOf(stored, length));
            assertThatThrownBy(() -> read(0, -1)).as("cut to %d", length).isInstanceOf(StoreException.class);
        }
        // at the very end of one of the cipher's segments
        Files.write(object(), Arrays.copyOf(stored, 8 + 2 * 4096));
        assertThatThrownBy(() -> read(0, -1))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("damaged or cut short");
    }

    @Test
    void anObjectIsAcceptedUnderItsOwnNameOnly() throws Exception {
        put(SEGMENT, 5_000);
        for (SegmentName other : new SegmentName[] {
            SegmentName.group(43), new SegmentName(1, 42, 42), new SegmentName(1, 41, 42), new SegmentName(1, 42, 43)
        }) {
            Path elsewhere = folder.resolve("replica/databases/ledger/" + other.path(store.layout()));
            Files.createDirectories(elsewhere.getParent());
            Files.copy(object(), elsewhere);
            assertThatThrownBy(() -> readAll(store, other.path(store.layout())))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("written under another name");
        }
        Path otherDatabase = folder.resolve("replica/databases/audit/" + name);
        Files.createDirectories(otherDatabase.getParent());
        Files.copy(object(), otherDatabase);
        assertThatThrownBy(() -> readAll(ReplicaStores.open(url, "audit", Optional.of(keyset)), name))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("another database than audit");
    }

    @Test
    void aFailureOfTheStoreIsToldAsItIs() throws Exception {
        put(SEGMENT, 100_000);
        ReplicaStore failing = new EncryptedReplicaStore(
                new BreakingStore(ReplicaStores.open(url, "ledger"), 50_000), "ledger", EncryptionKeys.load(keyset));

        assertThatThrownBy(() -> readAll(failing, name))
                .isInstanceOf(StoreException.class)
                .hasMessage("The network went away.");
    }

    @Test
    void aKeysetThatCannotBeUsedIsNamedAndNotQuoted() throws Exception {
        assertThatThrownBy(() -> EncryptionKeys.load(folder.resolve("missing.json")))
                .isInstanceOf(SpindriftException.class)
                .hasMessageContaining("There is no encryption keyset");
        assertThatThrownBy(() -> EncryptionKeys.load(secretFile("not json, but secret")))
                .hasMessageContaining("is not a Tink keyset")
                .hasMessageNotContaining("but secret")
                .hasNoCause();
        KeysetHandle largeSegments = KeysetHandle.generateNew(
                PredefinedStreamingAeadParameters.AES256_GCM_HKDF_1MB, RegistryConfiguration.get());
        Path wrongType = secretFile(TinkJsonProtoKeysetFormat.serializeKeyset(
                largeSegments, RegistryConfiguration.get(), InsecureSecretKeyAccess.get()));
        assertThatThrownBy(() -> EncryptionKeys.load(wrongType)).hasMessageContaining("AES256_GCM_HKDF_4KB");
        assertThatThrownBy(() -> EncryptionKeys.create(keyset)).hasMessageContaining("exists already");
    }

    @Test
    void aNewKeysetIsItsOwnersOnlyAndARotatedOneNamesTheNewKeyFirst() throws Exception {
        EncryptionKeys before = EncryptionKeys.load(keyset);
        EncryptionKeys after = EncryptionKeys.rotate(keyset);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyset)))
                .isEqualTo("rw-------");
        assertThat(after.ids()).hasSize(2).endsWith(before.ids().get(0));
    }

    private byte[] put(SegmentName segment, int bytes) throws IOException {
        Path content = file(bytes);
        assertThat(store.create(segment.path(store.layout()), content, "writer", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        return Files.readAllBytes(content);
    }

    private Path object() {
        return folder.resolve("replica/databases/ledger/" + name);
    }

    private byte[] read(long offset, long length) throws IOException {
        try (InputStream in = store.read(name, offset, length)) {
            return in.readAllBytes();
        }
    }

    private static byte[] readAll(ReplicaStore from, String name) throws IOException {
        try (InputStream in = from.read(name, 0, -1)) {
            return in.readAllBytes();
        }
    }

    private Path file(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        contents.nextBytes(content);
        return Files.write(Files.createTempFile(folder, "content", ".ltx"), content);
    }

    private Path secretFile(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "keyset", ".json"), text); // made for its owner only
    }
}
