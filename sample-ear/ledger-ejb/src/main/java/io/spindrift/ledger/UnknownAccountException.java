package io.spindrift.ledger;

/** There is no account with that id. */
public class UnknownAccountException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnknownAccountException(long id) {
        super("There is no account " + id);
    }
}
