package io.spindrift.ledger.web;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import jakarta.ws.rs.ClientErrorException;
import jakarta.ws.rs.core.Response.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** A request's JSON object with a fixed set of fields. Nothing is guessed: a number in quotes is not a number. */
final class JsonBody {
    private static final int LARGEST_BODY_BYTES = 64 * 1024;
    private static final String WHOLE_BODY = "body";
    private static final int DIGITS_OF_LONG = 19;

    private final Map<String, JsonValue> values;

    private JsonBody(Map<String, JsonValue> values) {
        this.values = values;
    }

    /**
     * Reads the body.
     *
     * @throws InvalidInputException if it is not one flat JSON object, or has a field twice or one not in the list
     */
    static JsonBody read(InputStream stream, String... fields) throws IOException {
        byte[] bytes = stream.readNBytes(LARGEST_BODY_BYTES + 1);
        if (bytes.length > LARGEST_BODY_BYTES) {
            throw new ClientErrorException(Status.REQUEST_ENTITY_TOO_LARGE);
        }
        try (JsonParser parser = Json.createParser(new ByteArrayInputStream(bytes))) {
            return new JsonBody(object(parser, List.of(fields)));
        } catch (JsonException | NoSuchElementException e) {
            // The parser's own words name its tokens, not the caller's mistake.
            throw new InvalidInputException(WHOLE_BODY, "The body must be one JSON object");
        }
    }

    /** Reads event by event, because the parser's own object model recurses as deep as the caller nests. */
    private static Map<String, JsonValue> object(JsonParser parser, List<String> fields) {
        if (parser.next() != Event.START_OBJECT) {
            throw new JsonException("not an object");
        }
        Map<String, JsonValue> values = new HashMap<>();
        while (parser.next() != Event.END_OBJECT) {
            String name = parser.getString();
            if (!fields.contains(name)) {
                throw new InvalidInputException(
                        name, "Unknown field " + Input.quote(name) + ": the fields are " + String.join(", ", fields));
            }
            Event value = parser.next();
            if (value == Event.START_OBJECT || value == Event.START_ARRAY) {
                throw new InvalidInputException(name, name + " must be a single value, found a list or an object");
            }
            if (values.put(name, parser.getValue()) != null) {
                throw new InvalidInputException(name, name + " must be there once, found it twice");
            }
        }
        if (parser.hasNext()) {
            throw new JsonException("more than one value");
        }
        return values;
    }

    /** A text without control characters, without the blanks around it. */
    String text(String field, int longest) {
        if (!(values.get(field) instanceof JsonString string)) {
            throw new InvalidInputException(field, field + " must be a text, found " + found(field));
        }
        String text = string.getString().strip();
        if (text.isEmpty() || text.codePointCount(0, text.length()) > longest) {
            throw new InvalidInputException(field, field + " must have 1 to " + longest + " characters");
        }
        if (text.codePoints().anyMatch(JsonBody::unprintable)) {
            throw new InvalidInputException(field, field + " must not contain control characters");
        }
        return text;
    }

    private static boolean unprintable(int codePoint) {
        // A surrogate without its other half has no UTF-8 form, so the database could not give it back.
        return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
    }

    long whole(String field, long min, long max) {
        if (values.get(field) instanceof JsonNumber number) {
            BigDecimal value = number.bigDecimalValue();
            // Looked at before it is converted: 1e999999999 is short to write and long to expand.
            if ((long) value.precision() - value.scale() <= DIGITS_OF_LONG) {
                try {
                    long whole = value.longValueExact();
                    if (whole >= min && whole <= max) {
                        return whole;
                    }
                } catch (ArithmeticException e) {
                    // Answered below: it has a fraction or does not fit.
                }
            }
        }
        throw Input.notWhole(field, found(field), min, max);
    }

    private String found(String field) {
        JsonValue value = values.get(field);
        return value == null ? "nothing" : Input.quote(value.toString());
    }
}
