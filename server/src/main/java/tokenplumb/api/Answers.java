package tokenplumb.api;

import tokenplumb.http.HttpResponse;
import tokenplumb.json.Json;
import tokenplumb.json.JsonWriter;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The envelope that every answer of the API comes in.
final class Answers {
    private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

    static final List<String> TRUNCATED = List.of("results truncated due to limit");

    private Answers() {}

    /// Without any data.
    static HttpResponse success() {
        return HttpResponse.json(
                200, Json.bytes(json -> json.startObject().field("status", "success").endObject()));
    }

    static HttpResponse success(Consumer<JsonWriter> data) {
        return success(data, List.of());
    }

    static HttpResponse success(Consumer<JsonWriter> data, List<String> warnings) {
        return new HttpResponse(
                200,
                JSON,
                out ->
                        Json.write(
                                out,
                                json -> {
                                    json.startObject().field("status", "success").name("data");
                                    data.accept(json);
                                    if (!warnings.isEmpty()) {
                                        json.field("warnings", warnings);
                                    }
                                    json.endObject();
                                }));
    }

    static HttpResponse texts(List<String> data, List<String> warnings) {
        return success(json -> json.value(data), warnings);
    }

    /// An answer with many numbers.
    @FunctionalInterface
    interface Numbers {
        void writeTo(JsonBytes json) throws java.io.IOException;
    }

    static HttpResponse numbers(Numbers data, List<String> warnings, List<String> infos) {
        return new HttpResponse(
                200,
                JSON,
                out -> {
                    var json = new JsonBytes(out).raw("{\"status\":\"success\",\"data\":");
                    data.writeTo(json);
                    var shown = atMostTen(warnings, "warning");
                    if (!shown.isEmpty()) {
                        json.raw(",\"warnings\":").any(shown);
                    }
                    shown = atMostTen(infos, "info");
                    if (!shown.isEmpty()) {
                        json.raw(",\"infos\":").any(shown);
                    }
                    json.raw('}').flush();
                });
    }

    private static List<String> atMostTen(List<String> all, String kind) {
        if (all.size() <= 10) {
            return all;
        }
        var shown = new ArrayList<>(all.subList(0, 10));
        shown.add("%d more %s annotations omitted".formatted(all.size() - 10, kind));
        return shown;
    }

    static HttpResponse error(ApiError error) {
        return HttpResponse.json(
                error.kind().status(),
                Json.bytes(json ->
                        json.startObject()
                                .field("status", "error")
                                .field("errorType", error.kind().text())
                                .field("error", String.valueOf(error.getMessage()))
                                .endObject()));
    }

    static JsonWriter labels(JsonWriter json, Labels labels) {
        json.startObject();
        for (int i = 0; i < labels.size(); i++) {
            json.field(labels.name(i), labels.value(i));
        }
        return json.endObject();
    }
}
