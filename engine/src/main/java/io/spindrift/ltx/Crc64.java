package io.spindrift.ltx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * CRC-64/GO-ISO: reflected polynomial {@code 0xD800000000000000}, initial value and final XOR all ones. The check value
 * of the ASCII digits {@code 123456789} is {@code b90956c775a41001}. Eight bytes a step (slicing-by-8, Intel 2006).
 */
final class Crc64 {
    private static final int SLICES = 8;
    static final long POLYNOMIAL = 0xD800_0000_0000_0000L;
    private static final long[][] TABLES = tables();
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private long state = ~0L;

    /** Feeds bytes. */
    Crc64 update(byte[] bytes, int offset, int length) {
        state = update(state, bytes, offset, length);
        return this;
    }

    /** The checksum of what was fed so far. */
    long value() {
        return ~state;
    }

    /** Checksum of a page as LTX defines it: over its number, 4 bytes big-endian, and its bytes. */
    static long ofPage(int pageNumber, byte[] page, int offset, int length) {
        long crc = ~0L;
        for (int shift = 24; shift >= 0; shift -= 8) {
            crc = step(crc, pageNumber >>> shift);
        }
        return ~update(crc, page, offset, length);
    }

    /** The state after some bytes, without the inversions at the beginning and the end. */
    static long update(long start, byte[] bytes, int offset, int length) {
        long crc = start;
        int at = offset;
        int end = offset + length;
        for (; end - at >= SLICES; at += SLICES) {
            long x = crc ^ (long) LONGS.get(bytes, at);
            crc = TABLES[7][(int) (x & 0xff)]
                    ^ TABLES[6][(int) (x >>> 8 & 0xff)]
                    ^ TABLES[5][(int) (x >>> 16 & 0xff)]
                    ^ TABLES[4][(int) (x >>> 24 & 0xff)]
                    ^ TABLES[3][(int) (x >>> 32 & 0xff)]
                    ^ TABLES[2][(int) (x >>> 40 & 0xff)]
                    ^ TABLES[1][(int) (x >>> 48 & 0xff)]
                    ^ TABLES[0][(int) (x >>> 56)];
        }
        for (; at < end; at++) {
            crc = step(crc, bytes[at]);
        }
        return crc;
    }

    private static long step(long crc, int next) {
        return TABLES[0][(int) ((crc ^ next) & 0xff)] ^ crc >>> 8;
    }

    private static long[][] tables() {
        long[][] tables = new long[SLICES][256];
        for (int i = 0; i < 256; i++) {
            long crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ POLYNOMIAL;
            }
            tables[0][i] = crc;
        }
        for (int slice = 1; slice < SLICES; slice++) {
            for (int i = 0; i < 256; i++) {
                long previous = tables[slice - 1][i];
                tables[slice][i] = tables[0][(int) (previous & 0xff)] ^ previous >>> 8;
            }
        }
        return tables;
    }
}
