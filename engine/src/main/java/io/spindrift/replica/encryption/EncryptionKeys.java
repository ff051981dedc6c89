package io.spindrift.replica.encryption;

import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeyStatus;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.streamingaead.AesGcmHkdfStreamingKey;
import com.google.crypto.tink.streamingaead.PredefinedStreamingAeadParameters;
import com.google.crypto.tink.streamingaead.StreamingAeadConfig;
import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import io.spindrift.SpindriftException;
import io.spindrift.io.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The keys of a replica: a Tink keyset in JSON, in clear, in a file that only its owner may read. One key is the primary
 * and encrypts; all that are enabled decrypt. Every key is of the type {@code AES256_GCM_HKDF_4KB}.
 *
 * <p>Its errors are {@link SpindriftException}s whose sentence names the file and never a key. Immutable.
 */
public final class EncryptionKeys {
    private static final Set<PosixFilePermission> OF_OTHERS = EnumSet.complementOf(EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE));

    private static final Configuration TYPES = streamingTypes();

    private final Path file;
    private final KeysetHandle keyset;
    private final Map<Integer, AesGcmHkdfStreaming> ciphers;

    private EncryptionKeys(Path file, KeysetHandle keyset) {
        this.file = file;
        this.keyset = keyset;
        this.ciphers = ciphers(file, keyset);
    }

    /** Reads a keyset that only its owner may read. */
    public static EncryptionKeys load(Path file) {
        try {
            requireOwnerOnly(file);
            KeysetHandle keyset = TinkJsonProtoKeysetFormat.parseKeyset(
                    Files.readString(file, StandardCharsets.UTF_8), TYPES, InsecureSecretKeyAccess.get());
            return new EncryptionKeys(file, keyset);
        } catch (NoSuchFileException e) {
            throw new SpindriftException("There is no encryption keyset " + file
                    + "; create one (spindrift-cli keyset create), or correct the path");
        } catch (IOException e) {
            throw new SpindriftException("The encryption keyset " + file + " cannot be read ("
                    + e.getClass().getSimpleName() + "); check the file and who owns it");
        } catch (GeneralSecurityException | RuntimeException e) {
            if (e instanceof SpindriftException known) {
                throw known;
            }
            // The cause is left out: a parser's message may repeat what it could not read.
            throw new SpindriftException("The file " + file + " is not a Tink keyset in JSON; name the file that"
                    + " spindrift-cli keyset create made");
        }
    }

    /** Makes a keyset with one new key. The file must not exist; it will be its owner's only. */
    public static EncryptionKeys create(Path file) {
        if (Files.exists(file)) {
            throw new SpindriftException("The file " + file
                    + " exists already, and what was encrypted with a keyset is lost without it; name another file,"
                    + " or add a key to it (spindrift-cli keyset rotate)");
        }
        return save(file, KeysetHandle.newBuilder().setConfiguration(TYPES));
    }

    /** Adds a new key, which encrypts from now on; the others go on decrypting. */
    public static EncryptionKeys rotate(Path file) {
        return save(file, KeysetHandle.newBuilder(load(file).keyset).setConfiguration(TYPES));
    }

    private static EncryptionKeys save(Path file, KeysetHandle.Builder keys) {
        try {
            KeysetHandle keyset = keys.addEntry(KeysetHandle.generateEntryFromParameters(
                                    PredefinedStreamingAeadParameters.AES256_GCM_HKDF_4KB)
                            .withRandomId()
                            .makePrimary())
                    .build();
            String json = TinkJsonProtoKeysetFormat.serializeKeyset(keyset, TYPES, InsecureSecretKeyAccess.get());
            DurableFiles.replace(file.toAbsolutePath(), json.getBytes(StandardCharsets.UTF_8));
            return load(file);
        } catch (IOException e) {
            throw new SpindriftException(
                    "The encryption keyset " + file + " could not be written (" + e + "); check the folder", e);
        } catch (GeneralSecurityException e) {
            throw new SpindriftException("No key could be made: " + e.getMessage(), e);
        }
    }

    /** The id of the key that encrypts. */
    int primaryId() {
        return keyset.getPrimary().getId();
    }

    /** The cipher of the key that encrypts. */
    AesGcmHkdfStreaming primary() {
        return ciphers.get(primaryId());
    }

    /** The cipher of a key, empty if the keyset does not have it or has it disabled. */
    Optional<AesGcmHkdfStreaming> cipher(int keyId) {
        return Optional.ofNullable(ciphers.get(keyId));
    }

    /** The file the keys came from. */
    public Path file() {
        return file;
    }

    /** The ids of all enabled keys, the primary first. */
    public List<String> ids() {
        return ciphers.keySet().stream()
                .sorted((a, b) -> Boolean.compare(b == primaryId(), a == primaryId()))
                .map(EncryptionKeys::name)
                .collect(Collectors.toList());
    }

    /** How a key is called in messages: 8 hexadecimal digits. */
    static String name(int keyId) {
        return String.format("%08x", keyId);
    }

    private static Map<Integer, AesGcmHkdfStreaming> ciphers(Path file, KeysetHandle keyset) {
        Map<Integer, AesGcmHkdfStreaming> ciphers = new TreeMap<>();
        for (int i = 0; i < keyset.size(); i++) {
            KeysetHandle.Entry entry = keyset.getAt(i);
            if (entry.getStatus() == KeyStatus.ENABLED) {
                ciphers.put(entry.getId(), cipher(file, entry));
            }
        }
        return ciphers;
    }

    private static AesGcmHkdfStreaming cipher(Path file, KeysetHandle.Entry entry) {
        try {
            if (entry.getKey() instanceof AesGcmHkdfStreamingKey key
                    && key.getParameters().equals(PredefinedStreamingAeadParameters.AES256_GCM_HKDF_4KB)) {
                return (AesGcmHkdfStreaming) AesGcmHkdfStreaming.create(key);
            }
        } catch (GeneralSecurityException e) {
            throw new SpindriftException("Key " + name(entry.getId()) + " of the encryption keyset " + file
                    + " cannot be used here (" + e.getMessage() + "); check the Java runtime's security settings");
        }
        throw new SpindriftException("Key " + name(entry.getId()) + " of the encryption keyset " + file
                + " is not of the type AES256_GCM_HKDF_4KB; make keys with spindrift-cli keyset, or with tinkey and that"
                + " template");
    }

    private static Configuration streamingTypes() {
        try {
            StreamingAeadConfig.register();
            return RegistryConfiguration.get();
        } catch (GeneralSecurityException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static void requireOwnerOnly(Path file) throws IOException {
        if (!Files.getFileStore(file).supportsFileAttributeView("posix")) {
            return; // access lists are the administrator's there
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (permissions.stream().anyMatch(OF_OTHERS::contains)) {
            throw new SpindriftException("The encryption keyset " + file + " is open to others than its owner ("
                    + PosixFilePermissions.toString(permissions) + "); run chmod 600 on it");
        }
    }
}
