package io.spindrift.ltx;

/**
 * Puts the CRC-64/GO-ISO of a file together from those of its pieces, which several threads may have computed.
 *
 * <p>A CRC is linear: the state after a piece is the state before it, multiplied by x to the power of the piece's bits
 * modulo the polynomial, plus the state the piece leaves when it begins with 0. Source of the method: zlib's {@code
 * crc32_combine}, carried over to 64 bits. Not thread-safe.
 */
final class CrcPieces {
    private static final long ONE = 1L << 63; // x^0: the lowest power is the highest bit
    private static final long[] POWERS = powers();

    private long state = ~0L;

    /**
     * Appends a piece.
     *
     * @param crc what {@link Crc64#update(long, byte[], int, int)} makes of the piece, begun with 0
     * @param bytes length of the piece
     */
    void append(long crc, long bytes) {
        state = multiply(power(bytes), state) ^ crc;
    }

    /** The checksum of all pieces so far. */
    long value() {
        return ~state;
    }

    /** x^(8 bytes). */
    private static long power(long bytes) {
        long result = ONE;
        int k = 3; // 8 bits a byte
        for (long n = bytes; n != 0; n >>>= 1, k++) {
            if ((n & 1) != 0) {
                result = multiply(POWERS[k & 63], result);
            }
        }
        return result;
    }

    private static long multiply(long a, long b) {
        long product = 0;
        long multiple = b;
        for (long bit = ONE; bit != 0; bit >>>= 1) {
            if ((a & bit) != 0) {
                product ^= multiple;
            }
            multiple = (multiple & 1) == 0 ? multiple >>> 1 : multiple >>> 1 ^ Crc64.POLYNOMIAL;
        }
        return product;
    }

    /** x^1, x^2, x^4, x^8, … */
    private static long[] powers() {
        long[] powers = new long[Long.SIZE];
        powers[0] = ONE >>> 1;
        for (int i = 1; i < powers.length; i++) {
            powers[i] = multiply(powers[i - 1], powers[i - 1]);
        }
        return powers;
    }
}
