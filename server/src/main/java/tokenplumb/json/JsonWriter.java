package tokenplumb.json;

import tools.jackson.core.JsonGenerator;

import java.util.Collection;
import java.util.Map;

/// Writes a JSON document piece by piece. Every method returns this. Not thread-safe.
public final class JsonWriter {
    private final JsonGenerator generator;

    JsonWriter(JsonGenerator generator) {
        this.generator = generator;
    }

    public JsonWriter startObject() {
        generator.writeStartObject();
        return this;
    }

    public JsonWriter endObject() {
        generator.writeEndObject();
        return this;
    }

    public JsonWriter startArray() {
        generator.writeStartArray();
        return this;
    }

    public JsonWriter endArray() {
        generator.writeEndArray();
        return this;
    }

    public JsonWriter name(String name) {
        generator.writeName(name);
        return this;
    }

    public JsonWriter value(String text) {
        generator.writeString(text);
        return this;
    }

    public JsonWriter value(long number) {
        generator.writeNumber(number);
        return this;
    }

    /// A JSON number; NaN and the infinities, which JSON lacks, become null.
    public JsonWriter value(double number) {
        if (Double.isFinite(number)) {
            generator.writeNumber(number);
        } else {
            generator.writeNull();
        }
        return this;
    }

    public JsonWriter value(boolean truth) {
        generator.writeBoolean(truth);
        return this;
    }

    public JsonWriter nothing() {
        generator.writeNull();
        return this;
    }

    public JsonWriter field(String name, String text) {
        return name(name).value(text);
    }

    public JsonWriter field(String name, long number) {
        return name(name).value(number);
    }

    public JsonWriter field(String name, double number) {
        return name(name).value(number);
    }

    public JsonWriter field(String name, boolean truth) {
        return name(name).value(truth);
    }

    public JsonWriter field(String name, Collection<String> texts) {
        return name(name).value(texts);
    }

    public JsonWriter field(String name, Map<String, String> map) {
        name(name).startObject();
        map.forEach(this::field);
        return endObject();
    }

    public JsonWriter value(Collection<String> texts) {
        startArray();
        texts.forEach(this::value);
        return endArray();
    }

    /// Text that already is a JSON number or other valid JSON.
    public JsonWriter raw(String json) {
        generator.writeRawValue(json);
        return this;
    }

    void flush() {
        generator.flush();
    }
}
