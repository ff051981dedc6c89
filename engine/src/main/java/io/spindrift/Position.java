package io.spindrift;

/**
 * A point in the history of a replicated database: the transaction id (TXID) of the group of commits that ends there.
 *
 * <p>Positions of one database are totally ordered. Position 0 is the time before the first group. The text form is
 * the TXID as 16 lower-case hexadecimal digits, as in the names of replica objects.
 *
 * @param txid the group's number, 0 or greater
 */
public record Position(long txid) implements Comparable<Position> {
    /** The point before the first group. */
    public static final Position NONE = new Position(0);

    private static final int HEX_DIGITS = 16;

    public Position {
        if (txid < 0) {
            throw new IllegalArgumentException("A TXID is 0 or greater, found " + txid);
        }
    }

    /**
     * Reads the text form.
     *
     * @param text 1 to 16 hexadecimal digits
     * @throws IllegalArgumentException if the text is anything else
     */
    public static Position parse(String text) {
        if (!text.matches("[0-9a-fA-F]{1," + HEX_DIGITS + "}")) {
            throw new IllegalArgumentException(
                    "A position is 1 to 16 hexadecimal digits, found \"" + text + "\"; status and list print them");
        }
        return new Position(Long.parseUnsignedLong(text, 16));
    }

    @Override
    public int compareTo(Position other) {
        return Long.compare(txid, other.txid);
    }

    @Override
    public String toString() {
        return String.format("%016x", txid);
    }
}
