package tokenplumb.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// URL-encoded parameters, of a query string or a form.
final class Parameters {
    private Parameters() {}

    /// Decodes `a=1&b=2`. Throws [IllegalArgumentException] on a broken escape.
    static Map<String, List<String>> decode(String encoded) {
        var map = new LinkedHashMap<String, List<String>>();
        for (var part : encoded.split("&", -1)) {
            if (part.isEmpty()) {
                continue;
            }
            int equals = part.indexOf('=');
            var name = equals < 0 ? part : part.substring(0, equals);
            var value = equals < 0 ? "" : part.substring(equals + 1);
            map.computeIfAbsent(
                            URLDecoder.decode(name, StandardCharsets.UTF_8),
                            key -> new ArrayList<>())
                    .add(URLDecoder.decode(value, StandardCharsets.UTF_8));
        }
        return map;
    }

    /// Decodes the escapes of a path, where `+` is itself.
    static String path(String encoded) {
        return encoded.indexOf('%') < 0
                ? encoded
                : URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Map<String, List<String>> form(HttpRequest request) {
        return request.header("content-type").startsWith("application/x-www-form-urlencoded")
                ? decode(request.text())
                : Map.of();
    }

    static List<String> of(HttpRequest request, String name) {
        var all = new ArrayList<>(request.query().getOrDefault(name, List.of()));
        all.addAll(form(request).getOrDefault(name, List.of()));
        return all;
    }

    static String first(HttpRequest request, String name) {
        var inForm = form(request).getOrDefault(name, List.of());
        if (!inForm.isEmpty()) {
            return inForm.getFirst();
        }
        var inQuery = request.query().getOrDefault(name, List.of());
        return inQuery.isEmpty() ? "" : inQuery.getFirst();
    }
}
