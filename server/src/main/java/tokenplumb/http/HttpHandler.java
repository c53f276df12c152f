package tokenplumb.http;

/// Answers requests; called on a virtual thread for each, so it may block. Thread-safe.
@FunctionalInterface
public interface HttpHandler {
    HttpResponse handle(HttpRequest request) throws Exception;
}
