package io.spindrift.replica.encryption;

import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import io.spindrift.SpindriftException;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.replica.DamagedObjectException;
import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.StoreStatistics;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Stands in front of a store and encrypts segments and snapshots, whole, as streams; leases and the manifest pass as
 * they are. What is listed are the sizes and times of the encrypted objects.
 *
 * <pre>
 * 0   "SPE1"
 * 4   id of the key in the keyset, 4 bytes, big-endian
 * 8   Tink's AES256_GCM_HKDF_4KB stream: a header of 40 bytes, then segments of 4096 bytes, the first one shorter by
 *     the header, each with a tag of 16 bytes
 * </pre>
 *
 * The associated data are those first 8 bytes and {@code <database>/<level>/<first TXID>-<last TXID>} (16 hexadecimal
 * digits each), so that an object is accepted under its own name only. Segments of 4 KiB, not 1 MiB, because most
 * objects are small, many are read at once, and a segment's header is then proven by reading 4 KiB. Source: "Streaming
 * AEAD", developers.google.com/tink.
 *
 * <p>An object is encrypted once per {@link #create}, to a file beside its plain content that is gone afterwards. The
 * same content never gives the same bytes twice; whether an object that is there already is ours is told by its write id
 * or, where the store tells by content, by what it decrypts to. Thread-safe.
 */
public final class EncryptedReplicaStore implements ReplicaStore {
    /** How the files end that hold encrypted content for the time of a {@link #create}. */
    public static final String TEMPORARY = ".encrypted.tmp";

    private static final int HEADER_BYTES = 8;
    private static final int BUFFER_BYTES = 1 << 16;

    private final ReplicaStore store;
    private final String database;
    private final EncryptionKeys keys;

    /**
     * Encrypts what is created in a store.
     *
     * @param database the name that every object is bound to
     */
    public EncryptedReplicaStore(ReplicaStore store, String database, EncryptionKeys keys) {
        this.store = store;
        this.database = database;
        this.keys = keys;
    }

    @Override
    public ReplicaLayout layout() {
        return store.layout();
    }

    @Override
    public String describe() {
        return store.describe();
    }

    /** A range is read from the object's beginning: a whole object is best read by one stream. */
    @Override
    public boolean seeks() {
        return false;
    }

    @Override
    public long storedBytes(long contentBytes) {
        return HEADER_BYTES + keys.primary().expectedCiphertextSize(contentBytes);
    }

    @Override
    public long contentBytes(long storedBytes) {
        AesGcmHkdfStreaming cipher = keys.primary();
        long body = storedBytes - HEADER_BYTES;
        long segments = (body + cipher.getCiphertextSegmentSize() - 1) / cipher.getCiphertextSegmentSize();
        return Math.max(0, body - cipher.getHeaderLength() - segments * cipher.getCiphertextOverhead());
    }

    @Override
    public Created create(String name, Path content, String writeId, Instant timestamp, SendGuard guard)
            throws IOException {
        SegmentName segment = SegmentName.parse(name, layout())
                .orElseThrow(
                        () -> new IllegalArgumentException("Only segments are encrypted from files, found " + name));
        Path encrypted = content.resolveSibling(content.getFileName() + TEMPORARY);
        try {
            encrypt(segment, content, encrypted);
            Created created = store.create(name, encrypted, writeId, timestamp, guard);
            return created == Created.TAKEN && decryptsTo(name, content) ? Created.OURS : created;
        } finally {
            Files.deleteIfExists(encrypted);
        }
    }

    @Override
    public Created create(String name, byte[] content, String writeId, SendGuard guard) throws IOException {
        return store.create(requirePlain(name), content, writeId, guard);
    }

    @Override
    public void put(String name, byte[] content, SendGuard guard) throws IOException {
        store.put(requirePlain(name), content, guard);
    }

    @Override
    public InputStream read(String name, long offset, long length) throws IOException {
        Optional<SegmentName> segment = SegmentName.parse(name, layout());
        if (segment.isEmpty()) {
            return store.read(name, offset, length);
        }
        ReplicaStore.requireRange(offset, length);
        boolean toTheEnd = length < 0 || length > Long.MAX_VALUE / 2 - offset;
        InputStream encrypted = store.read(name, 0, toTheEnd ? -1 : encryptedPrefix(keys.primary(), offset + length));
        try {
            InputStream plain = decrypt(segment.get(), encrypted, toTheEnd ? Long.MAX_VALUE : offset + length);
            skip(plain, offset, name);
            return plain;
        } catch (IOException | RuntimeException e) {
            encrypted.close();
            throw e;
        }
    }

    @Override
    public List<ObjectInfo> list(String prefix, String startAfter) throws IOException {
        return store.list(prefix, startAfter);
    }

    @Override
    public StoreStatistics statistics() {
        return store.statistics();
    }

    @Override
    public void delete(List<String> names, SendGuard guard) throws IOException {
        store.delete(names, guard);
    }

    @Override
    public void close() {
        store.close();
    }

    // ---- encrypting

    private void encrypt(SegmentName segment, Path plain, Path encrypted) throws IOException {
        byte[] header = header(keys.primaryId());
        AesGcmHkdfStreaming cipher = keys.primary();
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(encrypted), BUFFER_BYTES)) {
            file.write(header);
            try (OutputStream out = cipher.newEncryptingStream(file, associatedData(header, segment))) {
                Files.copy(plain, out);
            }
        } catch (GeneralSecurityException e) {
            throw new StoreException("Segment " + segment + " could not be encrypted: " + e.getMessage(), e);
        }
    }

    private static byte[] header(int keyId) {
        return ByteBuffer.allocate(HEADER_BYTES)
                .putInt(LtxHeader.ENCRYPTED_MAGIC)
                .putInt(keyId)
                .array();
    }

    private byte[] associatedData(byte[] header, SegmentName segment) {
        byte[] name = String.format(
                        "%s/%d/%016x-%016x", database, segment.level(), segment.minTxid(), segment.maxTxid())
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(header.length + name.length)
                .put(header)
                .put(name)
                .array();
    }

    private String requirePlain(String name) {
        if (SegmentName.parse(name, layout()).isPresent()) {
            throw new IllegalArgumentException("Segments are encrypted from files, found bytes for " + name);
        }
        return name;
    }

    // ---- decrypting

    /** Whether the object that is there holds what we have: then another try of ours made it. */
    private boolean decryptsTo(String name, Path content) throws IOException {
        try (InputStream there = new BufferedInputStream(read(name, 0, -1), BUFFER_BYTES);
                InputStream ours = new BufferedInputStream(Files.newInputStream(content), BUFFER_BYTES)) {
            int next;
            do {
                next = ours.read();
                if (there.read() != next) {
                    return false;
                }
            } while (next >= 0);
            return true;
        } catch (DamagedObjectException | ObjectMissingException | SpindriftException notOurs) {
            return false;
        }
    }

    private InputStream decrypt(SegmentName segment, InputStream encrypted, long plainBytes) throws IOException {
        byte[] header = encrypted.readNBytes(HEADER_BYTES);
        ByteBuffer fields = ByteBuffer.wrap(Arrays.copyOf(header, HEADER_BYTES));
        int magic = fields.getInt();
        int keyId = fields.getInt();
        if (magic == LtxHeader.MAGIC) {
            throw new SpindriftException("Segment " + segment + " in " + describe()
                    + " is not encrypted, but the keyset "
                    + keys.file() + " is configured; leave the keyset out to read it, and give a replica that shall be"
                    + " encrypted a replica-url of its own");
        }
        if (header.length < HEADER_BYTES || magic != LtxHeader.ENCRYPTED_MAGIC) {
            throw new DamagedObjectException(
                    "Segment " + segment + " in " + describe() + " is not an encrypted segment; the object is damaged");
        }
        AesGcmHkdfStreaming cipher = keys.cipher(keyId)
                .orElseThrow(() -> new SpindriftException("Segment " + segment + " in " + describe()
                        + " is encrypted with key " + EncryptionKeys.name(keyId) + ", which the keyset " + keys.file()
                        + " does not have (it has " + String.join(", ", keys.ids())
                        + "); use the keyset it was written with"));
        String broken = "Segment " + segment + " in " + describe() + " cannot be decrypted with key "
                + EncryptionKeys.name(keyId) + ": it was damaged or cut short, or written under another name or for"
                + " another database than " + database;
        return new DecryptingStream(encrypted, cipher, associatedData(header, segment), plainBytes, broken);
    }

    /** How many bytes of an object prove its first {@code plainBytes}: whole segments, and one byte that says more follow. */
    private static long encryptedPrefix(AesGcmHkdfStreaming cipher, long plainBytes) {
        long segments = (plainBytes + cipher.getHeaderLength()) / cipher.getPlaintextSegmentSize() + 1;
        return HEADER_BYTES + segments * cipher.getCiphertextSegmentSize() + 1;
    }

    private void skip(InputStream plain, long bytes, String name) throws IOException {
        if (bytes > 0 && (plain.skip(bytes - 1) < bytes - 1 || plain.read() < 0)) {
            throw new StoreException("The object " + name + " in " + describe() + " has fewer than the " + bytes
                    + " bytes before the range that was asked for");
        }
    }
}
