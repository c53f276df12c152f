package tokenplumb.json;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// JSON in and out.
public final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /// Writes one document.
    @FunctionalInterface
    public interface Document {
        void writeTo(JsonWriter json);
    }

    /// Streams a document into `out`, which stays open.
    public static void write(OutputStream out, Document document) {
        var writer = new JsonWriter(FACTORY.createGenerator(ObjectWriteContext.empty(), out));
        document.writeTo(writer);
        writer.flush();
    }

    public static byte[] bytes(Document document) {
        var out = new ByteArrayOutputStream();
        write(out, document);
        return out.toByteArray();
    }

    /// Reads a document as maps (in order), lists, strings, numbers (`Long` or `Double`), booleans
    /// and null. Throws [IllegalArgumentException] saying where the text is wrong.
    public static Object read(byte[] json) {
        try (var parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            var first = parser.nextToken();
            if (first == null) {
                throw new IllegalArgumentException("empty JSON document");
            }
            var value = value(parser, first);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("more text after the JSON document");
            }
            return value;
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "not JSON: %s (line %d, column %d)"
                            .formatted(
                                    e.getOriginalMessage(),
                                    e.getLocation().getLineNr(),
                                    e.getLocation().getColumnNr()),
                    e);
        }
    }

    private static Object value(JsonParser parser, JsonToken token) {
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> integer(parser);
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new IllegalArgumentException("unexpected JSON token " + token);
        };
    }

    private static Object integer(JsonParser parser) {
        return switch (parser.getNumberType()) {
            case INT, LONG -> parser.getLongValue();
            default -> parser.getDoubleValue();
        };
    }

    private static Map<String, Object> object(JsonParser parser) {
        var map = new LinkedHashMap<String, Object>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            var name = parser.currentName();
            map.put(name, value(parser, parser.nextToken()));
        }
        return map;
    }

    private static List<Object> array(JsonParser parser) {
        var list = new ArrayList<>();
        for (var token = parser.nextToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            list.add(value(parser, token));
        }
        return list;
    }
}
