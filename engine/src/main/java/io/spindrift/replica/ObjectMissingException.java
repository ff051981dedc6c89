package io.spindrift.replica;

/** There is no object of that name. */
public final class ObjectMissingException extends StoreException {
    private static final long serialVersionUID = 1L;

    public ObjectMissingException(String message) {
        super(message);
    }
}
