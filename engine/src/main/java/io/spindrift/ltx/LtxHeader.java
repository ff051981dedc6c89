package io.spindrift.ltx;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;

/**
 * The first 100 bytes of an LTX file.
 *
 * @param pageSize bytes, a power of two from 512 to 65536
 * @param pages size of the database after the file was applied
 * @param minTxid first transaction in the file, at least 1
 * @param maxTxid last transaction in the file
 * @param timestamp time of the last commit, to the millisecond
 * @param walOffset where in the write-ahead log the pages came from, 0 if they did not
 * @param walBytes how much of it they covered
 * @param walSalt1 the log's salts
 * @param nodeId who wrote the file: the epoch of the owner, 0 in files of others
 * @param checksums rolling checksums before and after the file, if it carries them
 */
public record LtxHeader(
        int pageSize,
        int pages,
        long minTxid,
        long maxTxid,
        Instant timestamp,
        long walOffset,
        long walBytes,
        int walSalt1,
        int walSalt2,
        long nodeId,
        Optional<RollingChecksums> checksums) {

    /** Length in bytes. */
    public static final int BYTES = 100;

    /** How a file begins: {@code LTX1}. */
    public static final int MAGIC = 0x4C54_5831;

    /** How an object begins that holds such a file encrypted: {@code SPE1}. */
    public static final int ENCRYPTED_MAGIC = 0x5350_4531;

    static final int FLAG_NO_CHECKSUM = 0x2;
    private static final int TAG_OFFSET = 80;
    private static final int TAG = 0x5350_4431; // "SPD1"
    private static final int SMALLEST_PAGE = 512;
    private static final int LARGEST_PAGE = 65_536;

    /**
     * The rolling database checksum on both sides of a file.
     *
     * @param before of the database the file applies to, 0 before the first file
     * @param after of the database once it was applied
     */
    public record RollingChecksums(long before, long after) {}

    public LtxHeader {
        if (pageSize < SMALLEST_PAGE || pageSize > LARGEST_PAGE || Integer.bitCount(pageSize) != 1) {
            throw new IllegalArgumentException("A page size is a power of two from 512 to 65536, found " + pageSize);
        }
        if (minTxid < 1 || maxTxid < minTxid) {
            throw new IllegalArgumentException(
                    "A TXID range begins at 1 or later and does not end before it begins, found " + minTxid + " to "
                            + maxTxid);
        }
        if (pages < 0) {
            throw new IllegalArgumentException(
                    "A database has at most 2147483647 pages, found " + Integer.toUnsignedLong(pages));
        }
    }

    /** The same header with another rolling checksum after the file. */
    LtxHeader withChecksumAfter(long after) {
        RollingChecksums both = new RollingChecksums(checksums.orElseThrow().before(), after);
        return new LtxHeader(
                pageSize,
                pages,
                minTxid,
                maxTxid,
                timestamp,
                walOffset,
                walBytes,
                walSalt1,
                walSalt2,
                nodeId,
                Optional.of(both));
    }

    /** The bytes at the beginning of a file. */
    public byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.putInt(MAGIC).putInt(FLAG_NO_CHECKSUM).putInt(pageSize).putInt(pages);
        out.putLong(minTxid).putLong(maxTxid).putLong(timestamp.toEpochMilli());
        out.putLong(0); // the format's own checksum is off: Litestream's restore refuses files that have it
        out.putLong(walOffset)
                .putLong(walBytes)
                .putInt(walSalt1)
                .putInt(walSalt2)
                .putLong(nodeId);
        checksums.ifPresent(c -> out.putInt(TAG).putLong(c.before()).putLong(c.after()));
        return out.array();
    }

    /**
     * Reads a header.
     *
     * @param bytes at least {@link #BYTES}
     * @param file the file's name, for messages
     */
    public static LtxHeader decode(byte[] bytes, String file) throws LtxFormatException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int magic = in.getInt();
        if (magic == ENCRYPTED_MAGIC) {
            throw new LtxFormatException(file + " is encrypted; name the keyset it was written with"
                    + " (encryption-keyset, or --encryption-keyset on the command line)");
        }
        if (magic != MAGIC) {
            throw new LtxFormatException(file + " is not an LTX file: it begins with " + String.format("%08x", magic)
                    + ", expected 4c545831");
        }
        int flags = in.getInt();
        if ((flags & ~FLAG_NO_CHECKSUM) != 0) {
            throw new LtxFormatException(file + " has unknown LTX flags " + Integer.toHexString(flags));
        }
        int pageSize = in.getInt();
        int pages = in.getInt();
        long minTxid = in.getLong();
        long maxTxid = in.getLong();
        Instant timestamp = Instant.ofEpochMilli(in.getLong());
        long preApply = in.getLong();
        long walOffset = in.getLong();
        long walBytes = in.getLong();
        int salt1 = in.getInt();
        int salt2 = in.getInt();
        long nodeId = in.getLong();
        Optional<RollingChecksums> checksums = Optional.empty();
        if (in.getInt(TAG_OFFSET) == TAG) {
            checksums = Optional.of(new RollingChecksums(in.getLong(TAG_OFFSET + 4), in.getLong(TAG_OFFSET + 12)));
        } else if ((flags & FLAG_NO_CHECKSUM) != 0 && preApply != 0) {
            throw new LtxFormatException(file + " says it has no database checksum but carries one");
        }
        try {
            return new LtxHeader(
                    pageSize, pages, minTxid, maxTxid, timestamp, walOffset, walBytes, salt1, salt2, nodeId, checksums);
        } catch (IllegalArgumentException e) {
            throw new LtxFormatException(file + " has a broken LTX header: " + e.getMessage());
        }
    }
}
