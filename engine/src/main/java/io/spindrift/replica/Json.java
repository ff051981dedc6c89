package io.spindrift.replica;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;

/**
 * Reads and writes the replica's small JSON documents with the reader and writer that the AWS SDK brings anyway: no
 * further library has to travel in the resource adapter.
 */
public final class Json {
    private Json() {}

    /** Writes a document. */
    @FunctionalInterface
    public interface Document {
        void writeTo(JsonWriter out);
    }

    /** A document as UTF-8. */
    public static byte[] write(Document document) {
        JsonWriter out = JsonWriter.create();
        document.writeTo(out);
        return out.getBytes();
    }

    /**
     * Reads a document.
     *
     * @param file its name, for messages
     */
    public static JsonNode read(byte[] content, String file) throws StoreException {
        try {
            JsonNode node = JsonNode.parser().parse(new String(content, StandardCharsets.UTF_8));
            if (node.isObject()) {
                return node;
            }
        } catch (RuntimeException e) {
            throw new StoreException(file + " is not JSON; it is damaged or was not written by Spindrift", e);
        }
        throw new StoreException(file + " is not a JSON object; it is damaged or was not written by Spindrift");
    }

    /** A text member, empty if it is missing or of another type. */
    public static Optional<String> text(JsonNode object, String name) {
        return object.field(name).filter(JsonNode::isString).map(JsonNode::asString);
    }

    /** A whole number, empty if it is missing or of another type. */
    public static Optional<Long> number(JsonNode object, String name) {
        return object.field(name).filter(JsonNode::isNumber).flatMap(node -> {
            try {
                return Optional.of(Long.parseLong(node.asNumber()));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        });
    }
}
