package io.spindrift;

/**
 * Something about a database, its file or its replica is not as it has to be. The message is one sentence for the
 * operator: what, which, expected, found, what to do. It never carries secrets or bound values.
 */
public class SpindriftException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SpindriftException(String message) {
        super(message);
    }

    public SpindriftException(String message, Throwable cause) {
        super(message, cause);
    }
}
