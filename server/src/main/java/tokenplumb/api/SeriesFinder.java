package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Storage;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiFunction;

/// `labels`, `label/{name}/values` and `series`.
final class SeriesFinder {
    private final Storage storage;

    SeriesFinder(Storage storage) {
        this.storage = storage;
    }

    /// What is asked of all three: a time range, selectors, and how many at most.
    private record Search(long from, long to, List<List<Matcher>> selectors, int limit) {
        static Search of(Asked asked) {
            int limit = asked.limit();
            return new Search(
                    asked.time("start", Times.MIN),
                    asked.time("end", Times.MAX),
                    asked.selectors(),
                    limit);
        }

        /// One more than asked for, to see whether there was more.
        int most() {
            return limit == 0 || limit == Integer.MAX_VALUE ? limit : limit + 1;
        }

        /// The union over all selectors, sorted, without doubles.
        <T> List<T> union(BiFunction<List<Matcher>, Integer, List<T>> find) {
            if (selectors.size() <= 1) {
                return find.apply(selectors.isEmpty() ? List.of() : selectors.getFirst(), most());
            }
            var all = new TreeSet<T>();
            selectors.forEach(selector -> all.addAll(find.apply(selector, most())));
            return List.copyOf(all);
        }

        boolean truncates(List<?> found) {
            return limit > 0 && found.size() > limit;
        }

        <T> List<T> shown(List<T> found) {
            return truncates(found) ? found.subList(0, limit) : found;
        }

        List<String> warnings(List<?> found) {
            return truncates(found) ? Answers.TRUNCATED : List.of();
        }
    }

    HttpResponse labelNames(HttpRequest request) {
        var search = Search.of(new Asked(request));
        try (var querier = storage.querier()) {
            var names =
                    search.union((selector, most) ->
                            querier.labelNames(search.from(), search.to(), selector, most));
            return Answers.texts(search.shown(names), search.warnings(names));
        }
    }

    HttpResponse labelValues(HttpRequest request) {
        var name = unescaped(request.variable("name"));
        if (name.isEmpty() || !isUtf8(name)) {
            throw ApiError.badData("invalid label name: " + Labels.quote(name));
        }
        var search = Search.of(new Asked(request));
        try (var querier = storage.querier()) {
            var values =
                    search.union((selector, most) ->
                            querier.labelValues(name, search.from(), search.to(), selector, most));
            return Answers.texts(search.shown(values), search.warnings(values));
        }
    }

    /// The bytes of a broken name have become U+FFFD or lone surrogates on their way here.
    private static boolean isUtf8(String name) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(name) && name.indexOf('\uFFFD') < 0;
    }

    HttpResponse series(HttpRequest request) {
        var asked = new Asked(request);
        if (asked.texts("match[]").isEmpty()) {
            throw ApiError.badData("no match[] parameter provided");
        }
        var search = search(asked);
        try (var querier = storage.querier()) {
            var found = search.union((selector, most) -> series(querier, search, selector, most));
            var shown = search.shown(found);
            return Answers.success(
                    json -> {
                        json.startArray();
                        shown.forEach(labels -> Answers.labels(json, labels));
                        json.endArray();
                    },
                    search.warnings(found));
        }
    }

    private static Search search(Asked asked) {
        try {
            return Search.of(asked);
        } catch (ApiError e) {
            throw e.getMessage().startsWith("invalid parameter")
                    ? e
                    : ApiError.invalid("match[]", e.getMessage());
        }
    }

    private static List<Labels> series(
            Querier querier, Search search, List<Matcher> selector, int most) {
        return querier.series(search.from(), search.to(), selector, most);
    }

    /// Names in "values" escaping: `U__` and then `_` doubled, other characters as `_HEX_`. What is
    /// not well-formed is taken as it stands.
    static String unescaped(String name) {
        if (!name.startsWith("U__")) {
            return name;
        }
        var out = new StringBuilder();
        int i = 3;
        while (i < name.length()) {
            char c = name.charAt(i++);
            if (c != '_') {
                out.append(c);
                continue;
            }
            if (i < name.length() && name.charAt(i) == '_') {
                out.append('_');
                i++;
                continue;
            }
            int end = name.indexOf('_', i);
            var hex = end < 0 ? "" : name.substring(i, end);
            if (hex.isEmpty() || hex.length() > 6 || !isHex(hex)) {
                return name;
            }
            int point = Integer.parseInt(hex, 16);
            if (!Character.isValidCodePoint(point)) {
                return name;
            }
            out.appendCodePoint(point);
            i = end + 1;
        }
        return out.toString();
    }

    private static boolean isHex(String text) {
        return text.chars().allMatch(c -> Character.digit(c, 16) >= 0);
    }
}
