package io.spindrift.ledger.web;

/** Reads path and query parameters, and refuses what is not a plain whole number. */
final class Input {
    private static final int LONGEST_QUOTE = 40;

    private Input() {}

    static long id(String field, String text) {
        return whole(field, text, 1, Long.MAX_VALUE);
    }

    static long whole(String field, String text, long min, long max) {
        try {
            long value = Long.parseLong(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Answered below, together with numbers out of range.
        }
        throw notWhole(field, text, min, max);
    }

    static InvalidInputException notWhole(String field, String found, long min, long max) {
        String range = max == Long.MAX_VALUE ? " of at least " + min : " from " + min + " to " + max;
        return new InvalidInputException(field, field + " must be a whole number" + range + ", found " + quote(found));
    }

    static String quote(String text) {
        return text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…";
    }
}
