package io.spindrift.replica.encryption;

import io.spindrift.SpindriftException;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.SegmentName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * Decrypts objects: as they are, or a sound one with some of its bytes changed, of which only what is untouched may be
 * delivered.
 */
public final class EncryptedObjectFuzzer {
    private static final SegmentName NAME = SegmentName.group(1);
    private static final byte[] CONTENT = new byte[9_000];

    private static EncryptedReplicaStore store;
    private static Path object;
    private static byte[] sound;

    private EncryptedObjectFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        open();
        if (input.length == 0) {
            return;
        }
        byte[] changed = Arrays.copyOfRange(input, 1, input.length);
        if ((input[0] & 1) != 0) {
            ByteBuffer changes = ByteBuffer.wrap(changed);
            changed = sound.clone();
            while (changes.remaining() >= 3) {
                changed[Math.floorMod(changes.getShort(), sound.length)] ^= changes.get();
            }
        }
        Files.write(object, changed);
        try (InputStream in = store.read(NAME.path(store.layout()), 0, -1)) {
            byte[] content = in.readAllBytes();
            if (!Arrays.equals(changed, sound) || !Arrays.equals(content, CONTENT)) {
                throw new AssertionError("A damaged object was accepted");
            }
        } catch (IOException | SpindriftException declared) {
            return;
        }
    }

    public static List<byte[]> seeds() {
        return List.of(
                new byte[] {1},
                new byte[] {1, 0, 100, 1},
                new byte[] {1, 0x20, 0, 1},
                new byte[] {0, 'S', 'P', 'E', '1', 0, 0, 0, 0, 40},
                new byte[] {0, 'L', 'T', 'X', '1'});
    }

    private static void open() {
        if (store != null) {
            return;
        }
        try {
            Path folder = Files.createTempDirectory("fuzz");
            EncryptionKeys keys = EncryptionKeys.create(folder.resolve("keys.json"));
            Path content = Files.write(folder.resolve("content"), CONTENT);
            store = new EncryptedReplicaStore(ReplicaStores.open(folder.toUri(), "ledger"), "ledger", keys);
            store.create(NAME.path(store.layout()), content, "w", Instant.EPOCH, SendGuard.ALWAYS);
            object = folder.resolve("databases/ledger").resolve(NAME.path(store.layout()));
            sound = Files.readAllBytes(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
