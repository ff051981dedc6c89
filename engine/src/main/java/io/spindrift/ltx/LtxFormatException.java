package io.spindrift.ltx;

import java.io.IOException;

/** An LTX file is not what the format promises; the message names the file, what was expected and what was found. */
public final class LtxFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    LtxFormatException(String message) {
        super(message);
    }
}
