package io.spindrift.replica.encryption;

import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import io.spindrift.replica.DamagedObjectException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.util.Objects;

/**
 * The plain content of an encrypted object, or its beginning. No byte is delivered before the segment that holds it was
 * proven, and the end only if it is the object's. Not for use by several threads.
 */
final class DecryptingStream extends InputStream {
    private final Source encrypted;
    private final InputStream plain;
    private final String broken;
    private long left;

    /**
     * Decrypts a stream, which is closed with this one.
     *
     * @param plainBytes how much of the content is delivered at most
     * @param broken the sentence for content that cannot be decrypted
     */
    DecryptingStream(
            InputStream encrypted, AesGcmHkdfStreaming cipher, byte[] associatedData, long plainBytes, String broken)
            throws IOException {
        this.encrypted = new Source(encrypted);
        this.broken = broken;
        this.left = plainBytes;
        try {
            this.plain = cipher.newDecryptingStream(this.encrypted, associatedData);
        } catch (GeneralSecurityException e) {
            throw new DamagedObjectException(broken, e);
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        try {
            int n = plain.read(buffer, offset, (int) Math.min(length, left));
            left -= Math.max(n, 0);
            return n;
        } catch (IOException e) {
            if (encrypted.failure != null) {
                throw encrypted.failure; // the store's, not the cipher's
            }
            throw new DamagedObjectException(broken, e);
        }
    }

    @Override
    public void close() throws IOException {
        encrypted.close();
    }

    /** Remembers why reading failed: the cipher wraps every failure alike. */
    private static final class Source extends FilterInputStream {
        private IOException failure;

        Source(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
                return super.read(buffer, offset, length);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }
}
