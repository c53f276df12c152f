package tokenplumb.http;

/// Hands each request to the handler of its path. Patterns are literal segments, `{name}` for one
/// segment (its decoded text is [HttpRequest#variable]), and a last `{name...}` for all that is
/// left. Literal segments win over variables. Unknown paths are answered 404 by the fallback, known
/// ones asked with another method 405. HEAD is answered as GET. Fill it before serving.
@SuppressWarnings("DoNotCallSuggester") // until built, within the hour
public final class Router implements HttpHandler {
    public Router() {}

    public Router get(String pattern, HttpHandler handler) {
        return on("GET", pattern, handler);
    }

    public Router post(String pattern, HttpHandler handler) {
        return on("POST", pattern, handler);
    }

    /// Refuses a pattern that is given twice for one method.
    public Router on(String method, String pattern, HttpHandler handler) {
        throw new UnsupportedOperationException("bug: not built yet");
    }

    /// Answers paths that no pattern matches.
    public Router otherwise(HttpHandler handler) {
        throw new UnsupportedOperationException("bug: not built yet");
    }

    @Override
    public HttpResponse handle(HttpRequest request) throws Exception {
        throw new UnsupportedOperationException("bug: not built yet");
    }
}
