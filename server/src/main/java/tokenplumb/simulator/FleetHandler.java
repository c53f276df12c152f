package tokenplumb.simulator;

import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.Json;
import tokenplumb.json.JsonWriter;

import java.util.List;
import java.util.Map;

/// The fleet's own port: every target's exposition, and the faults.
final class FleetHandler implements HttpHandler {
    private static final String EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";

    private final Fleet fleet;

    FleetHandler(Fleet fleet) {
        this.fleet = fleet;
    }

    @Override
    public HttpResponse handle(HttpRequest request) {
        var path = request.path();
        if (path.equals("/faults")) {
            return switch (request.method()) {
                case "GET", "HEAD" -> listFaults();
                case "POST" -> inject(request);
                default -> error(405, "use GET to list faults and POST to inject one");
            };
        }
        if (path.startsWith("/faults/")) {
            return request.method().equals("DELETE")
                    ? clear(path.substring("/faults/".length()))
                    : error(405, "use DELETE to clear a fault");
        }
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            return error(405, "use GET");
        }
        if (path.equals("/")) {
            return index();
        }
        return fleet.exposition(path)
                .map(text -> HttpResponse.of(200, EXPOSITION, text))
                .orElseGet(() -> error(404, "nothing is at " + path + "; see /"));
    }

    private HttpResponse index() {
        var text = new StringBuilder("A simulated inference fleet. Nothing here is real.\n\n");
        for (var target : fleet.targets()) {
            text.append(target.path()).append("  ").append(target.labels()).append('\n');
        }
        text.append(
                "\n/faults  GET lists, POST {\"fault\": \"KIND@AFTER+LASTING:NAME=VALUE,…\"}"
                        + " injects, DELETE /faults/ID clears\n");
        for (var kind : Faults.KINDS) {
            text.append("  ").append(kind.kind()).append(": ").append(kind.says()).append('\n');
        }
        return HttpResponse.text(200, text.toString());
    }

    private HttpResponse listFaults() {
        var truths = fleet.faults();
        return HttpResponse.json(
                200,
                Json.bytes(json -> {
                    json.startObject().name("faults");
                    write(json, truths);
                    json.name("kinds").startArray();
                    for (var kind : Faults.KINDS) {
                        json.startObject()
                                .field("kind", kind.kind())
                                .field("says", kind.says())
                                .field("parameters", kind.parameters())
                                .endObject();
                    }
                    json.endArray().endObject();
                }));
    }

    private HttpResponse inject(HttpRequest request) {
        try {
            var truth = fleet.inject(Fault.parse(order(request)));
            return HttpResponse.json(
                    200,
                    Json.bytes(json -> {
                        json.startObject().name("faults");
                        write(json, List.of(truth));
                        json.endObject();
                    }));
        } catch (IllegalArgumentException wrong) {
            return error(400, wrong.getMessage());
        }
    }

    /// The order is the parameter `fault`, the field `fault` of a JSON body, or the body itself.
    private static String order(HttpRequest request) {
        var parameter = request.parameter("fault");
        if (!parameter.isEmpty()) {
            return parameter;
        }
        var text = request.text().strip();
        if (text.startsWith("{")) {
            if (Json.read(request.body()) instanceof Map<?, ?> map
                    && map.get("fault") instanceof String order) {
                return order;
            }
            throw new IllegalArgumentException(
                    "the body has no text field \"fault\": send"
                            + " {\"fault\": \"kv-cache-thrash+5m:model=llama-3.3-70b\"}");
        }
        return text;
    }

    private HttpResponse clear(String id) {
        return fleet.clear(id)
                ? listFaults()
                : error(404, "no fault \"" + id + "\" is planned or active; see /faults");
    }

    private static void write(JsonWriter json, List<FaultTruth> truths) {
        json.startArray();
        for (var truth : truths) {
            json.startObject()
                    .field("id", truth.id())
                    .field("kind", truth.kind())
                    .field("what", truth.what())
                    .field("where", truth.where())
                    .field("from", truth.from().toString())
                    .field("until", truth.until().toString())
                    .field("severity", truth.severity())
                    .field("state", truth.state().text())
                    .endObject();
        }
        json.endArray();
    }

    private static HttpResponse error(int status, String message) {
        return HttpResponse.json(
                status, Json.bytes(json -> json.startObject().field("error", message).endObject()));
    }
}
