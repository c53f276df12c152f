package tokenplumb.http;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Hands each request to the handler of its path. Patterns are literal segments, `{name}` for one
/// segment (its decoded text is [HttpRequest#variable]), and a last `{name...}` for all that is
/// left. Literal segments win over variables. Unknown paths are answered 404 by the fallback, known
/// ones asked with another method 405. HEAD is answered as GET. Fill it before serving.
public final class Router implements HttpHandler {
    /// What may follow after a prefix of a path.
    private static final class Node {
        private final Map<String, Node> literal = new HashMap<>();
        private Node any; // null when no pattern has a variable here
        private String name = ""; // of the variable that leads here
        private boolean greedy; // takes all that is left
        private final Map<String, HttpHandler> byMethod = new TreeMap<>();
    }

    private final Node root = new Node();
    private HttpHandler fallback =
            request -> HttpResponse.text(404, "404 page not found: " + request.path() + "\n");

    public Router() {}

    public Router get(String pattern, HttpHandler handler) {
        return on("GET", pattern, handler);
    }

    public Router post(String pattern, HttpHandler handler) {
        return on("POST", pattern, handler);
    }

    /// Refuses a pattern that is given twice for one method.
    public Router on(String method, String pattern, HttpHandler handler) {
        var node = root;
        for (var segment : segments(pattern)) {
            node = follow(node, segment, pattern);
        }
        if (node.byMethod.putIfAbsent(method, handler) != null) {
            throw new IllegalStateException("bug: two handlers for " + method + " " + pattern);
        }
        return this;
    }

    private static Node follow(Node node, String segment, String pattern) {
        if (!segment.startsWith("{")) {
            return node.literal.computeIfAbsent(segment, key -> new Node());
        }
        var name = segment.substring(1, segment.length() - 1);
        boolean greedy = name.endsWith("...");
        if (greedy) {
            name = name.substring(0, name.length() - 3);
        }
        if (node.any == null) {
            node.any = new Node();
            node.any.name = name;
            node.any.greedy = greedy;
        } else if (!node.any.name.equals(name) || node.any.greedy != greedy) {
            throw new IllegalStateException(
                    "bug: %s calls a segment {%s} that another pattern calls {%s}"
                            .formatted(pattern, name, node.any.name));
        }
        return node.any;
    }

    /// Answers paths that no pattern matches.
    public Router otherwise(HttpHandler handler) {
        fallback = handler;
        return this;
    }

    /// Serves `handler` below a path such as `/prometheus`: takes the prefix away, and sends those
    /// who ask for `/` there. An empty prefix changes nothing.
    public static HttpHandler below(String prefix, HttpHandler handler) {
        var trimmed = prefix.replaceAll("/+$", "");
        if (trimmed.isEmpty()) {
            return handler;
        }
        return request -> {
            var path = request.path();
            if (path.equals("/") || path.equals(trimmed)) {
                return HttpResponse.redirect(trimmed + "/");
            }
            if (!path.startsWith(trimmed + "/")) {
                return HttpResponse.text(
                        404, "404 page not found: everything here is below " + trimmed + "/\n");
            }
            return handler.handle(request.withPath(path.substring(trimmed.length()), Map.of()));
        };
    }

    @Override
    public HttpResponse handle(HttpRequest request) throws Exception {
        var variables = new LinkedHashMap<String, String>();
        var node = find(root, segments(request.path()), 0, variables);
        if (node == null) {
            return fallback.handle(request);
        }
        var method = request.method().equals("HEAD") ? "GET" : request.method();
        var handler = node.byMethod.get(method);
        if (handler == null) {
            return HttpResponse.text(
                            405,
                            request.method() + " is not allowed here: " + request.path() + "\n")
                    .with("Allow", String.join(", ", node.byMethod.keySet()));
        }
        return handler.handle(request.withPath(request.path(), variables));
    }

    private static List<String> segments(String path) {
        return List.of((path.startsWith("/") ? path.substring(1) : path).split("/", -1));
    }

    /// The node for the segments from `at` on, or null. Depth is bounded by the patterns.
    private static Node find(
            Node node, List<String> segments, int at, Map<String, String> variables) {
        if (at == segments.size()) {
            return node.byMethod.isEmpty() ? null : node;
        }
        var literal = node.literal.get(segments.get(at));
        if (literal != null) {
            var found = find(literal, segments, at + 1, variables);
            if (found != null) {
                return found;
            }
        }
        if (node.any == null) {
            return null;
        }
        if (node.any.greedy) {
            variables.put(node.any.name, String.join("/", segments.subList(at, segments.size())));
            return node.any;
        }
        if (segments.get(at).isEmpty()) {
            return null;
        }
        variables.put(node.any.name, segments.get(at));
        return find(node.any, segments, at + 1, variables);
    }
}
