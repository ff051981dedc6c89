package io.spindrift.ltx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * CRC-64/GO-ISO: reflected polynomial {@code 0xD800000000000000}, initial value and final XOR all ones. The check value
 * of the ASCII digits {@code 123456789} is {@code b90956c775a41001}.
 *
 * <p>The polynomial, x^64 + x^4 + x^3 + x + 1, has so few terms that shifts do what others need tables for: x^64 leaves
 * x^4 + x^3 + x + 1. Squared six times, x^4096 leaves x^256 + x^192 + x^64 + 1: what lies 64 words back counts for a
 * word 64, 63, 61 and 60 words on, so long inputs are folded word by word, without shifts, into 512 bytes. In a word the
 * lowest bit is the highest power. Not thread-safe.
 */
final class Crc64 {
    private static final int FOLDED_WORDS = 64;
    private static final int FOLDED_BYTES = FOLDED_WORDS * Long.BYTES;
    private static final long POLYNOMIAL = 0xD800_0000_0000_0000L;
    private static final long ONE = 1L << 63;
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long[] folded = new long[FOLDED_WORDS];
    private long state = ~0L;

    /** Feeds bytes. */
    Crc64 update(byte[] bytes, int offset, int length) {
        state = update(state, bytes, offset, length, folded);
        return this;
    }

    /** The checksum of what was fed so far. */
    long value() {
        return ~state;
    }

    /**
     * Feeds a page and computes the checksum of the page itself, reading it once: the two differ only in the state they
     * begin with, whose share is added afterwards.
     *
     * @param distance {@link #distance} of the page's length
     * @return what {@link #ofPage} gives
     */
    long updateWithPage(int pageNumber, byte[] page, long distance) {
        long begin = afterPageNumber(pageNumber);
        long end = update(begin, page, 0, page.length, folded);
        state = multiply(state ^ begin, distance) ^ end;
        return ~end;
    }

    /** Corrects the checksum for bytes that were fed earlier and have been changed since. */
    void replace(byte[] changes, long bytesFedAfterThem) {
        state ^= multiply(update(0, changes, 0, changes.length), distance(bytesFedAfterThem));
    }

    /** Checksum of a page as LTX defines it: over its number, 4 bytes big-endian, and its bytes. */
    static long ofPage(int pageNumber, byte[] page, int offset, int length) {
        return ~update(afterPageNumber(pageNumber), page, offset, length);
    }

    /** What a state is multiplied with when so many bytes follow: x to the power of their bits. */
    static long distance(long bytes) {
        long result = ONE;
        long power = ONE >>> Byte.SIZE;
        for (long rest = bytes; rest != 0; rest >>>= 1) {
            if ((rest & 1) != 0) {
                result = multiply(result, power);
            }
            power = multiply(power, power);
        }
        return result;
    }

    private static long afterPageNumber(int pageNumber) {
        return addByte(
                addByte(addByte(addByte(~0L, pageNumber >>> 24), pageNumber >>> 16), pageNumber >>> 8), pageNumber);
    }

    /** The state after some bytes, without the inversions at the beginning and the end. */
    static long update(long start, byte[] bytes, int offset, int length) {
        return update(start, bytes, offset, length, length < 2 * FOLDED_BYTES ? null : new long[FOLDED_WORDS]);
    }

    private static long update(long start, byte[] bytes, int offset, int length, long[] words) {
        long crc = start;
        int at = offset;
        int end = offset + length;
        if (length >= 2 * FOLDED_BYTES) {
            at += length / FOLDED_BYTES * FOLDED_BYTES;
            crc = fold(start, bytes, offset, at, words);
        }
        for (; end - at >= Long.BYTES; at += Long.BYTES) {
            crc = timesX64(crc ^ (long) WORDS.get(bytes, at));
        }
        for (; at < end; at++) {
            crc = addByte(crc, bytes[at]);
        }
        return crc;
    }

    private static long fold(long start, byte[] bytes, int offset, int end, long[] words) {
        for (int i = 0; i < FOLDED_WORDS; i++) {
            words[i] = (long) WORDS.get(bytes, offset + i * Long.BYTES);
        }
        words[0] ^= start;
        for (int at = offset + FOLDED_BYTES; at < end; at += FOLDED_BYTES) {
            words[60] ^= words[0]; // what the first words leave falls on the last of the same block
            words[61] ^= words[0] ^ words[1];
            words[62] ^= words[1] ^ words[2];
            words[63] ^= words[0] ^ words[2] ^ words[3];
            for (int i = 0; i < FOLDED_WORDS - 4; i++) {
                words[i] ^= words[i + 1] ^ words[i + 3] ^ words[i + 4] ^ (long) WORDS.get(bytes, at + i * Long.BYTES);
            }
            words[60] ^= words[61] ^ words[63] ^ (long) WORDS.get(bytes, at + 60 * Long.BYTES);
            words[61] ^= words[62] ^ (long) WORDS.get(bytes, at + 61 * Long.BYTES);
            words[62] ^= words[63] ^ (long) WORDS.get(bytes, at + 62 * Long.BYTES);
            words[63] ^= (long) WORDS.get(bytes, at + 63 * Long.BYTES);
        }
        long crc = 0;
        for (long word : words) {
            crc = timesX64(crc ^ word);
        }
        return crc;
    }

    private static long addByte(long crc, int next) {
        return crc >>> Byte.SIZE ^ lowTimesX64((crc ^ next) << Long.SIZE - Byte.SIZE);
    }

    private static long timesX64(long value) {
        long carried = value << 63 ^ value << 61 ^ value << 60;
        return lowTimesX64(value) ^ lowTimesX64(carried);
    }

    /** Times x^4 + x^3 + x + 1, without what is carried over x^63. */
    private static long lowTimesX64(long value) {
        return value ^ value >>> 1 ^ value >>> 3 ^ value >>> 4;
    }

    /** The product of two states as polynomials. */
    static long multiply(long a, long b) {
        long product = 0;
        long shifted = b;
        for (long rest = a; rest != 0; rest <<= 1) {
            product ^= shifted & rest >> 63;
            shifted = shifted >>> 1 ^ POLYNOMIAL & -(shifted & 1);
        }
        return product;
    }
}
