package tokenplumb.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A request as received. Header names are lower case. `path` is decoded and without the query.
/// `variables` are the parts of the path that a [Router] pattern names; `presence` tells whether
/// the client still waits.
public record HttpRequest(
        String method,
        String path,
        Map<String, List<String>> query,
        Map<String, List<String>> headers,
        byte[] body,
        String remote,
        Map<String, String> variables,
        Presence presence) {

    public HttpRequest(
            String method,
            String path,
            Map<String, List<String>> query,
            Map<String, List<String>> headers,
            byte[] body,
            String remote) {
        this(method, path, query, headers, body, remote, Map.of(), Presence.ALWAYS);
    }

    /// First value of a header, or `""`.
    public String header(String name) {
        var values = headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        return values.isEmpty() ? "" : values.getFirst();
    }

    /// What a `{name}` of the route's pattern stands for; `""` when the pattern has no such name.
    public String variable(String name) {
        return variables.getOrDefault(name, "");
    }

    /// All values of a parameter: those in the URL, then those of a form body
    /// (`application/x-www-form-urlencoded`).
    public List<String> parameters(String name) {
        return Parameters.of(this, name);
    }

    /// First value of a parameter (form body first, as Go's `FormValue`), or `""`.
    public String parameter(String name) {
        return Parameters.first(this, name);
    }

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /// The same request for another path, for one handler that hands on to another.
    public HttpRequest at(String otherPath) {
        return withPath(otherPath, Map.of());
    }

    HttpRequest withPath(String newPath, Map<String, String> newVariables) {
        return new HttpRequest(
                method, newPath, query, headers, body, remote, newVariables, presence);
    }
}
