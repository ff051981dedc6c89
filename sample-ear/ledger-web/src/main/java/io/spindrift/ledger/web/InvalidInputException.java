package io.spindrift.ledger.web;

/** The caller sent something that cannot be meant: answered with 400, naming the field. */
class InvalidInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;

    InvalidInputException(String field, String sentence) {
        super(sentence);
        this.field = field;
    }

    String field() {
        return field;
    }
}
