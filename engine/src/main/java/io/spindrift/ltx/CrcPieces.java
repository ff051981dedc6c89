package io.spindrift.ltx;

/**
 * Puts the CRC-64/GO-ISO of a file together from those of its pieces, which several threads may have computed.
 *
 * <p>A CRC is linear: the state after a piece is the state before it, multiplied by x to the power of the piece's bits
 * modulo the polynomial, plus the state the piece leaves when it begins with 0. Source of the method: zlib's {@code
 * crc32_combine}, carried over to 64 bits. Not thread-safe.
 */
final class CrcPieces {
    private long state = ~0L;

    /**
     * Appends a piece.
     *
     * @param crc what {@link Crc64#update(long, byte[], int, int)} makes of the piece, begun with 0
     * @param bytes length of the piece
     */
    void append(long crc, long bytes) {
        state = Crc64.multiply(state, Crc64.distance(bytes)) ^ crc;
    }

    /** The checksum of all pieces so far. */
    long value() {
        return ~state;
    }
}
