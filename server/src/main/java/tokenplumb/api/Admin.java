package tokenplumb.api;

import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.util.Map;

/// `admin/tsdb/*`, as Prometheus has it.
final class Admin {
    private final StoreAdmin store;
    private final boolean isAllowed;

    Admin(StoreAdmin store, boolean isAllowed) {
        this.store = store;
        this.isAllowed = isAllowed;
    }

    /// Something done to the store.
    private interface Action {
        HttpResponse run() throws IOException;
    }

    private HttpResponse allowed(Action action) {
        if (!isAllowed) {
            throw new ApiError(ApiError.Kind.UNAVAILABLE, "admin APIs disabled");
        }
        try {
            return action.run();
        } catch (IOException e) {
            throw new ApiError(ApiError.Kind.INTERNAL, String.valueOf(e.getMessage()));
        }
    }

    HttpHandler deleteSeries() {
        return request ->
                allowed(() -> {
                    var asked = new Asked(request);
                    var selectors = asked.selectors();
                    if (selectors.isEmpty()) {
                        throw ApiError.badData("no match[] parameter provided");
                    }
                    long from = asked.time("start", Long.MIN_VALUE + 1);
                    long to = asked.time("end", Long.MAX_VALUE - 1);
                    store.delete(from, to, selectors);
                    return done();
                });
    }

    HttpHandler cleanTombstones() {
        return request ->
                allowed(() -> {
                    store.cleanTombstones();
                    return done();
                });
    }

    HttpHandler snapshot() {
        return request ->
                allowed(() -> {
                    boolean withHead = !skipsHead(request);
                    var name = store.snapshot(withHead);
                    return Answers.success(
                            json -> json.startObject().field("name", name).endObject());
                });
    }

    private static boolean skipsHead(HttpRequest request) {
        var text = request.parameter("skip_head");
        return switch (text) {
            case "1", "t", "T", "TRUE", "true", "True" -> true;
            case "", "0", "f", "F", "FALSE", "false", "False" -> false;
            default ->
                    throw ApiError.invalid(
                            "skip_head", "unable to parse boolean " + Labels.quote(text));
        };
    }

    private static HttpResponse done() {
        return new HttpResponse(204, Map.of(), out -> {});
    }
}
