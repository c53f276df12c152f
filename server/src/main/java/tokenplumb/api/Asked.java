package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// A request's parameters, checked; a wrong one throws [ApiError] naming it.
record Asked(HttpRequest request) {
    String text(String name) {
        return request.parameter(name);
    }

    List<String> texts(String name) {
        return request.parameters(name);
    }

    long time(String name, long otherwise) {
        var text = text(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            return Times.parse(text);
        } catch (ApiError e) {
            throw ApiError.invalid(
                    name, "invalid time value for '%s': %s".formatted(name, e.getMessage()));
        }
    }

    long time(String name) {
        return read(name, Times::parse);
    }

    Duration duration(String name) {
        return read(name, Times::parseDuration);
    }

    Optional<Duration> optionalDuration(String name) {
        return text(name).isEmpty() ? Optional.empty() : Optional.of(duration(name));
    }

    private <T> T read(String name, Function<String, T> parse) {
        try {
            return parse.apply(text(name));
        } catch (ApiError e) {
            throw ApiError.invalid(name, e.getMessage());
        }
    }

    /// 0: no limit.
    int limit() {
        var text = text("limit");
        if (text.isEmpty()) {
            return 0;
        }
        int limit;
        try {
            limit = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw ApiError.invalid(
                    "limit",
                    "strconv.Atoi: parsing %s: invalid syntax".formatted(Labels.quote(text)));
        }
        if (limit < 0) {
            throw ApiError.invalid("limit", "limit must be non-negative");
        }
        return limit;
    }

    /// A whole number, in the older style of message; -1 when absent.
    int count(String name) {
        try {
            return text(name).isEmpty() ? -1 : Integer.parseInt(text(name));
        } catch (NumberFormatException e) {
            throw ApiError.badData(name + " must be a number");
        }
    }

    /// The selectors of `match[]`; each must ask for something.
    List<List<Matcher>> selectors() {
        var selectors = new ArrayList<List<Matcher>>();
        for (var text : texts("match[]")) {
            selectors.add(selector(text));
        }
        for (var selector : selectors) {
            if (selector.stream().allMatch(Matcher::matchesEmpty)) {
                throw ApiError.badData("match[] must contain at least one non-empty matcher");
            }
        }
        return selectors;
    }

    static List<Matcher> selector(String text) {
        try {
            return Promql.selector(text);
        } catch (QueryError e) {
            throw ApiError.badData(e.getMessage());
        }
    }
}
