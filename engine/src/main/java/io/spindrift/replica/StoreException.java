package io.spindrift.replica;

import java.io.IOException;

/** A store could not do what it was asked; the message is a sentence for the operator, without secrets. */
public class StoreException extends IOException {
    private static final long serialVersionUID = 1L;

    public StoreException(String message) {
        super(message);
    }

    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
