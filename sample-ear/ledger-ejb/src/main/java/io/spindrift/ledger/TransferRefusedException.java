package io.spindrift.ledger;

/** The balances do not allow the transfer; the sentence says why. */
public class TransferRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TransferRefusedException(String sentence) {
        super(sentence);
    }
}
