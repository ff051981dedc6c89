package io.spindrift.replica;

/** An object is not what was written under its name. */
public final class DamagedObjectException extends StoreException {
    private static final long serialVersionUID = 1L;

    public DamagedObjectException(String message) {
        super(message);
    }

    public DamagedObjectException(String message, Throwable cause) {
        super(message, cause);
    }
}
