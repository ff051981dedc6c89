package io.spindrift.jdbc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Values in the order they were fetched. The first ones are kept as the driver gave them; when {@link ReadLog} has room
 * for no more, the rest is a SHA-256 over each value's storage class, length and bytes. Two values are equal if storage
 * class and content are: 1, 1.0 and '1' are three values, 0.0 and -0.0 are two.
 */
final class FetchedValues {
    private static final Object[] NONE = {};
    private static final int REFERENCE_BYTES = 8;
    private static final int OBJECT_BYTES = 16;
    private static final int STRING_BYTES = 48;
    private static final int DIGEST_BYTES = 512;

    private final ReadLog log;
    private Object[] kept = NONE;
    private int count;
    private MessageDigest rest;

    FetchedValues(ReadLog log) {
        this.log = log;
    }

    static long weight(Object value) {
        if (value instanceof String text) {
            return REFERENCE_BYTES + STRING_BYTES + 2L * text.length();
        }
        return REFERENCE_BYTES + OBJECT_BYTES + (value instanceof byte[] bytes ? bytes.length : 0);
    }

    void add(Object value) {
        if (rest == null && log.keeps(weight(value))) {
            keep(copyOf(value));
            return;
        }
        if (rest == null) {
            rest = sha256();
            log.charge(DIGEST_BYTES);
        }
        hash(rest, value);
    }

    /** The application may change its array. */
    static Object copyOf(Object value) {
        return value instanceof byte[] bytes ? bytes.clone() : value;
    }

    private void keep(Object value) {
        if (count == kept.length) {
            kept = Arrays.copyOf(kept, Math.max(8, 2 * count));
        }
        kept[count++] = value;
    }

    /** Compares other values with these, one by one in the same order. */
    Comparison comparison() {
        return new Comparison();
    }

    final class Comparison {
        private int next;
        private MessageDigest found;

        /** Whether a value is the next of those that were kept; of those that were hashed the answer comes at the end. */
        boolean isNext(Object value) {
            if (next < count) {
                return areEqual(kept[next++], value);
            }
            if (found == null) {
                found = sha256();
            }
            hash(found, value);
            return true;
        }

        /** Call after the last value. */
        boolean hashesAreEqual() {
            return rest == null
                    || found != null && MessageDigest.isEqual(copy(rest).digest(), found.digest());
        }
    }

    private static boolean areEqual(Object kept, Object found) {
        if (kept instanceof byte[] bytes) {
            return found instanceof byte[] others && Arrays.equals(bytes, others);
        }
        return kept == null ? found == null : kept.equals(found);
    }

    private static void hash(MessageDigest digest, Object value) {
        if (value == null) {
            digest.update((byte) 'n');
        } else if (value instanceof byte[] bytes) {
            hash(digest, 'b', bytes);
        } else if (value instanceof String text) {
            hash(digest, 't', text.getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof Double real) {
            hash(digest, 'r', Double.doubleToRawLongBits(real));
        } else {
            hash(digest, 'i', ((Number) value).longValue());
        }
    }

    private static void hash(MessageDigest digest, char storageClass, long bits) {
        digest.update(ByteBuffer.allocate(1 + Long.BYTES)
                .put((byte) storageClass)
                .putLong(bits)
                .flip());
    }

    private static void hash(MessageDigest digest, char storageClass, byte[] bytes) {
        hash(digest, storageClass, bytes.length);
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static MessageDigest copy(MessageDigest digest) {
        try {
            return (MessageDigest) digest.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("The platform's SHA-256 can be copied", e);
        }
    }
}
