package tokenplumb.api;

import tokenplumb.catalog.Catalog;
import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.promql.Answer;
import tokenplumb.promql.Expr;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.promql.Value;
import tokenplumb.signal.Labels;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// `query`, `query_range`, `format_query` and `parse_query`.
final class Queries {
    private static final long MOST_POINTS = 11_000;

    private final Promql promql;
    private final Catalog catalog;
    private final InstantSource clock;

    Queries(Promql promql, Catalog catalog, InstantSource clock) {
        this.promql = promql;
        this.catalog = catalog;
        this.clock = clock;
    }

    HttpResponse instant(HttpRequest request) {
        var asked = new Asked(request);
        int limit = asked.limit();
        long time = asked.time("time", clock.millis());
        var query = query(asked);
        return answer(asked, limit, () -> promql.instant(query, time));
    }

    HttpResponse range(HttpRequest request) {
        var asked = new Asked(request);
        int limit = asked.limit();
        long start = asked.time("start");
        long end = asked.time("end");
        if (end < start) {
            throw ApiError.invalid("end", "end timestamp must not be before start time");
        }
        var step = asked.duration("step");
        if (step.toMillis() <= 0) {
            throw ApiError.invalid(
                    "step",
                    "zero or negative query resolution step widths are not accepted. Try a positive"
                            + " integer");
        }
        long span = end - start;
        if (span < 0 || span / step.toMillis() > MOST_POINTS) { // negative: it has overflowed
            throw ApiError.badData(
                    "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing"
                            + " the query resolution (?step=XX)");
        }
        var query = query(asked);
        return answer(asked, limit, () -> promql.range(query, start, end, step.toMillis()));
    }

    private static Promql.Request query(Asked asked) {
        var timeout = asked.optionalDuration("timeout");
        var lookback = asked.text("lookback_delta");
        Duration delta = Duration.ZERO;
        if (!lookback.isEmpty()) {
            try {
                delta = Times.parseDuration(lookback);
            } catch (ApiError e) {
                throw ApiError.badData("error parsing lookback delta duration: " + e.getMessage());
            }
        }
        return new Promql.Request(
                        asked.text("query"),
                        delta.isPositive() ? Optional.of(delta) : Optional.empty(),
                        timeout)
                .by(QueryPage.asker(asked.request()));
    }

    private HttpResponse answer(Asked asked, int limit, Supplier<Answer> evaluation) {
        Answer answer;
        try {
            answer = asked.request().presence().during(evaluation);
        } catch (QueryError e) {
            throw ApiError.of(e);
        }
        var kept = answer.kept(); // until it has been sent
        var warnings = new ArrayList<>(answer.warnings());
        var value = limit > 0 ? truncated(answer.value(), limit, warnings) : answer.value();
        var stats = asked.text("stats");
        if (!List.of("", "true", "all").contains(stats)) {
            warnings.add(
                    "value %s for parameter \"stats\" is deprecated and will be rejected in the next major release, use \"true\" or \"all\""
                            .formatted(Labels.quote(stats)));
        }
        return Answers.numbers(
                json -> {
                    try (var _ = kept) {
                        ResultJson.write(json, value);
                    }
                    if (!stats.isEmpty()) {
                        json.raw(",\"stats\":");
                        ResultJson.write(json, answer.stats());
                    }
                    json.raw('}');
                },
                warnings,
                Hints.joined(answer.infos(), Hints.of(asked.text("query"), catalog)));
    }

    private static Value truncated(Value value, int limit, List<String> warnings) {
        int size =
                switch (value) {
                    case Value.Matrix matrix -> matrix.columns().size();
                    case Value.Vector vector -> vector.samples().size();
                    case Value.Scalar scalar -> 0;
                    case Value.Text text -> 0;
                };
        if (size <= limit) {
            return value;
        }
        warnings.addAll(Answers.TRUNCATED);
        return switch (value) {
            case Value.Matrix matrix -> new Value.Matrix(matrix.columns().subList(0, limit));
            case Value.Vector vector -> new Value.Vector(vector.samples().subList(0, limit));
            default -> value;
        };
    }

    HttpResponse format(HttpRequest request) {
        var pretty = Promql.pretty(parse(request));
        return Answers.success(json -> json.value(pretty));
    }

    HttpResponse tree(HttpRequest request) {
        var tree = Promql.tree(parse(request));
        return Answers.numbers(json -> json.any(tree), List.of(), List.of());
    }

    private static Expr parse(HttpRequest request) {
        try {
            return Promql.parse(request.parameter("query"));
        } catch (QueryError e) {
            throw ApiError.of(e);
        }
    }
}
