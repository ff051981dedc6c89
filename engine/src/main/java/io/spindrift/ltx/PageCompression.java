package io.spindrift.ltx;

import java.util.Optional;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * LZ4, by the native library where it can be loaded and by pure Java otherwise, which takes three to six times as much
 * processor time for the same bytes. Thread-safe.
 *
 * <p>The library's own choice ({@code fastestInstance}) is never native outside the system class loader, so not in an
 * application server; the factory is asked for by name.
 */
public final class PageCompression {
    private static final PageCompression FASTEST = findFastest();

    private final LZ4Factory factory;
    private final String whyNotNative;

    private PageCompression(LZ4Factory factory, String whyNotNative) {
        this.factory = factory;
        this.whyNotNative = whyNotNative;
    }

    /** What every segment is written and read with. */
    public static PageCompression fastest() {
        return FASTEST;
    }

    /** Without the native library. */
    public static PageCompression pureJava() {
        return new PageCompression(LZ4Factory.fastestJavaInstance(), "pure Java was asked for");
    }

    /** Why pure Java compresses, as a part of a sentence; empty if the native library does. */
    public Optional<String> whyNotNative() {
        return Optional.ofNullable(whyNotNative);
    }

    /** The implementation, as the library names it, such as {@code LZ4Factory:JNI}. */
    public String describe() {
        return factory.toString();
    }

    LZ4Compressor compressor() {
        return factory.fastCompressor();
    }

    LZ4SafeDecompressor decompressor() {
        return factory.safeDecompressor();
    }

    /** Any failure to load or link a native library is an {@link Error} or an exception of its loader's choice. */
    private static PageCompression findFastest() {
        try {
            return new PageCompression(LZ4Factory.nativeInstance(), null);
        } catch (RuntimeException | LinkageError | AssertionError e) {
            return new PageCompression(LZ4Factory.fastestJavaInstance(), reason(e));
        }
    }

    /** The first cause: what wraps it speaks of class initialisation. */
    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
