package io.spindrift;

/**
 * Something was committed, but it could not be made as durable as was asked for in time, or ever. The commit stands and
 * is visible here; whether it outlives this machine or its power is not known. To run the transaction again would do
 * its work twice.
 */
public final class DurabilityUnknownException extends SpindriftException {
    /** The SQLSTATE a connection reports it with: transaction resolution unknown. */
    public static final String SQL_STATE = "08007";

    private static final long serialVersionUID = 1L;

    public DurabilityUnknownException(String message) {
        super(message);
    }

    public DurabilityUnknownException(String message, Throwable cause) {
        super(message, cause);
    }
}
