package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.SeriesExemplars;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// `query_exemplars`: the exemplars of every series that a query's selectors find.
final class ExemplarFinder {
    private final Storage storage;

    ExemplarFinder(Storage storage) {
        this.storage = storage;
    }

    HttpResponse exemplars(HttpRequest request) {
        var asked = new Asked(request);
        long from = asked.time("start", Times.MIN);
        long to = asked.time("end", Times.MAX);
        if (to < from) {
            throw ApiError.badData("end timestamp must not be before start timestamp");
        }
        var selectors = selectors(asked.text("query"));
        if (selectors.isEmpty()) {
            return Answers.success();
        }
        var found = storage.exemplars(from, to, selectors);
        return Answers.numbers(json -> write(json, found), List.of(), List.of());
    }

    private static List<List<Matcher>> selectors(String query) {
        try {
            var selectors = new ArrayList<List<Matcher>>();
            for (var selector : Selectors.of(Promql.parse(query))) {
                selectors.add(selector.matchers());
            }
            return selectors;
        } catch (QueryError e) {
            throw ApiError.badData(e.getMessage());
        }
    }

    private static void write(JsonBytes json, List<SeriesExemplars> found) throws IOException {
        json.raw('[');
        var separator = "";
        for (var series : found) {
            json.raw(separator).raw("{\"seriesLabels\":");
            write(json, series.series());
            json.raw(",\"exemplars\":[");
            var inner = "";
            for (var exemplar : series.exemplars()) {
                json.raw(inner);
                write(json, exemplar);
                inner = ",";
            }
            json.raw("]}");
            separator = ",";
        }
        json.raw(']');
    }

    private static void write(JsonBytes json, Exemplar exemplar) throws IOException {
        json.raw("{\"labels\":");
        write(json, exemplar.labels());
        json.raw(",\"value\":").sample(exemplar.value());
        json.raw(",\"timestamp\":").seconds(exemplar.timeMillis()).raw('}');
    }

    private static void write(JsonBytes json, Labels labels) throws IOException {
        json.any(labels.toMap());
    }
}
